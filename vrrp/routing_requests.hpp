// Configured routes and rules in the kernel's terms, and in words for messages.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/result.hpp"
#include "daemon/netlink/monitor.hpp"
#include "daemon/netlink/route.hpp"
#include "daemon/netlink/rule.hpp"
#include "vrrp/routing_config.hpp"

namespace understudy::vrrp {

/// The route with the indices its interfaces have now. An error names the interface that is not
/// there, or that is no VRF; its code is ENODEV.
[[nodiscard]] Result<netlink::Route> kernel_route(const Route& route,
                                                  const netlink::Monitor& monitor);
[[nodiscard]] netlink::RoutePlacement kernel_placement(const Route& route);
[[nodiscard]] netlink::Rule kernel_rule(const Rule& rule);

/// A number that equal routes have in common, and no others: of all that the kernel is told, with
/// names in place of interfaces' indices.
[[nodiscard]] std::uint64_t identity_of(const Route& route);
[[nodiscard]] std::uint64_t identity_of(const Rule& rule);

/// "192.0.2.0/24 via 10.0.0.1 dev eth0 table 100": what tells it from others.
[[nodiscard]] std::string describe(const Route& route);
/// "pref 100 from 10.0.0.0/8 iif eth0 lookup 100".
[[nodiscard]] std::string describe(const Rule& rule);

}  // namespace understudy::vrrp
