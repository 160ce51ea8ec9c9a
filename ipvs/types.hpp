// IPVS services and destinations as values, and what may be done with them.
//
// ipvs/ speaks the kernel's "IPVS" generic netlink family and computes differences between two
// tables. It may not know virtual servers, quorum or checks. Start here, then reconcile.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"

namespace understudy::ipvs {

/// Layer-4 protocol of a service, by IPPROTO number.
enum class Protocol : std::uint8_t { none = 0, tcp = 6, udp = 17, sctp = 132 };

/// Packet forwarding method (IP_VS_CONN_F_* in linux/ip_vs.h).
enum class ForwardingMethod : std::uint8_t { masquerade = 0, local = 1, tunnel = 2, direct = 3 };

/// How the tunnel method wraps packets (IP_VS_CONN_F_TUNNEL_TYPE_* in linux/ip_vs.h).
enum class TunnelType : std::uint8_t { ipip = 0, gue = 1, gre = 2 };

/// IP_VS_TUNNEL_ENCAP_FLAG_*: the checksum of the wrapping.
enum class TunnelChecksum : std::uint8_t { none = 0, whole = 1, remote = 2 };

/// Of a destination with the tunnel method; all others have the default.
struct Tunnel {
  TunnelType type = TunnelType::ipip;
  TunnelChecksum checksum = TunnelChecksum::none;
  /// UDP port of the other end; gue only.
  Port port;
  auto operator<=>(const Tunnel&) const = default;
};

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
  Tunnel tunnel;
  std::uint32_t weight = 1;
  std::uint32_t upper_threshold = 0;
  std::uint32_t lower_threshold = 0;
  auto operator<=>(const Destination&) const = default;
};

/// The destinations of a service, sorted, no endpoint twice. Flat: there may be tens of thousands
/// in all.
class Destinations {
 public:
  Destinations() = default;
  /// Of those with the same endpoint the first counts.
  explicit Destinations(std::vector<Destination> destinations);
  /// nullptr: not there.
  [[nodiscard]] const Destination* find(const DestinationKey& key) const;
  [[nodiscard]] bool contains(const DestinationKey& key) const { return find(key) != nullptr; }
  /// Adds it, or replaces the one with its endpoint.
  void put(const Destination& destination);
  [[nodiscard]] auto begin() const { return sorted_.begin(); }
  [[nodiscard]] auto end() const { return sorted_.end(); }
  [[nodiscard]] std::size_t size() const { return sorted_.size(); }
  [[nodiscard]] bool empty() const { return sorted_.empty(); }
  auto operator<=>(const Destinations&) const = default;

 private:
  std::vector<Destination> sorted_;
};

/// A service with its destinations.
struct Entry {
  Service service;
  Destinations destinations;
  auto operator<=>(const Entry&) const = default;
};

/// What the kernel counts for a destination.
struct Usage {
  DestinationKey destination;
  /// Connections under way; those ending; clients that persistence binds to it.
  std::uint32_t active = 0;
  std::uint32_t inactive = 0;
  std::uint32_t persistent = 0;
  auto operator<=>(const Usage&) const = default;
};

/// After how many idle seconds connections are forgotten; 0: as it is.
struct Timeouts {
  std::uint32_t tcp = 0;
  std::uint32_t tcp_fin = 0;
  std::uint32_t udp = 0;
  auto operator<=>(const Timeouts&) const = default;
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
