// Routes and rules as messages, and what a kernel makes of them.
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>

#include "daemon/netlink/route.hpp"
#include "daemon/netlink/routing_monitor.hpp"
#include "daemon/netlink/rule.hpp"
#include "daemon/netlink/socket.hpp"
#include "tests/support/network_namespace.hpp"

using namespace understudy;
using namespace understudy::netlink;

namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

/// Everything a route of IPv4 can have.
netlink::Route rich_route() {
  netlink::Route route;
  route.destination = {ip("192.0.2.0"), 24};
  route.preferred_source = ip("10.9.0.1");
  route.table = 1000;
  route.protocol = 18;
  route.tos = 0x10;
  route.metric = 7;
  route.ttl_propagate = 1;
  route.numbers = {{RTAX_MTU, 1400}, {RTAX_RTT, 800}, {RTAX_QUICKACK, 1}};
  route.locks = 1U << RTAX_MTU;
  route.congestion_control = "reno";
  RouteHop first;
  first.gateway = ip("10.9.0.2");
  first.interface = InterfaceIndex(3);
  first.onlink = true;
  first.extra_weight = 4;
  first.realms = 0x20003;
  RouteHop second;
  second.gateway = ip("fe80::1");
  second.interface = InterfaceIndex(4);
  second.tunnel = MplsEncapsulation{{16, 1048575}};
  route.hops = {first, second};
  return route;
}

netlink::Rule rich_rule() {
  netlink::Rule rule;
  rule.family = Family::ipv4;
  rule.inverted = true;
  rule.from = {ip("192.0.2.0"), 24};
  rule.to = {ip("198.51.100.7"), 32};
  rule.input_interface = "eth0";
  rule.output_interface = "lo";
  rule.tos = 0x10;
  rule.mark = RuleMark{0x10, 0xff};
  rule.users = NumberRange<std::uint32_t>{1000, 2000};
  rule.ip_protocol = 6;
  rule.source_ports = NumberRange<std::uint16_t>{1024, 2048};
  rule.destination_ports = NumberRange<std::uint16_t>{80, 80};
  rule.tunnel_id = 0x123456789;
  rule.preference = 16384;
  rule.action = FR_ACT_TO_TBL;
  rule.table = 1000;
  rule.suppress_prefix_length = 8;
  rule.suppress_group = 3;
  rule.realms = 0x20003;
  rule.protocol = 18;
  return rule;
}

/// Routes of this protocol that the kernel has.
std::vector<netlink::Route> routes_of(Socket& socket, std::uint8_t protocol) {
  std::vector<netlink::Route> routes;
  const auto done = socket.dump(
      dump_routes(), [&] { routes.clear(); },
      [&](ByteView message) {
        const auto decoded = decode_route(message);
        if (decoded && decoded->route.protocol == protocol) routes.push_back(decoded->route);
      });
  REQUIRE(done.has_value());
  return routes;
}

std::vector<netlink::Rule> rules_of(Socket& socket, std::uint8_t protocol) {
  std::vector<netlink::Rule> rules;
  const auto done = socket.dump(
      dump_rules(), [&] { rules.clear(); },
      [&](ByteView message) {
        const auto decoded = decode_rule(message);
        if (decoded && decoded->rule.protocol == protocol) rules.push_back(decoded->rule);
      });
  REQUIRE(done.has_value());
  return rules;
}

/// The errno the kernel answers with; 0: done.
int ask(Socket& socket, const netlink::Message& request) {
  const auto outcome = socket.request(std::array{request});
  return outcome[0] ? outcome[0]->code : 0;
}

netlink::Route to(const char* network, std::uint8_t length, const char* gateway) {
  netlink::Route route;
  route.destination = {ip(network), length};
  route.protocol = 18;
  RouteHop hop;
  if (*gateway != '\0') hop.gateway = ip(gateway);
  hop.interface = InterfaceIndex(if_nametoindex("eth0"));
  route.hops = {hop};
  return route;
}

}  // namespace

TEST_CASE("a route survives the way into a message and back") {
  const auto decoded = decode_route(add_route(rich_route(), RoutePlacement::prepend));
  REQUIRE(decoded);
  CHECK(decoded->route == rich_route());
  CHECK_FALSE(decoded->removed);
  CHECK(decode_route(delete_route(rich_route()))->removed);

  netlink::Route v6;
  v6.destination = {ip("2001:db8:1::"), 48};
  v6.source = {ip("2001:db8:2::"), 56};
  v6.expires = 600;
  v6.preference = 1;
  RouteHop hop;
  hop.gateway = ip("fe80::2");
  hop.interface = InterfaceIndex(3);
  hop.tunnel = IpEncapsulation{Family::ipv6, 77, ip("2001:db8::9"), ip("2001:db8::8"), 3, 64, 1};
  v6.hops = {hop};
  CHECK(decode_route(add_route(v6, RoutePlacement::append))->route == v6);
  v6.hops[0].tunnel = IlaEncapsulation{0x0001000200030004};
  CHECK(decode_route(add_route(v6, RoutePlacement::append))->route == v6);

  netlink::Route nowhere;
  nowhere.type = RTN_BLACKHOLE;
  nowhere.destination = {ip("::"), 0};
  CHECK(decode_route(add_route(nowhere, RoutePlacement::exclusive))->route == nowhere);
}

TEST_CASE("a route's octets are those of the kernel's headers") {
  netlink::Route route;
  route.destination = {ip("192.0.2.0"), 24};
  route.protocol = 18;
  RouteHop hop;
  hop.gateway = ip("10.9.0.2");
  hop.interface = InterfaceIndex(3);
  hop.onlink = true;
  route.hops = {hop};
  const netlink::Message message = add_route(route, RoutePlacement::append);
  const Bytes expected{
      52, 0,  0,       0, RTM_NEWROUTE, 0,  0x01, 0x0c, 0, 0, 0,           0, 0,  0,
      0,  0,  // REQUEST, CREATE|APPEND
      2,  24, 0,       0, 254,          18, 0,    1,    4, 0, 0,           0,  // RTNH_F_ONLINK
      8,  0,  RTA_DST, 0, 192,          0,  2,    0,    8, 0, RTA_GATEWAY, 0, 10, 9,
      0,  2,  8,       0, RTA_OIF,      0,  3,    0,    0, 0};
  CHECK(message == expected);
}

TEST_CASE("a rule survives the way into a message and back") {
  const auto decoded = decode_rule(add_rule(rich_rule()));
  REQUIRE(decoded);
  CHECK(decoded->rule == rich_rule());
  CHECK(decode_rule(delete_rule(rich_rule()))->removed);

  netlink::Rule jump;
  jump.family = Family::ipv6;
  jump.preference = 5;
  jump.action = FR_ACT_GOTO;
  jump.goto_target = 900;
  CHECK(decode_rule(add_rule(jump))->rule == jump);
  netlink::Rule vrf;
  vrf.preference = 6;
  vrf.action = FR_ACT_TO_TBL;
  vrf.l3mdev = true;
  CHECK(decode_rule(add_rule(vrf))->rule == vrf);
}

TEST_CASE("messages about routes and rules that are cut anywhere are read within their end") {
  const Bytes route = add_route(rich_route(), RoutePlacement::prepend);
  const Bytes rule = add_rule(rich_rule());
  for (std::size_t size = 0; size < route.size(); ++size) {
    const auto decoded = decode_route(ByteView(route).first(size));
    if (decoded) CHECK(decoded->route.hops.size() <= 2);
    CHECK_FALSE(decode_rule(ByteView(route).first(size)));
  }
  for (std::size_t size = 0; size < rule.size(); ++size) {
    const auto decoded = decode_rule(ByteView(rule).first(size));
    if (decoded) CHECK(decoded->rule.preference <= 16384);
    CHECK_FALSE(decode_route(ByteView(rule).first(size)));
  }
}

TEST_CASE("the kernel takes our routes, tells them as we mean them, and takes only those away") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  network.inside('a', [&] {
    auto socket = std::move(*Socket::open());
    auto rich = rich_route();
    const InterfaceIndex eth0(if_nametoindex("eth0"));
    rich.hops[0].interface = eth0;
    rich.hops[1] = rich.hops[0];
    rich.hops[1].gateway = ip("10.9.0.3");
    rich.ttl_propagate.reset();
    // Where the kernel has no classes, realms are ignored.
    for (auto& hop : rich.hops) hop.realms = 0;
    std::vector<netlink::Route> wanted{rich, to("198.51.100.0", 24, "10.9.0.2"),
                                       to("203.0.113.0", 24, ""),
                                       to("2001:db8:7::", 48, "fe80::99")};
    netlink::Route nowhere;
    nowhere.type = RTN_BLACKHOLE;
    nowhere.protocol = 18;
    nowhere.destination = {ip("198.18.0.0"), 15};
    wanted.push_back(nowhere);
    nowhere.destination = {ip("2001:db8:8::"), 48};
    wanted.push_back(nowhere);
    for (const auto& route : wanted) {
      CAPTURE(route.destination.to_string());
      CHECK(ask(socket, add_route(route, RoutePlacement::prepend)) == 0);
      CHECK(ask(socket, add_route(route, RoutePlacement::prepend)) == EEXIST);
    }
    // Another's, in the same place as one of ours.
    network.run('a', "ip route append 198.51.100.0/24 via 10.9.0.7");
    const auto actual = routes_of(socket, 18);
    CHECK(actual.size() == wanted.size());
    for (const auto& route : wanted) {
      CAPTURE(route.destination.to_string());
      CHECK(std::ranges::count_if(actual,
                                  [&](const auto& one) { return same_route(one, route); }) == 1);
    }
    CHECK(network.output('a', "ip -j route show table 1000").find("\"mtu\":1400") !=
          std::string::npos);
    CHECK(network.output('a', "ip route show table 1000").find("proto keepalived") !=
          std::string::npos);
    for (const auto& route : wanted) {
      CAPTURE(route.destination.to_string());
      CHECK(ask(socket, delete_route(route)) == 0);
      CHECK(ask(socket, delete_route(route)) == ESRCH);
    }
    CHECK(network.output('a', "ip route").find("198.51.100.0/24 via 10.9.0.7") !=
          std::string::npos);
  });
}

TEST_CASE("the kernel takes our rules, tells them as we mean them, and takes only those away") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  network.inside('a', [&] {
    auto socket = std::move(*Socket::open());
    auto rich = rich_rule();
    rich.realms = 0;
    netlink::Rule v6;
    v6.family = Family::ipv6;
    v6.to = {ip("2001:db8::"), 32};
    v6.preference = 99;
    v6.action = FR_ACT_BLACKHOLE;
    v6.protocol = 18;
    netlink::Rule jump;
    jump.preference = 98;
    jump.action = FR_ACT_GOTO;
    jump.goto_target = 32766;
    jump.protocol = 18;
    const std::vector<netlink::Rule> wanted{rich, v6, jump};
    network.run('a', "ip rule add to 198.51.100.7 pref 16384 table 1000");
    for (const auto& rule : wanted) {
      CAPTURE(rule.preference);
      CHECK(ask(socket, add_rule(rule)) == 0);
      CHECK(ask(socket, add_rule(rule)) == EEXIST);
    }
    const auto actual = rules_of(socket, 18);
    CHECK(actual.size() == wanted.size());
    for (const auto& rule : wanted) {
      CAPTURE(rule.preference);
      CHECK(std::ranges::count(actual, rule) == 1);
    }
    CHECK(network.output('a', "ip -j rule show pref 98").find("\"goto\":32766") !=
          std::string::npos);
    for (const auto& rule : wanted) {
      CHECK(ask(socket, delete_rule(rule)) == 0);
      CHECK(ask(socket, delete_rule(rule)) == ENOENT);
    }
    CHECK(network.output('a', "ip rule").find("to 198.51.100.7 lookup 1000") != std::string::npos);
  });
}

TEST_CASE("deletions of our protocol are heard through any number of others") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  Loop loop;
  std::vector<netlink::Route> routes;
  std::vector<std::uint32_t> rules;
  unsigned overruns = 0;
  std::unique_ptr<RoutingMonitor> monitor;
  network.inside('a', [&] {
    const RoutingMonitor::Interest interest{{RTNLGRP_IPV4_ROUTE + 0, RTNLGRP_IPV4_RULE + 0},
                                            {17, 18}};
    monitor = std::move(*RoutingMonitor::start(
        loop, interest,
        {[&](const RouteMessage& message) { routes.push_back(message.route); },
         [&](const RuleMessage& message) { rules.push_back(message.rule.preference); },
         [&] { ++overruns; }}));
  });
  // As a router does that learns and forgets a table of BGP; more than any socket holds.
  network.run('a',
              "sh -c 'for w in add del; do for i in $(seq 1 60); do for j in $(seq 1 200); do "
              "echo route $w 10.$i.$j.0/24 via 10.9.0.2 proto bgp; done; done; done | ip -batch -; "
              "ip route add 192.0.2.0/24 via 10.9.0.2 proto 18; ip route del 192.0.2.0/24; "
              "ip rule add pref 77 table 5; ip rule del pref 77'");
  const auto end = Clock::now() + std::chrono::seconds(2);
  while (rules.empty() && Clock::now() < end) loop.run_once(std::chrono::milliseconds(10));
  CHECK(overruns == 0);
  REQUIRE(routes.size() == 1);
  CHECK(routes[0].destination.to_string() == "192.0.2.0/24");
  CHECK(rules == std::vector<std::uint32_t>{77});
}

TEST_CASE("a monitor of deletions says when it has missed some") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  Loop loop;
  unsigned overruns = 0;
  std::unique_ptr<RoutingMonitor> monitor;
  network.inside('a', [&] {
    monitor = std::move(*RoutingMonitor::start(
        loop, {{RTNLGRP_IPV4_ROUTE + 0}, {18}},
        {[](const RouteMessage&) {}, [](const RuleMessage&) {}, [&] { ++overruns; }}));
  });
  network.run('a',
              "sh -c 'for w in add del; do for i in $(seq 1 30); do for j in $(seq 1 200); do "
              "echo route $w 10.$i.$j.0/24 via 10.9.0.2 proto 18; done; done; done | ip -batch -'");
  const auto end = Clock::now() + std::chrono::seconds(2);
  while (overruns == 0 && Clock::now() < end) loop.run_once(std::chrono::milliseconds(10));
  CHECK(overruns == 1);
}
