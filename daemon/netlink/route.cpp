#include "daemon/netlink/route.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "daemon/netlink/tunnel.hpp"

namespace understudy::netlink {
namespace {

/// What IPv6 takes where no metric is given (IP6_RT_PRIO_USER in Linux).
constexpr std::uint32_t kDefaultMetric6 = 1024;
/// The widest table number that fits the fixed header.
constexpr std::uint32_t kLargestShortTable = 255;

ByteView view(const rtvia& via) {
  return {reinterpret_cast<const std::uint8_t*>(&via), sizeof via};
}

/// RTA_GATEWAY, or RTA_VIA for a gateway of another family.
void write_gateway(AttributeWriter& writer, const RouteHop& hop, Family family) {
  if (hop.gateway.empty()) return;
  if (hop.gateway.family() == family) {
    writer.attribute(RTA_GATEWAY, hop.gateway.bytes());
    return;
  }
  rtvia via{};
  via.rtvia_family = static_cast<__kernel_sa_family_t>(to_af(hop.gateway.family()));
  const ByteView head = view(via);
  Bytes octets(head.begin(), head.end());
  const auto address = hop.gateway.bytes();
  octets.insert(octets.end(), address.begin(), address.end());
  writer.attribute(RTA_VIA, octets);
}

/// What the only hop and one of several have in common.
void write_hop(AttributeWriter& writer, const RouteHop& hop, Family family) {
  write_gateway(writer, hop, family);
  if (hop.realms != 0) writer.attribute(RTA_FLOW, hop.realms);
  if (hop.tunnel) write_tunnel(writer, *hop.tunnel);
}

void write_hops(AttributeWriter& writer, const Route& route) {
  Bytes octets;
  for (const RouteHop& hop : route.hops) {
    AttributeWriter attributes;
    write_hop(attributes, hop, route.family());
    rtnexthop head{};
    head.rtnh_len = static_cast<unsigned short>(sizeof head + attributes.octets().size());
    head.rtnh_ifindex = static_cast<int>(hop.interface.value());
    head.rtnh_hops = hop.extra_weight;
    head.rtnh_flags = hop.onlink ? RTNH_F_ONLINK : 0;
    const auto* start = reinterpret_cast<const std::uint8_t*>(&head);
    octets.insert(octets.end(), start, start + sizeof head);
    octets.insert(octets.end(), attributes.octets().begin(), attributes.octets().end());
  }
  writer.attribute(RTA_MULTIPATH, octets);
}

void write_metrics(AttributeWriter& writer, const Route& route) {
  AttributeWriter inside;
  for (const RouteNumber& number : route.numbers) inside.attribute(number.id, number.value);
  if (!route.congestion_control.empty()) {
    inside.attribute(RTAX_CC_ALGO, std::string_view(route.congestion_control));
  }
  if (route.locks != 0) inside.attribute(RTAX_LOCK, route.locks);
  if (!inside.octets().empty()) writer.attribute(RTA_METRICS, inside.octets());
}

void write_prefix(AttributeWriter& writer, std::uint16_t type, const Prefix& prefix) {
  if (prefix.length > 0) writer.attribute(type, prefix.address.bytes());
}

Message route_message(std::uint16_t type, std::uint16_t flags, const Route& route) {
  rtmsg fixed{};
  fixed.rtm_family = static_cast<unsigned char>(to_af(route.family()));
  fixed.rtm_dst_len = route.destination.length;
  fixed.rtm_src_len = route.source.length;
  fixed.rtm_tos = route.tos;
  fixed.rtm_table = route.table <= kLargestShortTable ? static_cast<unsigned char>(route.table)
                                                      : static_cast<unsigned char>(RT_TABLE_UNSPEC);
  fixed.rtm_protocol = route.protocol;
  fixed.rtm_scope = route.scope;
  fixed.rtm_type = route.type;
  const bool several = route.hops.size() > 1;
  if (route.hops.size() == 1 && route.hops[0].onlink) fixed.rtm_flags = RTNH_F_ONLINK;
  MessageBuilder builder(type, flags, std::as_bytes(std::span(&fixed, 1)));
  write_prefix(builder, RTA_DST, route.destination);
  write_prefix(builder, RTA_SRC, route.source);
  if (!route.preferred_source.empty()) {
    builder.attribute(RTA_PREFSRC, route.preferred_source.bytes());
  }
  if (route.table > kLargestShortTable) builder.attribute(RTA_TABLE, route.table);
  if (route.metric) builder.attribute(RTA_PRIORITY, *route.metric);
  if (several) {
    write_hops(builder, route);
  } else if (!route.hops.empty()) {
    const RouteHop& hop = route.hops[0];
    write_hop(builder, hop, route.family());
    if (hop.interface.value() != 0) builder.attribute(RTA_OIF, hop.interface.value());
  }
  if (route.expires) builder.attribute(RTA_EXPIRES, *route.expires);
  if (route.preference) builder.attribute(RTA_PREF, *route.preference);
  if (route.ttl_propagate) builder.attribute(RTA_TTL_PROPAGATE, *route.ttl_propagate);
  write_metrics(builder, route);
  return builder.take();
}

IpAddress read_gateway(const Attributes& attributes) {
  if (attributes.has(RTA_GATEWAY)) return IpAddress(attributes.get(RTA_GATEWAY));
  const ByteView via = attributes.get(RTA_VIA);
  return via.size() > sizeof(rtvia) ? IpAddress(via.subspan(sizeof(rtvia))) : IpAddress();
}

RouteHop read_hop(const Attributes& attributes) {
  RouteHop hop;
  hop.gateway = read_gateway(attributes);
  hop.realms = attributes.u32(RTA_FLOW).value_or(0);
  hop.tunnel = read_tunnel(attributes);
  return hop;
}

std::vector<RouteHop> read_hops(ByteView octets) {
  std::vector<RouteHop> hops;
  rtnexthop head;
  while (octets.size() >= sizeof head) {
    std::memcpy(&head, octets.data(), sizeof head);
    if (head.rtnh_len < sizeof head || head.rtnh_len > octets.size()) break;
    RouteHop hop =
        read_hop(Attributes::nested(octets.subspan(sizeof head, head.rtnh_len - sizeof head)));
    hop.interface = InterfaceIndex(static_cast<std::uint32_t>(head.rtnh_ifindex));
    hop.extra_weight = head.rtnh_hops;
    hop.onlink = (head.rtnh_flags & RTNH_F_ONLINK) != 0;
    hops.push_back(std::move(hop));
    octets = octets.subspan(std::min<std::size_t>(RTNH_ALIGN(head.rtnh_len), octets.size()));
  }
  return hops;
}

void read_metrics(const Attributes& attributes, Route& route) {
  if (!attributes.has(RTA_METRICS)) return;
  const auto inside = Attributes::nested(attributes.get(RTA_METRICS));
  for (std::uint16_t id = RTAX_MTU; id <= RTAX_MAX; ++id) {
    const auto value = inside.u32(id);
    if (value && id != RTAX_CC_ALGO) route.numbers.push_back({id, *value});
  }
  route.congestion_control = inside.text(RTAX_CC_ALGO);
  route.locks = inside.u32(RTAX_LOCK).value_or(0);
}

Prefix read_prefix(const Attributes& attributes, std::uint16_t type, std::uint8_t length) {
  return {IpAddress(attributes.get(type)), length};
}

bool same_network(const Prefix& actual, const Prefix& wanted) {
  return actual.length == wanted.length && (wanted.length == 0 || wanted.contains(actual.address));
}

bool same_hop(const RouteHop& actual, const RouteHop& wanted) {
  return actual.gateway == wanted.gateway &&
         (wanted.interface.value() == 0 || actual.interface == wanted.interface);
}

}  // namespace

Message add_route(const Route& route, RoutePlacement placement) {
  std::uint16_t flags = NLM_F_CREATE;
  if (placement == RoutePlacement::append) flags |= NLM_F_APPEND;
  if (placement == RoutePlacement::exclusive) flags |= NLM_F_EXCL;
  return route_message(RTM_NEWROUTE, flags, route);
}

Message delete_route(const Route& route) {
  Route which = route;
  // The kernel compares numbers with what it has measured since, and lifetimes with what is left.
  which.numbers.clear();
  which.locks = 0;
  which.congestion_control.clear();
  which.expires.reset();
  which.preference.reset();
  if (which.scope == RT_SCOPE_UNIVERSE) which.scope = RT_SCOPE_NOWHERE;
  return route_message(RTM_DELROUTE, 0, which);
}

Message dump_routes() {
  const rtmsg fixed{};
  MessageBuilder builder(RTM_GETROUTE, NLM_F_DUMP, std::as_bytes(std::span(&fixed, 1)));
  return builder.take();
}

std::optional<RouteMessage> decode_route(ByteView message) {
  const auto header = header_of(message);
  if (!header) return std::nullopt;
  if (header->nlmsg_type != RTM_NEWROUTE && header->nlmsg_type != RTM_DELROUTE) return std::nullopt;
  const auto fixed = fixed_part<rtmsg>(message);
  if (!fixed || (fixed->rtm_family != AF_INET && fixed->rtm_family != AF_INET6)) {
    return std::nullopt;
  }
  const Attributes attributes(message, sizeof *fixed);
  RouteMessage result;
  result.removed = header->nlmsg_type == RTM_DELROUTE;
  result.origin_port = header->nlmsg_pid;
  Route& route = result.route;
  route.type = fixed->rtm_type;
  route.destination = read_prefix(attributes, RTA_DST, fixed->rtm_dst_len);
  if (route.destination.address.empty()) {
    route.destination.address =
        fixed->rtm_family == AF_INET ? IpAddress(in_addr{}) : IpAddress(in6_addr{});
  }
  route.source = read_prefix(attributes, RTA_SRC, fixed->rtm_src_len);
  route.preferred_source = IpAddress(attributes.get(RTA_PREFSRC));
  route.table = attributes.u32(RTA_TABLE).value_or(fixed->rtm_table);
  route.protocol = fixed->rtm_protocol;
  route.scope = fixed->rtm_scope;
  route.tos = fixed->rtm_tos;
  route.metric = attributes.u32(RTA_PRIORITY);
  route.expires = attributes.u32(RTA_EXPIRES);
  route.preference = attributes.u8(RTA_PREF);
  route.ttl_propagate = attributes.u8(RTA_TTL_PROPAGATE);
  read_metrics(attributes, route);
  if (attributes.has(RTA_MULTIPATH)) {
    route.hops = read_hops(attributes.get(RTA_MULTIPATH));
  } else if (attributes.has(RTA_OIF) || attributes.has(RTA_GATEWAY) || attributes.has(RTA_VIA)) {
    route.hops = {read_hop(attributes)};
    route.hops[0].interface = InterfaceIndex(attributes.u32(RTA_OIF).value_or(0));
    route.hops[0].onlink = (fixed->rtm_flags & RTNH_F_ONLINK) != 0;
  }
  return result;
}

bool same_route(const Route& actual, const Route& wanted) {
  const std::uint32_t unsaid = wanted.family() == Family::ipv6 ? kDefaultMetric6 : 0;
  if (actual.family() != wanted.family() || actual.type != wanted.type ||
      actual.table != wanted.table || actual.protocol != wanted.protocol ||
      actual.tos != wanted.tos || actual.metric.value_or(0) != wanted.metric.value_or(unsaid) ||
      !same_network(actual.destination, wanted.destination) ||
      !same_network(actual.source, wanted.source)) {
    return false;
  }
  // IPv6 names the loopback interface for a route that leads nowhere.
  if (wanted.hops.empty()) return true;
  return actual.hops.size() == wanted.hops.size() &&
         std::ranges::all_of(wanted.hops, [&](const RouteHop& hop) {
           return std::ranges::any_of(actual.hops,
                                      [&](const RouteHop& other) { return same_hop(other, hop); });
         });
}

}  // namespace understudy::netlink
