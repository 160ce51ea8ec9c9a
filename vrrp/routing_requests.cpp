#include "vrrp/routing_requests.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <functional>

namespace understudy::vrrp {
namespace {

/// The interface's index; 0 for no name, and for every name where there is no monitor to ask.
Result<InterfaceIndex> index_of(const std::string& name, const netlink::Monitor* monitor) {
  if (name.empty() || monitor == nullptr) return InterfaceIndex();
  const netlink::Link* link = monitor->link(name);
  if (link == nullptr) return Error{fmt::format("there is no interface {}", name), ENODEV};
  return link->index;
}

Result<netlink::RouteHop> kernel_hop(const Nexthop& nexthop, const netlink::Monitor* monitor) {
  const auto index = index_of(nexthop.device, monitor);
  if (!index) return index.error();
  netlink::RouteHop hop;
  hop.gateway = nexthop.gateway;
  hop.interface = *index;
  hop.onlink = nexthop.onlink;
  hop.extra_weight = static_cast<std::uint8_t>(nexthop.weight - 1);
  hop.realms = nexthop.realms;
  hop.tunnel = nexthop.encapsulation;
  return hop;
}

/// The ways of a route: its nexthops, or its own gateway and interface.
Result<std::vector<netlink::RouteHop>> kernel_hops(const Route& route,
                                                   const netlink::Monitor* monitor) {
  std::vector<netlink::RouteHop> hops;
  for (const Nexthop& nexthop : route.nexthops) {
    auto hop = kernel_hop(nexthop, monitor);
    if (!hop) return hop.error();
    hops.push_back(std::move(*hop));
  }
  const bool leads_somewhere =
      !route.gateway.empty() || !route.device.empty() || route.encapsulation.has_value();
  if (!hops.empty() || !leads_somewhere) return hops;
  const Nexthop only{route.gateway, route.device, 1,
                     route.onlink,  route.realms, route.encapsulation};
  auto hop = kernel_hop(only, monitor);
  if (!hop) return hop.error();
  hops.push_back(std::move(*hop));
  return hops;
}

Result<std::uint32_t> table_of(const Route& route, const netlink::Monitor* monitor) {
  if (route.vrf.empty() || monitor == nullptr) return route.table;
  const netlink::Link* link = monitor->link(route.vrf);
  if (link == nullptr) return Error{fmt::format("there is no interface {}", route.vrf), ENODEV};
  if (link->vrf_table == 0) return Error{fmt::format("{} is no VRF", route.vrf), ENODEV};
  return link->vrf_table;
}

std::string prefix_text(const Prefix& prefix) {
  if (prefix.length == 0) return "default";
  return prefix.length == prefix.address.max_prefix() ? prefix.address.to_string()
                                                      : prefix.to_string();
}

std::string type_text(std::uint8_t type) {
  switch (type) {
    case RTN_UNICAST:
      return {};
    case RTN_LOCAL:
      return "local ";
    case RTN_BROADCAST:
      return "broadcast ";
    case RTN_MULTICAST:
      return "multicast ";
    case RTN_BLACKHOLE:
      return "blackhole ";
    case RTN_UNREACHABLE:
      return "unreachable ";
    case RTN_PROHIBIT:
      return "prohibit ";
    default:
      return fmt::format("type {} ", type);
  }
}

Result<netlink::Route> translate(const Route& route, const netlink::Monitor* monitor) {
  netlink::Route result;
  const auto table = table_of(route, monitor);
  if (!table) return table.error();
  auto hops = kernel_hops(route, monitor);
  if (!hops) return hops.error();
  result.type = route.type;
  result.destination = route.destination;
  result.source = route.source;
  result.preferred_source = route.preferred_source;
  result.table = *table;
  result.protocol = route.protocol;
  result.scope = route.scope;
  result.tos = route.tos;
  result.metric = route.metric;
  result.expires = route.expires;
  result.preference = route.preference;
  if (route.ttl_propagate) result.ttl_propagate = *route.ttl_propagate ? 1 : 0;
  for (const RouteMetric& metric : route.metrics) {
    result.numbers.push_back({metric.id, metric.value});
    if (metric.locked) result.locks |= 1U << metric.id;
  }
  result.congestion_control = route.congestion_control;
  if (route.congestion_control_locked) result.locks |= 1U << RTAX_CC_ALGO;
  result.hops = std::move(*hops);
  return result;
}

std::uint64_t digest(const netlink::Message& message, const std::string& names) {
  std::string octets(message.begin(), message.end());
  return std::hash<std::string>{}(octets + names);
}

}  // namespace

Result<netlink::Route> kernel_route(const Route& route, const netlink::Monitor& monitor) {
  return translate(route, &monitor);
}

std::uint64_t identity_of(const Route& route) {
  std::string names = route.device + ' ' + route.vrf;
  for (const Nexthop& nexthop : route.nexthops) names += ' ' + nexthop.device;
  return digest(netlink::add_route(translate(route, nullptr).value(), kernel_placement(route)),
                names);
}

std::uint64_t identity_of(const Rule& rule) {
  return digest(netlink::add_rule(kernel_rule(rule)), {});
}

netlink::RoutePlacement kernel_placement(const Route& route) {
  switch (route.placement) {
    case Placement::append:
      return netlink::RoutePlacement::append;
    case Placement::add:
      return netlink::RoutePlacement::exclusive;
    case Placement::prepend:
      break;
  }
  return netlink::RoutePlacement::prepend;
}

netlink::Rule kernel_rule(const Rule& rule) {
  netlink::Rule result;
  result.family = rule.family;
  result.inverted = rule.inverted;
  if (rule.from.length > 0) result.from = rule.from;
  if (rule.to.length > 0) result.to = rule.to;
  result.input_interface = rule.input_device;
  result.output_interface = rule.output_device;
  result.tos = rule.tos;
  if (rule.mark) {
    result.mark =
        netlink::RuleMark{rule.mark->mark, rule.mark->mask.value_or(netlink::RuleMark::kAllBits)};
  }
  if (rule.users) result.users = {rule.users->first, rule.users->last};
  result.ip_protocol = rule.ip_protocol.value_or(0);
  if (rule.source_ports) {
    result.source_ports = {rule.source_ports->first, rule.source_ports->last};
  }
  if (rule.destination_ports) {
    result.destination_ports = {rule.destination_ports->first, rule.destination_ports->last};
  }
  result.tunnel_id = rule.tunnel_id;
  result.preference = rule.preference;
  result.action = rule.action;
  if (rule.action == FR_ACT_TO_TBL && !rule.l3mdev) {
    result.table = rule.table != 0 ? rule.table : std::uint32_t{RT_TABLE_MAIN};
  }
  result.l3mdev = rule.l3mdev;
  result.goto_target = rule.goto_target;
  result.suppress_prefix_length = rule.suppress_prefix_length;
  result.suppress_group = rule.suppress_group;
  result.realms = rule.realms;
  result.protocol = rule.protocol;
  return result;
}

std::string describe(const Route& route) {
  std::string text = type_text(route.type) + prefix_text(route.destination);
  if (route.source.length > 0) text += " from " + prefix_text(route.source);
  if (!route.gateway.empty()) text += " via " + route.gateway.to_string();
  if (!route.device.empty()) text += " dev " + route.device;
  for (const Nexthop& nexthop : route.nexthops) {
    text += " nexthop";
    if (!nexthop.gateway.empty()) text += " via " + nexthop.gateway.to_string();
    if (!nexthop.device.empty()) text += " dev " + nexthop.device;
  }
  if (!route.vrf.empty()) {
    text += " vrf " + route.vrf;
  } else if (route.table != RT_TABLE_MAIN) {
    text += fmt::format(" table {}", route.table);
  }
  if (route.metric) text += fmt::format(" metric {}", *route.metric);
  return text;
}

std::string describe(const Rule& rule) {
  std::string text = fmt::format("pref {}", rule.preference);
  if (rule.inverted) text += " not";
  text += " from " + (rule.from.length > 0 ? prefix_text(rule.from) : std::string("all"));
  if (rule.to.length > 0) text += " to " + prefix_text(rule.to);
  if (rule.mark) text += fmt::format(" fwmark {:#x}", rule.mark->mark);
  if (!rule.input_device.empty()) text += " iif " + rule.input_device;
  if (!rule.output_device.empty()) text += " oif " + rule.output_device;
  if (rule.action == FR_ACT_GOTO) {
    text += fmt::format(" goto {}", rule.goto_target);
  } else if (rule.l3mdev) {
    text += " l3mdev";
  } else if (rule.action == FR_ACT_TO_TBL) {
    text += fmt::format(" lookup {}", rule.table != 0 ? rule.table : std::uint32_t{RT_TABLE_MAIN});
  }
  return text;
}

}  // namespace understudy::vrrp
