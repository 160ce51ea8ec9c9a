#include "vrrp/dump_routing.hpp"

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "vrrp/iproute_names.hpp"

namespace understudy::vrrp {
namespace {

/// A line in the making.
class Line {
 public:
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }
  void add_if(bool condition, const char* word) {
    if (condition) text_ += word;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// The length is left out where it is the whole address.
std::string prefix_text(const IpAddress& address, unsigned length) {
  if (length == address.max_prefix()) return address.to_string();
  return fmt::format("{}/{}", address.to_string(), length);
}

std::string prefix_text(const Prefix& prefix) { return prefix_text(prefix.address, prefix.length); }

const char* inet(const IpAddress& address) { return address.is_v6() ? "inet6" : "inet"; }

std::string scope_text(std::uint8_t scope) {
  switch (scope) {
    case RT_SCOPE_UNIVERSE:
      return "global";
    case RT_SCOPE_NOWHERE:
      return "nowhere";
    case RT_SCOPE_HOST:
      return "host";
    case RT_SCOPE_LINK:
      return "link";
    case RT_SCOPE_SITE:
      return "site";
    default:
      return fmt::format("{}", scope);
  }
}

void add(Line& line, const MplsEncapsulation& mpls) {
  line.add(" encap mpls");
  // Each as it stands in the label stack: the label in the upper 20 bits, and a bit for the last.
  for (std::size_t i = 0; i < mpls.labels.size(); ++i) {
    const std::uint32_t last = i + 1 == mpls.labels.size() ? 0x100 : 0;
    line.add("{}{:x}", i == 0 ? " " : "/", mpls.labels[i] << 12 | last);
  }
}

void add(Line& line, const IpEncapsulation& ip) {
  const bool v6 = ip.family == Family::ipv6;
  line.add(" encap ip{}", v6 ? "6" : "");
  if (ip.id) line.add(" id {}", *ip.id);
  if (!ip.destination.empty()) line.add(" dst {}", ip.destination.to_string());
  if (!ip.source.empty()) line.add(" src {}", ip.source.to_string());
  if (ip.tos) line.add(" {} {}", v6 ? "tc" : "tos", *ip.tos);
  if (ip.ttl) line.add(" {} {}", v6 ? "hoplimit" : "ttl", *ip.ttl);
  if (ip.flags) line.add(" flags {:#x}", *ip.flags);
}

void add(Line& line, const IlaEncapsulation& ila) { line.add(" encap ila {}", ila.locator); }

void add_encapsulation(Line& line, const std::optional<Encapsulation>& encapsulation) {
  if (encapsulation) std::visit([&](const auto& one) { add(line, one); }, *encapsulation);
}

void add_realms(Line& line, std::uint32_t realms) {
  if (realms == 0) return;
  if (realms >> 16 != 0) {
    line.add(" realms {}/{}", realms >> 16, realms & 0xffff);
  } else {
    line.add(" realm {}", realms);
  }
}

/// A time of a route: `per_ms` units are a millisecond.
void add_time(Line& line, const char* name, const RouteMetric& metric, std::uint32_t per_ms) {
  const bool seconds = metric.value >= 1000 * per_ms;
  const double value = metric.value / (seconds ? 1000.0 * per_ms : per_ms);
  line.add(" {}{} {:g}{}", name, metric.locked ? " lock" : "", value, seconds ? "s" : "ms");
}

/// Attributes that are plain numbers, in the order of a dump.
struct PlainMetric {
  std::uint8_t id;
  const char* name;
};
constexpr std::array kPlainMetrics{
    PlainMetric{RTAX_MTU, "mtu"},           PlainMetric{RTAX_WINDOW, "window"},
    PlainMetric{RTAX_SSTHRESH, "ssthresh"}, PlainMetric{RTAX_CWND, "cwnd"},
    PlainMetric{RTAX_ADVMSS, "advmss"},     PlainMetric{RTAX_REORDERING, "reordering"},
    PlainMetric{RTAX_HOPLIMIT, "hoplimit"}, PlainMetric{RTAX_INITCWND, "initcwnd"},
    PlainMetric{RTAX_INITRWND, "initrwnd"}, PlainMetric{RTAX_QUICKACK, "quickack"},
};

const RouteMetric* find(const Route& route, std::uint8_t id) {
  const auto found = std::ranges::find(route.metrics, id, &RouteMetric::id);
  return found == route.metrics.end() ? nullptr : &*found;
}

void add_metrics(Line& line, const Route& route) {
  if (const auto* rtt = find(route, RTAX_RTT)) add_time(line, "rtt", *rtt, 8);
  if (const auto* rttvar = find(route, RTAX_RTTVAR)) add_time(line, "rttvar", *rttvar, 4);
  if (const auto* rto_min = find(route, RTAX_RTO_MIN)) add_time(line, "rto_min", *rto_min, 1);
  const auto* features = find(route, RTAX_FEATURES);
  line.add_if(features != nullptr && (features->value & RTAX_FEATURE_ECN) != 0, " features ecn");
  for (const auto& [id, name] : kPlainMetrics) {
    if (const auto* metric = find(route, id)) {
      line.add(" {} {}{}", name, metric->locked ? "lock " : "", metric->value);
    }
  }
}

const char* preference_text(std::uint8_t preference) {
  // ICMPv6 router preferences (RFC 4191 section 2.1).
  switch (preference) {
    case 0:
      return "medium";
    case 1:
      return "high";
    case 3:
      return "low";
    default:
      return "unknown";
  }
}

void add_nexthop(Line& line, const Nexthop& hop) {
  line.add(" nexthop");
  if (!hop.gateway.empty()) line.add(" via {} {}", inet(hop.gateway), hop.gateway.to_string());
  if (!hop.device.empty()) line.add(" dev {}", hop.device);
  if (hop.weight != 1) line.add(" weight {}", hop.weight);
  line.add_if(hop.onlink, " onlink");
  add_realms(line, hop.realms);
  add_encapsulation(line, hop.encapsulation);
}

const char* placement_text(Placement placement) {
  switch (placement) {
    case Placement::add:
      return "add";
    case Placement::append:
      return "append";
    case Placement::prepend:
      break;
  }
  return "prepend";
}

void add_tracking(Line& line, bool no_track, const std::string& track_group) {
  line.add_if(no_track, " no_track");
  if (!track_group.empty()) line.add(" track_group {}", track_group);
}

/// What a route is told by: everything up to its attributes.
void add_way(Line& line, const Route& route) {
  line.add("{} ", placement_text(route.placement));
  if (route.type != RTN_UNICAST) line.add("{} ", route_type_text(route.type));
  line.add("{}", prefix_text(route.destination));
  if (!route.source.address.empty()) line.add(" from {}", prefix_text(route.source));
  if (!route.preferred_source.empty()) line.add(" src {}", route.preferred_source.to_string());
  if (route.tos != 0) line.add(" tos {}", route.tos);
  add_encapsulation(line, route.encapsulation);
  if (!route.gateway.empty()) {
    line.add(" via {} {}", inet(route.gateway), route.gateway.to_string());
  }
  if (!route.device.empty()) line.add(" dev {}", route.device);
  if (route.table != RT_TABLE_MAIN) line.add(" table {}", route.table);
  if (!route.no_track || route.protocol != kRouteProtocol) line.add(" proto {}", route.protocol);
  if (route.scope != RT_SCOPE_UNIVERSE) line.add(" scope {}", route.scope);
  if (route.metric) line.add(" metric {}", *route.metric);
  line.add_if(route.onlink && route.family() == Family::ipv4, " onlink");
}

/// What a rule looks at in packets and devices.
void add_match(Line& line, const Rule& rule) {
  const bool any = rule.from.address.empty() && rule.to.address.empty();
  line.add_if(any && rule.family == Family::ipv6, "inet6 ");
  line.add_if(rule.inverted, "not ");
  line.add("from {}", rule.from.address.empty() ? "all" : prefix_text(rule.from));
  if (!rule.to.address.empty()) line.add(" to {}", prefix_text(rule.to));
  line.add(" priority {}", rule.preference);
  line.add(" tos {:#x}", rule.tos);
  if (rule.mark) {
    line.add(" fwmark {:#x}", rule.mark->mark);
    if (rule.mark->mask.value_or(0xffffffff) != 0xffffffff) line.add("/{:#x}", *rule.mark->mask);
  }
  if (!rule.input_device.empty()) line.add(" iif {}", rule.input_device);
  if (!rule.output_device.empty()) line.add(" oif {}", rule.output_device);
}

void add_action(Line& line, const Rule& rule) {
  switch (rule.action) {
    case FR_ACT_TO_TBL:
      return line.add(" lookup {}", rule.table);
    case FR_ACT_GOTO:
      return line.add(" goto {}", rule.goto_target);
    case FR_ACT_NOP:
      return line.add(" nop");
    default:
      return line.add(" type {}", route_type_text(rule.action));
  }
}

}  // namespace

std::string dump_text(const VirtualAddress& address, const AddressPlace& place) {
  Line line;
  line.add("{}", prefix_text(address.address, address.prefix_length));
  if (address.address.is_v4() && address.details->broadcast) {
    line.add(" brd {}", address.details->broadcast->to_string());
  }
  line.add(" dev {}", place.device);
  line.add_if(address.use_vmac, " use_vmac");
  line.add(" scope {}", scope_text(address.scope));
  if (!address.details->label.empty()) line.add(" label {}", address.details->label);
  if (address.details->peer)
    line.add(" peer {}/{}", address.details->peer->to_string(), address.prefix_length);
  line.add_if((address.flags & IFA_F_HOMEADDRESS) != 0, " home");
  line.add_if(address.detect_duplicates, " -nodad");
  line.add_if((address.flags & IFA_F_MANAGETEMPADDR) != 0, " mngtmpaddr");
  line.add_if((address.flags & IFA_F_NOPREFIXROUTE) != 0, " noprefixroute");
  line.add_if((address.flags & IFA_F_MCAUTOJOIN) != 0, " autojoin");
  add_tracking(line, address.no_track, place.track_group);
  if (address.address.is_v6()) {
    if (address.preferred_lifetime == 0) {
      line.add(" deprecated");
    } else if (address.preferred_lifetime == VirtualAddress::kForever) {
      line.add(" preferred_lft forever");
    } else {
      line.add(" preferred_lft {}", address.preferred_lifetime);
    }
  }
  line.add_if(place.set, " set");
  return line.take();
}

std::string dump_text(const Route& route) {
  Line line;
  add_way(line, route);
  add_realms(line, route.realms);
  if (route.expires) line.add(" expires {}sec", *route.expires);
  if (!route.congestion_control.empty()) {
    line.add(" congctl {}{}", route.congestion_control_locked ? "lock " : "",
             route.congestion_control);
  }
  add_metrics(line, route);
  if (route.preference) line.add(" pref {}", preference_text(*route.preference));
  if (const auto* cookie = find(route, RTAX_FASTOPEN_NO_COOKIE)) {
    line.add(" fastopen_no_cookie {}", cookie->value);
  }
  if (route.ttl_propagate) {
    line.add(" ttl-propagate {}abled", *route.ttl_propagate ? "en" : "dis");
  }
  for (const auto& hop : route.nexthops) add_nexthop(line, hop);
  add_tracking(line, route.no_track, route.track_group);
  return line.take();
}

std::string dump_text(const Rule& rule) {
  Line line;
  add_match(line, rule);
  if (rule.suppress_prefix_length) {
    line.add(" suppress_prefixlen {}", *rule.suppress_prefix_length);
  }
  if (rule.suppress_group) line.add(" suppress_ifgroup {}", *rule.suppress_group);
  if (rule.tunnel_id != 0) line.add(" tunnel-id {}", rule.tunnel_id);
  if (rule.users) line.add(" uidrange {}-{}", rule.users->first, rule.users->last);
  line.add_if(rule.l3mdev, " l3mdev");
  if (!rule.no_track || rule.protocol != kRouteProtocol) line.add(" protocol {}", rule.protocol);
  if (rule.ip_protocol) line.add(" ipproto {}", *rule.ip_protocol);
  if (rule.source_ports) {
    line.add(" sport {}-{}", rule.source_ports->first, rule.source_ports->last);
  }
  if (rule.destination_ports) {
    line.add(" dport {}-{}", rule.destination_ports->first, rule.destination_ports->last);
  }
  if (rule.realms != 0) line.add(" realms {}/{}", rule.realms >> 16, rule.realms & 0xffff);
  add_action(line, rule);
  add_tracking(line, rule.no_track, rule.track_group);
  return line.take();
}

}  // namespace understudy::vrrp
