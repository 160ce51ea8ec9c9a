// Routes, rules and addresses as typed values: where they come from and that they can be written
// back.
#include <linux/icmpv6.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>

#include "tests/support/routing_lines.hpp"
#include "tests/support/temporary_directory.hpp"
#include "vrrp/effective_routing.hpp"

using namespace understudy;
using namespace understudy::test;
using namespace understudy::vrrp;

namespace {

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

std::string instance(const std::string& blocks, const std::string& name = "A", int vrid = 5) {
  return "vrrp_instance " + name + " {\n interface eth0\n virtual_router_id " +
         std::to_string(vrid) + "\n virtual_ipaddress {\n  10.0.0.1/24\n }\n" + blocks + "}\n";
}

std::string block(const std::string& name, const Lines& lines) {
  std::string text = name + " {\n";
  for (const auto& line : lines) text += " " + line + "\n";
  return text + "}\n";
}

const InstanceConfig& first_instance(const Loaded& loaded) {
  REQUIRE_FALSE(loaded.config.vrrp.instances.empty());
  return loaded.config.vrrp.instances[0];
}

/// Chooses, the same for the same seed.
class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(engine_);
  }
  const std::string& of(const Lines& choices) { return choices[below(choices.size())]; }
  /// Some of the choices, each at most once, in any order.
  Lines some(Lines choices, std::size_t most) {
    std::ranges::shuffle(choices, engine_);
    choices.resize(below(std::min(most, choices.size()) + 1));
    return choices;
  }

 private:
  std::mt19937 engine_;
};

std::string spaced(const Lines& words) {
  std::string line;
  for (const auto& word : words) line += word + " ";
  return line;
}

const Lines kRouteOptions{"dev eth0",      "onlink",       "tos 12",       "table 300",
                          "table main",    "no_track",     "scope link",   "metric 7",
                          "mtu lock 1400", "hoplimit 3",   "advmss 9",     "rtt lock 1s",
                          "rttvar 300ms",  "reordering 2", "window 3",     "cwnd lock 4",
                          "ssthresh 5",    "rto_min 250",  "initcwnd 6",   "initrwnd 7",
                          "features ecn",  "quickack 0",   "congctl reno", "ttl-propagate disabled",
                          "append",        "add",          "prepend",      "fastopen_no_cookie 1"};
/// They go last: some of their words are also options of a route.
const Lines kEncapsulations{"", "encap mpls 5/6 ", "encap ila a:b:c:d ", "encap ip id 3 tos 4 ",
                            "encap ip6 dst ::5 hoplimit 9 "};

std::string random_route(Dice& dice) {
  const bool v6 = dice.below(2) == 1;
  Lines options = kRouteOptions;
  const Lines family = v6 ? Lines{"from ::/0", "src ::1", "via fe80::1", "expires 9", "pref high"}
                          : Lines{"src 10.0.0.1", "via 10.0.0.2", "realms 3/4", "realms 5"};
  options.insert(options.end(), family.begin(), family.end());
  Lines words = dice.some(options, 8);
  const Lines types{"", "to ", "unicast ", "blackhole ", "throw ", "11 "};
  const std::string destination = v6 ? "2001:db8::/32" : "10.0.0.0/8";
  words.insert(words.begin() + static_cast<std::ptrdiff_t>(dice.below(words.size() + 1)),
               dice.of(types) + destination);
  std::string line = spaced(words) + dice.of(kEncapsulations);
  for (std::size_t i = dice.below(4); i > 0; --i) {
    line += "nexthop " + spaced(dice.some({"via " + std::string(v6 ? "fe80::2" : "10.0.0.3"),
                                           "dev eth1", "weight 256", "onlink", "encap mpls 9"},
                                          4));
  }
  return line;
}

const Lines kRuleOptions{"not",        "tos 3",     "fwmark 5/0xff", "fwmark 6",
                         "iif eth0",   "oif eth1",  "tunnel-id 9",   "uidrange 3-4",
                         "ipproto 17", "sport 1-2", "dport 3",       "no_track"};

std::string random_rule(Dice& dice) {
  Lines words = dice.some(kRuleOptions, 6);
  const bool v6 = dice.below(2) == 1;
  if (dice.below(2) == 1) words.push_back(v6 ? "from ::/3" : "from 10.0.0.0/9");
  if (dice.below(2) == 1) words.push_back(v6 ? "to ::1" : "to default");
  words.push_back(dice.of({"table 5", "lookup 254", "l3mdev", "goto 70000", "nop", "blackhole",
                           "unreachable", "type prohibit", "table 7 sup_pl 3 suppress_ifgroup 2"}));
  words.push_back("preference " + std::to_string(dice.below(65536)));
  words.push_back(v6 ? "inet6" : "inet");
  return spaced(words);
}

std::string random_address(Dice& dice) {
  const bool v6 = dice.below(2) == 1;
  const Lines both{
      "dev eth1", "home",     "-nodad",          "mngtmpaddr",           "noprefixroute",
      "autojoin", "no_track", "preferred_lft 5", "preferred_lft forever"};
  const Lines v4{"scope host", "label eth0:x", "brd +", "brd 10.0.0.9"};
  Lines words = dice.some(both, 5);
  if (!v6) std::ranges::copy(dice.some(v4, 3), std::back_inserter(words));
  return dice.of(v6 ? Lines{"2001:db8::1", "fe80::1/64"} : Lines{"10.0.0.7/24", "10.0.0.8/30"}) +
         " " + spaced(words);
}

/// What the static blocks of a configuration say, as text again.
std::string written_back(const Loaded& loaded) {
  parser::Statements statements;
  append_static(statements, loaded.config.vrrp);
  return parser::print_statements(statements);
}

}  // namespace

TEST_CASE("a route is values ready for the kernel") {
  const auto loaded = load_block(
      "static_routes",
      "2001:db8::/32 from 2001:db9::/48 via fe80::1 dev eth0 table 300 pref high mtu lock 1400 "
      "features ecn encap mpls 16/17");
  REQUIRE(loaded.config.vrrp.static_routes.size() == 1);
  Route expected;
  expected.destination = {ip("2001:db8::"), 32};
  expected.source = {ip("2001:db9::"), 48};
  expected.gateway = ip("fe80::1");
  expected.device = "eth0";
  expected.table = 300;
  expected.preference = ICMPV6_ROUTER_PREF_HIGH;
  expected.metrics = {{RTAX_MTU, 1400, true}, {RTAX_FEATURES, RTAX_FEATURE_ECN, false}};
  expected.encapsulation = MplsEncapsulation{{16, 17}};
  CHECK(loaded.config.vrrp.static_routes[0] == expected);
}

TEST_CASE("a rule is values ready for the kernel") {
  const auto loaded =
      load_block("static_rules", "not to 10.0.0.0/8 fwmark 1/2 sport 5-6 table 9 preference 7");
  REQUIRE(loaded.config.vrrp.static_rules.size() == 1);
  Rule expected;
  expected.inverted = true;
  expected.to = {ip("10.0.0.0"), 8};
  expected.mark = FirewallMark{1, 2};
  expected.source_ports = NumberRange<std::uint16_t>{5, 6};
  expected.action = FR_ACT_TO_TBL;
  expected.table = 9;
  expected.preference = 7;
  CHECK(loaded.config.vrrp.static_rules[0] == expected);
}

TEST_CASE("an instance has its own addresses, routes and rules") {
  const auto loaded = load_text(instance(
      block("virtual_ipaddress_excluded", {"2001:db8::1/64 no_track", "10.0.0.1 dev eth1"}) +
      block("virtual_routes", {"10.1.0.0/16 via 10.0.0.9", "default dev eth0"}) +
      block("virtual_rules", {"from 10.0.0.1 table 5 preference 6"})));
  CHECK(messages(loaded).empty());
  const auto& own = first_instance(loaded);
  REQUIRE(own.excluded.size() == 2);
  CHECK(own.excluded[0].no_track);
  CHECK(own.excluded[1].device == "eth1");
  REQUIRE(own.routes.size() == 2);
  CHECK(short_text(own.routes[0]) == "10.1.0.0/16 via 10.0.0.9");
  REQUIRE(own.rules.size() == 1);
  CHECK(short_text(own.rules[0]) == "from 10.0.0.1/32 table 5 preference 6");
}

TEST_CASE("a hint says what would be right") {
  const auto hint = [](const std::string& name, const std::string& line) {
    const auto loaded = load_text(block(name, {line}));
    REQUIRE_FALSE(loaded.diagnostics.empty());
    std::string last;
    for (const auto& diagnostic : loaded.diagnostics) {
      if (diagnostic.severity != parser::Severity::note) last = diagnostic.hint;
    }
    return last;
  };
  CHECK(hint("static_routes", "10.0.0.0/8 tabel 5") == "did you mean 'table'?");
  CHECK(hint("static_rules", "blackhol preference 5") == "did you mean 'blackhole'?");
  CHECK(hint("static_routes", "10.0.0.0/8 via") == "expected: via [inet|inet6] IP");
  CHECK(hint("static_rules", "nop") == "add 'preference 16384'");
}

TEST_CASE("only static entries have a track_group, and it comes first") {
  const auto own =
      load_text(kGroupAndInstance + instance(block("virtual_routes", {"10.0.0.0/8 dev eth0 "
                                                                      "track_group G"}),
                                             "B", 6));
  CHECK(complaints(own) == Lines{"VRRP parsed invalid IP track_group. skipping IP...",
                                 "unknown route keyword track_group"});
  const auto early =
      load_text(block("static_routes", {"10.0.0.0/8 dev eth0 track_group G"}) + kGroupAndInstance);
  CHECK(complaints(early) == Lines{"track_group G not found"});
}

TEST_CASE("an address is there once") {
  const auto loaded =
      load_text(instance(block("virtual_ipaddress", {"10.0.0.1/8", "10.0.0.2 dev eth1", "::1"}) +
                         block("virtual_ipaddress_excluded", {"10.0.0.1", "10.0.0.1 dev eth1",
                                                              "10.0.0.1/16 dev eth1", "10.0.0.2"}) +
                         block("virtual_ipaddress", {"10.0.0.3 dev eth0", "10.0.0.3"})));
  CHECK(complaints(loaded) == Lines{"(A): VIP duplicates a VIP 10.0.0.1/8 - ignoring",
                                    "(A): address family must match VRRP instance [::1] - ignoring",
                                    "(A): Excluded VIP duplicates a VIP 10.0.0.1 - ignoring",
                                    "(A): Excluded VIP duplicates an excluded VIP 10.0.0.1/16 - "
                                    "ignoring",
                                    "(A): VIP duplicates a VIP 10.0.0.3 - ignoring"});
  CHECK(first_instance(loaded).addresses.size() == 3);
  CHECK(first_instance(loaded).excluded.size() == 2);
}

TEST_CASE("a static address needs a device, or the default one") {
  LoadOptions options = load_options();
  options.interfaces->erase("eth0");
  const auto without = load_text(block("static_ipaddress", {"10.0.0.1/24"}), options);
  CHECK(without.test_status == 4);
  REQUIRE_FALSE(complaints(without).empty());
  CHECK(complaints(without)[0] ==
        "Static address 10.0.0.1/24 requires either an interface or default interface must exist");
  CHECK(load_text(block("static_ipaddress", {"10.0.0.1/24 dev lo"}), options).test_status == 0);
  const auto other = load_text("global_defs {\n default_interface eth1\n}\n" +
                               block("static_ipaddress", {"10.0.0.1/24"}));
  REQUIRE(other.config.vrrp.static_addresses.size() == 1);
  CHECK(other.config.vrrp.static_addresses[0].address.device == "eth1");
}

TEST_CASE("rules without preference count down, each family by itself") {
  const auto loaded =
      load_text(block("static_rules", {"from 10.0.0.1 table 1", "to ::1 table 1", "nop"}) +
                instance(block("virtual_rules", {"from 10.0.0.2 table 1"})) +
                block("static_rules", {"to ::2 table 1"}));
  CHECK(loaded.test_status == 5);
  std::vector<std::uint32_t> preferences;
  for (const auto& rule : loaded.config.vrrp.static_rules) preferences.push_back(rule.preference);
  CHECK(preferences == std::vector<std::uint32_t>{16384, 16384, 16383, 16383});
  REQUIRE(first_instance(loaded).rules.size() == 1);
  CHECK(first_instance(loaded).rules[0].preference == 16382);
}

TEST_CASE("names come from iproute2's files, those in etc before those in usr") {
  const TemporaryDirectory etc;
  const TemporaryDirectory usr;
  usr.write("rt_tables", "100 hidden\n");
  etc.write("rt_tables", "# tables\n\n 254 primary # renamed\n0xc8\tblue\n-1 bad\n7 two words\n");
  usr.write("rt_tables.d/a.conf", "301 shared\n");
  usr.write("rt_tables.d/b.conf", "302 replaced\n");
  etc.write("rt_tables.d/b.conf", "303 own\n");
  etc.write("rt_tables.d/c.txt", "304 text\n");
  usr.write("rt_protos", "99 mine\n256 large\n");
  etc.write("rt_realms", "4 here\n5 there\n");
  etc.write("rt_dsfield", "0x28 AF11\n");
  etc.write("group", "9 uplinks\n");
  const std::string dirs = "global_defs {\n iproute_usr_dir " + usr.path("") +
                           "\n iproute_etc_dir " + etc.path("") + "\n}\n";
  const auto tables = load_text(
      dirs +
      block("static_routes",
            {"10.0.0.0/8 table blue", "10.0.0.0/8 table primary", "10.0.0.0/8 table shared",
             "10.0.0.0/8 table own", "10.0.0.0/8 table local", "10.0.0.0/8 protocol mine no_track",
             "10.0.0.0/8 realms here/there tos AF11"}) +
      block("static_rules", {"table blue preference 1 sup_group uplinks"}));
  CHECK(complaints(tables).empty());
  Lines routes;
  for (const auto& route : tables.config.vrrp.static_routes) routes.push_back(short_text(route));
  CHECK(routes == Lines{"10.0.0.0/8 table 200", "10.0.0.0/8", "10.0.0.0/8 table 301",
                        "10.0.0.0/8 table 303", "10.0.0.0/8 table 255",
                        "10.0.0.0/8 protocol 99 no_track", "10.0.0.0/8 tos 40 realms 4/5"});
  for (const std::string name : {"main", "hidden", "bad", "two", "replaced", "text", "Blue"}) {
    CAPTURE(name);
    const auto loaded = load_text(dirs + block("static_routes", {"10.0.0.0/8 table " + name}));
    CHECK(complaints(loaded) == Lines{"Routing table " + name + " not found for route"});
  }
  CHECK(load_text(dirs + block("static_routes", {"10.0.0.0/8 protocol large"})).test_status == 5);
}

TEST_CASE("what is understood can be written back and read again") {
  for (unsigned seed = 0; seed < 15; ++seed) {
    Dice dice(seed);
    Lines routes;
    Lines rules;
    Lines addresses;
    for (int i = 0; i < 30; ++i) {
      routes.push_back(random_route(dice));
      rules.push_back(random_rule(dice));
      addresses.push_back(random_address(dice));
    }
    const std::string text = block("static_ipaddress", addresses) + block("static_routes", routes) +
                             block("static_rules", rules);
    CAPTURE(seed, text);
    const auto loaded = load_text(text);
    REQUIRE(messages(loaded) == Lines{});
    CHECK(loaded.config.vrrp.static_routes.size() == routes.size());
    CHECK(loaded.config.vrrp.static_rules.size() == rules.size());
    CHECK(loaded.config.vrrp.static_addresses.size() == addresses.size());
    const auto again = load_text(written_back(loaded));
    CHECK(messages(again) == Lines{});
    CHECK(again.config.vrrp == loaded.config.vrrp);
  }
}

TEST_CASE("no heap of words is too much, and what is kept of it can be read again") {
  const Lines words{
      "10.0.0.0/8", "default",     "::1",        "inet6",  "via",      "dev",
      "eth0",       "nexthop",     "encap",      "ip",     "mpls",     "5",
      "table",      "lock",        "mtu",        "rtt",    "1s",       "or",
      "gw",         "from",        "to",         "weight", "\"\"",     "goto",
      "nop",        "type",        "blackhole",  "realms", "1/2",      "fwmark",
      "0x",         "track_group", "preference", "as",     "no_track", "peer",
      "brd",        "+",           "label",      "scope",  "-1",       "99999999999999999999"};
  for (unsigned seed = 0; seed < 120; ++seed) {
    Dice dice(seed);
    const auto heap = spaced(dice.some(words, 7));
    for (const char* name : {"static_routes", "static_rules", "static_ipaddress"}) {
      CAPTURE(seed, name, heap);
      const auto loaded = load_text(block(name, {heap}));
      CHECK((loaded.test_status == 0 || loaded.test_status == 2 || loaded.test_status == 5));
      const auto again = load_text(written_back(loaded));
      CHECK(again.test_status == 0);
      CHECK(again.config.vrrp == loaded.config.vrrp);
    }
  }
}
