// Addresses, routes and rules as values, in the numbers and units of rtnetlink(7): what the blocks
// virtual_… and static_… say.
//
// Names (tables, protocols, scopes …) have become numbers, families are decided, every default is
// filled in. Start with Route.
#pragma once

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/rare.hpp"
#include "daemon/base/routing.hpp"

namespace understudy::vrrp {

/// An address an instance owns while it is master (virtual_ipaddress, virtual_ipaddress_excluded).
struct VirtualAddress {
  /// preferred_lft forever.
  static constexpr std::uint32_t kForever = 0xffffffff;
  IpAddress address;
  /// Prefix length; 32/128 when not given.
  std::uint8_t prefix_length = 32;
  /// Kernel scope (RT_SCOPE_UNIVERSE = 0 … RT_SCOPE_HOST = 254).
  std::uint8_t scope = 0;
  /// "-nodad": the kernel is to look for duplicates of it. IPv6 only.
  bool detect_duplicates = false;
  /// Its removal by others does not matter.
  bool no_track = false;
  /// It is on an interface with the virtual router's MAC address.
  bool use_vmac = false;
  /// Seconds until the kernel prefers other source addresses; of IPv6 addresses with a length of
  /// 128 it is 0 when not given.
  std::uint32_t preferred_lifetime = kForever;
  /// IFA_F_HOMEADDRESS, IFA_F_MANAGETEMPADDR, IFA_F_NOPREFIXROUTE, IFA_F_MCAUTOJOIN.
  std::uint32_t flags = 0;
  /// Interface; empty: the instance's.
  Rare<std::string> device;
  /// What few addresses have.
  struct Details {
    /// Kernel address label, "eth0:1"; empty: none.
    std::string label;
    std::optional<IpAddress> broadcast;
    std::optional<IpAddress> peer;
    bool operator==(const Details&) const = default;
  };
  Rare<Details> details;
  /// Name of the VMAC it goes on when that is not the instance's own: wire() fills it in.
  Rare<std::string> vmac;
  bool operator==(const VirtualAddress&) const = default;
};

/// An entry of static_ipaddress. Its device is filled in.
struct StaticAddress {
  VirtualAddress address;
  /// As in Route.
  std::string track_group;
  bool operator==(const StaticAddress&) const = default;
};

/// RTPROT_KEEPALIVED of kernels from 5.8 on: who made a route or rule.
inline constexpr std::uint8_t kRouteProtocol = 18;

/// One of several ways of a route.
struct Nexthop {
  /// Empty: none.
  IpAddress gateway;
  std::string device;
  /// 1..256; the kernel counts from 0.
  std::uint16_t weight = 1;
  /// RTNH_F_ONLINK: the gateway is taken to be on the link.
  bool onlink = false;
  /// Source realm in the upper 16 bits, destination realm in the lower; 0: none.
  std::uint32_t realms = 0;
  std::optional<Encapsulation> encapsulation;
  bool operator==(const Nexthop&) const = default;
};

/// An attribute of a route that is a number: mtu, window, hoplimit, quickack, features …
struct RouteMetric {
  /// RTAX_MTU …
  std::uint8_t id = 0;
  /// In the kernel's unit: rtt in eighths, rttvar in quarters of a millisecond, rto_min in
  /// milliseconds.
  std::uint32_t value = 0;
  /// The kernel is not to change it by itself.
  bool locked = false;
  bool operator==(const RouteMetric&) const = default;
};

/// Where a new route goes among those that match the same.
enum class Placement : std::uint8_t { prepend, append, add };

/// A route.
struct Route {
  /// RTN_UNICAST, RTN_BLACKHOLE …
  std::uint8_t type = RTN_UNICAST;
  /// Length 0 for "default". Its family is the route's.
  Prefix destination;
  /// IPv6 only: where packets come from. Empty: anywhere.
  Prefix source;
  /// Source address of what this host sends by it; empty: the kernel chooses.
  IpAddress preferred_source;
  /// Empty: none.
  IpAddress gateway;
  std::string device;
  /// A device whose table is used instead of `table`; empty: none.
  std::string vrf;
  std::uint32_t table = RT_TABLE_MAIN;
  std::uint8_t protocol = kRouteProtocol;
  std::uint8_t scope = RT_SCOPE_UNIVERSE;
  std::uint8_t tos = 0;
  bool onlink = false;
  /// RTA_PRIORITY.
  std::optional<std::uint32_t> metric;
  /// As in Nexthop.
  std::uint32_t realms = 0;
  /// Seconds; IPv6 only.
  std::optional<std::uint32_t> expires;
  /// ICMPV6_ROUTER_PREF_…; IPv6 only.
  std::optional<std::uint8_t> preference;
  std::optional<bool> ttl_propagate;
  std::optional<Encapsulation> encapsulation;
  /// In the order of their ids.
  std::vector<RouteMetric> metrics;
  /// RTAX_CC_ALGO; empty: the system's.
  std::string congestion_control;
  bool congestion_control_locked = false;
  std::vector<Nexthop> nexthops;
  Placement placement = Placement::prepend;
  /// Its removal by others does not matter.
  bool no_track = false;
  /// Of static routes: the track_group whose instances depend on it; empty: none.
  std::string track_group;

  [[nodiscard]] Family family() const { return destination.address.family(); }
  bool operator==(const Route&) const = default;
};

/// fwmark of a rule.
struct FirewallMark {
  std::uint32_t mark = 0;
  /// nullopt: all bits.
  std::optional<std::uint32_t> mask;
  bool operator==(const FirewallMark&) const = default;
};

/// A routing policy rule. It has an action.
struct Rule {
  Family family = Family::ipv4;
  /// Packets that do not match are meant.
  bool inverted = false;
  /// Empty: any.
  Prefix from;
  Prefix to;
  std::string input_device;
  std::string output_device;
  std::uint8_t tos = 0;
  std::optional<FirewallMark> mark;
  std::optional<NumberRange<std::uint32_t>> users;
  std::optional<std::uint8_t> ip_protocol;
  std::optional<NumberRange<std::uint16_t>> source_ports;
  std::optional<NumberRange<std::uint16_t>> destination_ports;
  /// 0: any.
  std::uint64_t tunnel_id = 0;
  /// The order of rules: lower comes first.
  std::uint32_t preference = 0;
  /// FR_ACT_TO_TBL, FR_ACT_GOTO, FR_ACT_BLACKHOLE …
  std::uint8_t action = FR_ACT_UNSPEC;
  /// Of FR_ACT_TO_TBL: the table, unless l3mdev says to take the device's.
  std::uint32_t table = 0;
  bool l3mdev = false;
  /// Of FR_ACT_GOTO: the preference of the rule that comes next.
  std::uint32_t goto_target = 0;
  /// Of FR_ACT_TO_TBL: routes with at most that prefix length do not count.
  std::optional<std::uint32_t> suppress_prefix_length;
  /// Of FR_ACT_TO_TBL: nor routes by a device of that group.
  std::optional<std::uint32_t> suppress_group;
  /// As in Nexthop.
  std::uint32_t realms = 0;
  std::uint8_t protocol = kRouteProtocol;
  /// As in Route.
  bool no_track = false;
  std::string track_group;
  bool operator==(const Rule&) const = default;
};

}  // namespace understudy::vrrp
