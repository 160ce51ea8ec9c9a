// A route as the kernel describes it (rtnetlink(7), RTM_*ROUTE).
#pragma once

#include <linux/rtnetlink.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/routing.hpp"
#include "daemon/base/types.hpp"
#include "daemon/netlink/message.hpp"

namespace understudy::netlink {

/// One way a route's packets may take.
struct RouteHop {
  /// Empty: the destination is on the link. Its family may be another than the route's (RTA_VIA).
  IpAddress gateway;
  /// 0: the kernel finds it.
  InterfaceIndex interface;
  /// RTNH_F_ONLINK.
  bool onlink = false;
  /// As the kernel counts: 0 for a weight of 1.
  std::uint8_t extra_weight = 0;
  /// RTA_FLOW; 0: none.
  std::uint32_t realms = 0;
  std::optional<Encapsulation> tunnel;
  bool operator==(const RouteHop&) const = default;
};

/// A number of RTA_METRICS.
struct RouteNumber {
  /// RTAX_MTU …
  std::uint16_t id = 0;
  std::uint32_t value = 0;
  bool operator==(const RouteNumber&) const = default;
};

/// A route.
struct Route {
  /// RTN_UNICAST …
  std::uint8_t type = RTN_UNICAST;
  /// Its family is the route's; length 0 for the default route.
  Prefix destination;
  /// Empty: anywhere.
  Prefix source;
  IpAddress preferred_source;
  std::uint32_t table = RT_TABLE_MAIN;
  std::uint8_t protocol = 0;
  std::uint8_t scope = RT_SCOPE_UNIVERSE;
  std::uint8_t tos = 0;
  /// RTA_PRIORITY.
  std::optional<std::uint32_t> metric;
  /// Seconds.
  std::optional<std::uint32_t> expires;
  /// ICMPV6_ROUTER_PREF_…
  std::optional<std::uint8_t> preference;
  std::optional<std::uint8_t> ttl_propagate;
  /// In the order of their ids.
  std::vector<RouteNumber> numbers;
  /// A bit 1 << id for each that the kernel is not to change.
  std::uint32_t locks = 0;
  std::string congestion_control;
  /// None for a route that leads nowhere, such as RTN_BLACKHOLE; several: RTA_MULTIPATH.
  std::vector<RouteHop> hops;

  [[nodiscard]] Family family() const { return destination.address.family(); }
  bool operator==(const Route&) const = default;
};

/// RTM_NEWROUTE or RTM_DELROUTE.
struct RouteMessage {
  bool removed = false;
  Route route;
  /// As in AddressMessage.
  std::uint32_t origin_port = 0;
};

/// Where a new route goes among those for the same destination, type of service and metric.
enum class RoutePlacement : std::uint8_t { prepend, append, exclusive };

/// Puts a route. EEXIST when exactly this one is there; of RoutePlacement::exclusive also when
/// another has its place; of IPv6 routes also when one with this metric and gateway is there.
[[nodiscard]] Message add_route(const Route& route, RoutePlacement placement);
/// Takes the route away that has all that is said here; ESRCH when there is none.
[[nodiscard]] Message delete_route(const Route& route);
/// Asks for all routes of both families.
[[nodiscard]] Message dump_routes();
/// nullopt for anything that is not a well-formed message about a route of IPv4 or IPv6.
[[nodiscard]] std::optional<RouteMessage> decode_route(ByteView message);

/// Whether the kernel's `actual` is what became of `wanted`: the same place (destination, table,
/// metric …) and the same ways, as far as `wanted` names them. What the kernel completes or lets
/// age (interface of a gateway, lifetime, measured numbers) is not looked at.
[[nodiscard]] bool same_route(const Route& actual, const Route& wanted);

}  // namespace understudy::netlink
