#include "vrrp/effective_routing.hpp"

#include <fmt/format.h>
#include <linux/icmpv6.h>

#include <utility>

#include "vrrp/address_options.hpp"
#include "vrrp/routing_rows.hpp"

namespace understudy::vrrp {

namespace {

using parser::Statements;

/// The words of a line.
class Words {
 public:
  /// A name and its value.
  template <typename V>
  void add(std::string name, const V& value) {
    all_.push_back(std::move(name));
    all_.push_back(fmt::format("{}", value));
  }
  template <typename V>
  void add_if(bool given, std::string name, const V& value) {
    if (given) add(std::move(name), value);
  }
  template <typename V>
  void add_given(std::string name, const std::optional<V>& value) {
    if (value) add(std::move(name), *value);
  }
  void add_given(std::string name, const std::string& value) {
    if (!value.empty()) add(std::move(name), value);
  }
  void add_given(std::string name, const IpAddress& value) {
    if (!value.empty()) add(std::move(name), value.to_string());
  }
  void add_given(std::string name, const Prefix& value) {
    if (!value.address.empty()) add(std::move(name), value.to_string());
  }
  /// A word alone.
  void word(std::string text) { all_.push_back(std::move(text)); }
  void word_if(bool given, std::string text) {
    if (given) word(std::move(text));
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
};

std::string family_word(Family family) { return family == Family::ipv6 ? "inet6" : "inet"; }

/// "SOURCE/DESTINATION", as one number when there is no source.
std::string realms_text(std::uint32_t realms) {
  constexpr unsigned kSourceShift = 16;
  constexpr std::uint32_t kMask = 0xffff;
  const std::uint32_t source = realms >> kSourceShift;
  return source == 0 ? fmt::format("{}", realms) : fmt::format("{}/{}", source, realms & kMask);
}

// --- encapsulation ---

void append(Words& words, const MplsEncapsulation& mpls) {
  words.word("mpls");
  words.word(fmt::format("{}", fmt::join(mpls.labels, "/")));
}

void append(Words& words, const IpEncapsulation& ip) {
  const bool v6 = ip.family == Family::ipv6;
  words.word(v6 ? "ip6" : "ip");
  words.add_given("id", ip.id);
  words.add_given("dst", ip.destination);
  words.add_given("src", ip.source);
  words.add_given(v6 ? "tc" : "tos", ip.tos);
  words.add_given(v6 ? "hoplimit" : "ttl", ip.ttl);
  words.add_given("flags", ip.flags);
}

void append(Words& words, const IlaEncapsulation& ila) {
  const auto group = [&](unsigned shift) { return ila.locator >> shift & 0xffff; };
  words.word("ila");
  words.word(fmt::format("{:x}:{:x}:{:x}:{:x}", group(48), group(32), group(16), group(0)));
}

void append(Words& words, const std::optional<Encapsulation>& encapsulation) {
  if (!encapsulation) return;
  words.word("encap");
  std::visit([&](const auto& kind) { append(words, kind); }, *encapsulation);
}

// --- routes ---

void append(Words& words, const RouteMetric& metric) {
  if (metric.id == RTAX_FEATURES) return words.add("features", "ecn");
  const MetricKind* kind = find_metric_kind(metric.id);
  if (kind == nullptr) return;
  words.word(std::string(kind->name));
  words.word_if(metric.locked, "lock");
  words.word(fmt::format("{}", metric.value));
}

std::string preference_text(std::uint8_t preference) {
  switch (preference) {
    case static_cast<std::uint8_t>(ICMPV6_ROUTER_PREF_LOW):
      return "low";
    case ICMPV6_ROUTER_PREF_MEDIUM:
      return "medium";
    case ICMPV6_ROUTER_PREF_HIGH:
      return "high";
    default:
      return fmt::format("{}", preference);
  }
}

std::string placement_word(Placement placement) {
  switch (placement) {
    case Placement::add:
      return "add";
    case Placement::append:
      return "append";
    case Placement::prepend:
      return "prepend";
  }
  return {};
}

void append(Words& words, const Nexthop& nexthop) {
  words.word("nexthop");
  words.add_given("via", nexthop.gateway);
  words.add_given("dev", nexthop.device);
  words.add("weight", nexthop.weight);
  words.word_if(nexthop.onlink, "onlink");
  words.add_if(nexthop.realms != 0, "realms", realms_text(nexthop.realms));
  append(words, nexthop.encapsulation);
}

void append_attributes(Words& words, const Route& route) {
  for (const RouteMetric& metric : route.metrics) append(words, metric);
  if (!route.congestion_control.empty()) {
    words.word("congctl");
    words.word_if(route.congestion_control_locked, "lock");
    words.word(route.congestion_control);
  }
  words.add_given("expires", route.expires);
  if (route.preference) words.add("pref", preference_text(*route.preference));
  if (route.ttl_propagate) {
    words.add("ttl-propagate", *route.ttl_propagate ? "enabled" : "disabled");
  }
}

// --- rules ---

template <typename N>
void append(Words& words, std::string name, const std::optional<NumberRange<N>>& range) {
  if (range) words.add(std::move(name), fmt::format("{}-{}", range->first, range->last));
}

void append_selectors(Words& words, const Rule& rule) {
  words.word_if(rule.inverted, "not");
  words.add_given("from", rule.from);
  words.add_given("to", rule.to);
  words.add_given("iif", rule.input_device);
  words.add_given("oif", rule.output_device);
  words.add("tos", rule.tos);
  if (rule.mark) {
    words.add("fwmark", rule.mark->mask
                            ? fmt::format("{:#x}/{:#x}", rule.mark->mark, *rule.mark->mask)
                            : fmt::format("{:#x}", rule.mark->mark));
  }
  append(words, "uidrange", rule.users);
  words.add_given("ipproto", rule.ip_protocol);
  append(words, "sport", rule.source_ports);
  append(words, "dport", rule.destination_ports);
  words.add_if(rule.tunnel_id != 0, "tunnel-id", rule.tunnel_id);
}

void append_action(Words& words, const Rule& rule) {
  switch (rule.action) {
    case FR_ACT_TO_TBL:
      if (rule.l3mdev) return words.word("l3mdev");
      return words.add("table", rule.table);
    case FR_ACT_GOTO:
      return words.add("goto", rule.goto_target);
    case FR_ACT_NOP:
      return words.word("nop");
    case FR_ACT_BLACKHOLE:
      return words.word("blackhole");
    case FR_ACT_UNREACHABLE:
      return words.word("unreachable");
    default:
      return words.word("prohibit");
  }
}

/// A value block, unless it would be empty.
template <typename T, typename Convert>
void append_block(Statements& out, const char* name, const std::vector<T>& values,
                  Convert convert) {
  if (values.empty()) return;
  Statements& block = out.block(name);
  for (const T& value : values) block.entry(convert(value));
}

std::vector<std::string> effective_static(const StaticAddress& entry) {
  auto words = effective_address(entry.address);
  if (!entry.track_group.empty()) {
    words.insert(words.end(), {"track_group", entry.track_group});
  }
  return words;
}

}  // namespace

std::vector<std::string> effective_address(const VirtualAddress& address) {
  Words words;
  // A peer stands for the prefix length.
  words.word(address.details->peer ? address.address.to_string()
                                   : Prefix{address.address, address.prefix_length}.to_string());
  if (address.details->peer) words.add("peer", address.details->peer->to_string());
  if (address.details->broadcast) words.add("brd", address.details->broadcast->to_string());
  words.add_given("dev", *address.device);
  words.word_if(address.use_vmac, "use_vmac");
  if (address.address.is_v4()) words.add("scope", address.scope);
  words.add_given("label", address.details->label);
  for (const AddressFlag& flag : kAddressFlags) {
    words.word_if((address.flags & flag.flag) != 0, std::string(flag.name));
  }
  words.word_if(address.detect_duplicates, "-nodad");
  words.word_if(address.no_track, "no_track");
  words.add("preferred_lft", address.preferred_lifetime == VirtualAddress::kForever
                                 ? "forever"
                                 : fmt::format("{}", address.preferred_lifetime));
  return words.take();
}

std::vector<std::string> effective_route(const Route& route) {
  Words words;
  words.word(route_type_text(route.type));
  words.word(route.destination.to_string());
  words.add_given("from", route.source);
  words.add_given("src", route.preferred_source);
  words.add_given("via", route.gateway);
  words.add_given("dev", route.device);
  words.word_if(route.onlink, "onlink");
  words.add("table", route.table);
  words.add_given("vrf", route.vrf);
  words.add("protocol", route.protocol);
  words.add("scope", route.scope);
  words.add("tos", route.tos);
  words.add_given("metric", route.metric);
  words.add_if(route.realms != 0, "realms", realms_text(route.realms));
  append_attributes(words, route);
  words.word(placement_word(route.placement));
  words.word_if(route.no_track, "no_track");
  words.add_given("track_group", route.track_group);
  append(words, route.encapsulation);
  // The family words may stand before nothing; the destination says the same.
  words.word_if(route.nexthops.empty(), family_word(route.family()));
  for (const Nexthop& nexthop : route.nexthops) append(words, nexthop);
  return words.take();
}

std::vector<std::string> effective_rule(const Rule& rule) {
  Words words;
  append_selectors(words, rule);
  append_action(words, rule);
  words.add("preference", rule.preference);
  words.add_given("suppress_prefixlength", rule.suppress_prefix_length);
  words.add_given("suppress_ifgroup", rule.suppress_group);
  words.add_if(rule.realms != 0, "realms", realms_text(rule.realms));
  words.add("protocol", rule.protocol);
  words.word_if(rule.no_track, "no_track");
  words.add_given("track_group", rule.track_group);
  words.word(family_word(rule.family));
  return words.take();
}

void append_routing(Statements& block, const InstanceConfig& instance) {
  append_block(block, "virtual_ipaddress", instance.addresses, effective_address);
  append_block(block, "virtual_ipaddress_excluded", instance.excluded, effective_address);
  append_block(block, "virtual_routes", instance.routes, effective_route);
  append_block(block, "virtual_rules", instance.rules, effective_rule);
}

void append_static(Statements& out, const VrrpConfig& config) {
  append_block(out, "static_ipaddress", config.static_addresses, effective_static);
  append_block(out, "static_routes", config.static_routes, effective_route);
  append_block(out, "static_rules", config.static_rules, effective_rule);
}

}  // namespace understudy::vrrp
