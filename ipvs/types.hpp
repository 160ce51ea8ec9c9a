// IPVS services and destinations as values, and what may be done with them.
//
// ipvs/ speaks the kernel's "IPVS" generic netlink family and computes differences between two
// tables. It may not know virtual servers, quorum or checks. Start here, then reconcile.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"

namespace understudy::ipvs {

/// Layer-4 protocol of a service, by IPPROTO number.
enum class Protocol : std::uint8_t { none = 0, tcp = 6, udp = 17, sctp = 132 };

/// Packet forwarding method (IP_VS_CONN_F_* in linux/ip_vs.h).
enum class ForwardingMethod : std::uint8_t { masquerade = 0, local = 1, tunnel = 2, direct = 3 };

/// What names a service: protocol, address and port, or a firewall mark. Never both.
struct ServiceKey {
  Protocol protocol = Protocol::none;
  Endpoint endpoint;
  /// 0: not a firewall-mark service.
  std::uint32_t fwmark = 0;
  /// Needed for firewall marks, whose endpoint is empty.
  Family family = Family::ipv4;
  auto operator<=>(const ServiceKey&) const = default;
  /// "TCP 10.0.0.1:80", for log lines.
  [[nodiscard]] std::string to_string() const;
};

/// Attributes of a service.
struct Service {
  ServiceKey key;
  std::string scheduler = "wlc";
  /// IP_VS_SVC_F_* the configuration may set: scheduler flags, one-packet scheduling.
  std::uint32_t flags = 0;
  /// Persistence timeout in seconds; 0: not persistent.
  std::uint32_t persistence_timeout = 0;
  /// Persistence granularity: prefix length for IPv6, network-order mask for IPv4 as number.
  std::uint32_t netmask = 0xffffffff;
  std::string persistence_engine;
  auto operator<=>(const Service&) const = default;
};

/// What names a destination within its service.
using DestinationKey = Endpoint;

/// Attributes of a destination (a real server in a service).
struct Destination {
  DestinationKey endpoint;
  ForwardingMethod method = ForwardingMethod::masquerade;
  std::uint32_t weight = 1;
  std::uint32_t upper_threshold = 0;
  std::uint32_t lower_threshold = 0;
  auto operator<=>(const Destination&) const = default;
};

/// A service with its destinations.
struct Entry {
  Service service;
  std::map<DestinationKey, Destination> destinations;
  auto operator<=>(const Entry&) const = default;
};

/// A whole table.
using Table = std::map<ServiceKey, Entry>;

// What may be changed in the kernel's table; a Change is any one of these.

struct AddService {
  Service service;
  auto operator<=>(const AddService&) const = default;
};
struct EditService {
  Service service;
  auto operator<=>(const EditService&) const = default;
};
struct DeleteService {
  ServiceKey service;
  auto operator<=>(const DeleteService&) const = default;
};
struct AddDestination {
  ServiceKey service;
  Destination destination;
  auto operator<=>(const AddDestination&) const = default;
};
struct EditDestination {
  ServiceKey service;
  Destination destination;
  auto operator<=>(const EditDestination&) const = default;
};
struct DeleteDestination {
  ServiceKey service;
  DestinationKey destination;
  auto operator<=>(const DeleteDestination&) const = default;
};
using Change = std::variant<AddService, EditService, DeleteService, AddDestination, EditDestination,
                            DeleteDestination>;

}  // namespace understudy::ipvs
