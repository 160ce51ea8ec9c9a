// A line of virtual_routes or static_routes: [TYPE] DESTINATION and option words, in any order.
#include <fmt/format.h>
#include <linux/icmpv6.h>

#include <limits>

#include "vrrp/routing_rows.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;
using Rows = Block<RouteReader>;

constexpr const char* kMixed = "Cannot mix IPv4 and IPv6 addresses for route";
constexpr const char* kNoDevice = "WARNING - interface {} for VROUTE nexthop doesn't exist";

/// An option with words after it.
template <typename Take>
Row<RouteReader>& option(Rows& rows, parser::RowText names, parser::RowText doc,
                         parser::RowText syntax, Take take) {
  return rows.statement(names, doc, [take](RouteReader& entry, const Binding&) { take(entry); })
      .takes(syntax, 1, 1);
}

/// An option whose word is a number or a name of iproute2's files.
template <typename N, typename Member>
Row<RouteReader>& named(Rows& rows, parser::RowText names, parser::RowText doc,
                        std::optional<N> (IprouteNames::*find)(std::string_view), Member member,
                        std::string invalid) {
  return option(rows, names, doc, "NUMBER|NAME",
                [find, member, invalid](RouteReader& entry) {
                  const auto value = entry.word(
                      [&](std::string_view word) { return (entry.names().*find)(word); }, invalid);
                  if (value) entry.route.*member = *value;
                })
      .accepts(fmt::format("0..{}, or a name", std::numeric_limits<N>::max()));
}

// --- addresses ---

void take_destination(RouteReader& entry) {
  auto destination = entry.prefix("unknown route keyword {}");
  if (!destination) return;
  if (!entry.join(destination->address.family())) {
    return entry.fail("{} ({})", kMixed, entry.here().keyword());
  }
  entry.route.destination = *destination;
  entry.has_destination = true;
}

/// The words that are no option: [TYPE] DESTINATION.
void take_type_or_destination(RouteReader& entry) {
  const auto type = parse_route_type(entry.here().keyword());
  if (type) {
    entry.route.type = *type;
  } else {
    entry.back();
  }
  take_destination(entry);
}

void take_preferred_source(RouteReader& entry) {
  const auto address = entry.address("invalid route src address {}");
  if (!address) return;
  if (!entry.join(address->family())) return entry.fail("{}", kMixed);
  entry.route.preferred_source = *address;
}

void take_gateway(RouteReader& entry) {
  Family family = Family::none;
  if (entry.take_if("inet")) family = Family::ipv4;
  if (family == Family::none && entry.take_if("inet6")) family = Family::ipv6;
  if (!entry.join(family)) return entry.fail("{}", kMixed);
  const auto address = entry.address("invalid route via address {}");
  if (!address) return;
  if (!entry.join(address->family())) return entry.fail("{}", kMixed);
  entry.route.gateway = *address;
}

void take_source(RouteReader& entry) {
  const auto source = entry.prefix("invalid route from address {}");
  if (!source) return;
  if (!source->address.is_v6()) {
    return entry.fail("route from address only supported with IPv6 ({})", entry.here().keyword());
  }
  if (!entry.join(Family::ipv6)) return entry.fail("{}", kMixed);
  entry.route.source = *source;
}

/// The deprecated second gateway.
void take_alternative(RouteReader& entry) {
  if (!entry.route.nexthops.empty()) {
    entry.complain("\"or\" route already specified - ignoring subsequent");
    entry.take();
    return;
  }
  const auto address = entry.address("Invalid \"or\" address {}");
  if (!address) return;
  if (!entry.join(address->family())) return entry.fail("{}", kMixed);
  entry.route.nexthops.resize(2);
  entry.route.nexthops[0].gateway = entry.route.gateway;
  entry.route.nexthops[1].gateway = *address;
  entry.route.gateway = {};
}

void add_address_options(Rows& rows) {
  option(rows, "to", "Where it leads: a network, an address, or default.", "[TYPE] IP[/LENGTH]",
         [](RouteReader& entry) {
           // "to blackhole 10.0.0.0/8", as ip-route(8) has it.
           entry.take();
           if (!entry.failed()) take_type_or_destination(entry);
         })
      .accepts(
          "a network, or default, any, all; TYPE: unicast, blackhole, unreachable, "
          "prohibit, throw, local, broadcast, anycast, multicast, nat, xresolve or a number");
  option(rows, "src", "Source address of what this host sends by it.", "IP", take_preferred_source);
  option(rows, "from", "Packets from there only; IPv6.", "IP6[/LENGTH]", take_source);
  option(rows, "via", "Gateway.", "[inet|inet6] IP", take_gateway);
  option(rows, "gw", "Gateway.", "IP", take_gateway)
      .deprecated("via", "\"gw\" for routes is deprecated. Please use \"via\"");
  option(rows, "or", "Second gateway.", "IP", take_alternative)
      .deprecated("nexthop", "\"or\" for routes is deprecated. Please use \"nexthop\"");
  option(rows, "as", "Of MPLS; without effect.", "[to] IP", [](RouteReader& entry) {
    if (entry.take().text == "to" && !entry.at_end()) entry.take();
    entry.complain("\"as to\" for MPLS only - ignoring");
  }).no_effect = true;
  option(rows, "dev|oif", "Interface it leads out of.", "INTERFACE",
         [](RouteReader& entry) { entry.route.device = entry.device(kNoDevice); });
  rows.flag("onlink", "The gateway is on the link, whatever the addresses say.",
            [](RouteReader& entry, bool) { entry.route.onlink = true; });
}

// --- what decides among routes ---

void take_metric(RouteReader& entry) {
  entry.route.metric = entry.number<std::uint32_t>("Invalid metric {} specified for route");
}

/// The device's table; the device has to be there.
void take_vrf(RouteReader& entry) {
  const std::string name(entry.take().text);
  if (entry.failed()) return;
  if (!entry.section().interface_exists(name)) {
    return entry.fail("VRF {} not found for route", name);
  }
  if (!entry.section().facts(name).vrf) {
    return entry.fail("Route specified VRF {} is not a VRF", name);
  }
  entry.route.vrf = name;
}

void take_realms(RouteReader& entry) {
  const auto realms = entry.word([&](std::string_view word) { return entry.names().realms(word); },
                                 "Invalid realms {} for route");
  if (!realms) return;
  if (!entry.join(Family::ipv4)) return entry.fail("realms are only valid for IPv4");
  entry.route.realms = *realms;
}

void add_selection_options(Rows& rows) {
  named(rows, "table", "Routing table.", &IprouteNames::table, &Route::table,
        "Routing table {} not found for route")
      .by_default("main");
  named(rows, "protocol", "Who made it; one that is tracked has keepalived's.",
        &IprouteNames::protocol, &Route::protocol, "Protocol {} not found or invalid for route")
      .by_default("keepalived (18)");
  named(rows, "scope", "How far its destinations are.", &IprouteNames::scope, &Route::scope,
        "Scope {} not found or invalid for route")
      .by_default("global");
  named(rows, "tos|dsfield", "Packets of that type of service only.", &IprouteNames::tos,
        &Route::tos, "TOS value {} is invalid")
      .by_default("0");
  option(rows, "metric|priority|preference", "The lowest is preferred.", "NUMBER", take_metric)
      .accepts("0..4294967295")
      .by_default("the kernel's");
  option(rows, "realms", "Realms of source and destination; IPv4.", "[R/]R", take_realms)
      .accepts("0..255 or a name, each");
  option(rows, "vrf", "The table of that VRF.", "INTERFACE", take_vrf);
}

// --- the rest ---

void take_expiry(RouteReader& entry) {
  if (!entry.join(Family::ipv6)) return entry.fail("expires is only valid for IPv6");
  entry.route.expires = entry.number<std::uint32_t>("Invalid expires time {} specified for route");
}

void take_router_preference(RouteReader& entry) {
  if (!entry.join(Family::ipv6)) return entry.fail("pref is only valid for IPv6");
  if (entry.take_if("low")) {
    entry.route.preference = static_cast<std::uint8_t>(ICMPV6_ROUTER_PREF_LOW);
  } else if (entry.take_if("medium")) {
    entry.route.preference = static_cast<std::uint8_t>(ICMPV6_ROUTER_PREF_MEDIUM);
  } else if (entry.take_if("high")) {
    entry.route.preference = static_cast<std::uint8_t>(ICMPV6_ROUTER_PREF_HIGH);
  } else {
    entry.route.preference =
        entry.number<std::uint8_t>("Invalid pref value {} specified for route");
  }
}

void take_ttl_propagation(RouteReader& entry) {
  const std::string_view word = entry.take().text;
  if (entry.failed()) return;
  if (word != "enabled" && word != "disabled") {
    entry.say(fmt::format("ttl-propagate value {} not recognised", word),
              "expected enabled or disabled");
  }
  entry.route.ttl_propagate = word == "enabled";
}

void add_placement(Rows& rows, parser::RowText name, parser::RowText doc, Placement placement) {
  rows.flag(name, doc,
            [placement](RouteReader& entry, bool) { entry.route.placement = placement; });
}

void add_other_options(Rows& rows, bool is_static) {
  option(rows, "expires", "Seconds it lives; IPv6.", "SECONDS", take_expiry)
      .accepts("0..4294967295");
  option(rows, "pref", "Preference among default routers; IPv6.", "low|medium|high|NUMBER",
         take_router_preference)
      .accepts("low, medium, high or 0..255");
  option(rows, "ttl-propagate", "Whether MPLS takes the TTL over.", "enabled|disabled",
         take_ttl_propagation);
  add_placement(rows, "add", "Only when there is no such route.", Placement::add);
  add_placement(rows, "prepend", "Before routes that match the same: the default.",
                Placement::prepend);
  add_placement(rows, "append", "After routes that match the same.", Placement::append);
  rows.flag("no_track", "Its removal by others does not matter.",
            [](RouteReader& entry, bool) { entry.route.no_track = true; });
  if (!is_static) return;
  option(rows, "track_group", "The track_group whose instances depend on it; needs dev.", "NAME",
         [](RouteReader& entry) {
           if (entry.track_group(entry.route.track_group)) return;
           entry.fail("Route has trailing nonsense - {}", entry.here().keyword());
         });
}

/// What can be said only when the whole line is read.
void complete(RouteReader& entry) {
  Route& route = entry.route;
  if (!entry.has_destination) return entry.fail("Route must have a destination");
  if (!route.no_track && route.protocol != kRouteProtocol) {
    entry.complain(
        "Route cannot be tracked if protocol is not RTPROT_KEEPALIVED({}), resetting protocol",
        kRouteProtocol);
    route.protocol = kRouteProtocol;
  }
  if (!route.track_group.empty() && route.device.empty()) {
    entry.complain("Static route cannot have track group if no oif specified");
    route.track_group.clear();
  }
  if (route.destination.address.empty()) route.destination.address = entry.any_address();
}

}  // namespace

Rows route_options(bool is_static) {
  Rows rows;
  add_address_options(rows);
  add_selection_options(rows);
  add_route_metric_rows(rows);
  add_other_options(rows, is_static);
  add_nexthop_rows(rows);
  add_family_rows(rows, "route");
  return rows;
}

std::optional<Route> read_route(const Rows& options, const Binding& line, VrrpDraft& section) {
  RouteReader entry(line, section);
  read_options(options, entry, take_type_or_destination);
  if (!entry.failed()) complete(entry);
  if (entry.failed()) return std::nullopt;
  return std::move(entry.route);
}

}  // namespace understudy::vrrp
