// What the packet filter is told, as text, and what kernels make of it.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/network_namespace.hpp"
#include "tests/support/temporary_directory.hpp"
#include "vrrp/filter_work.hpp"

using namespace understudy;
using namespace understudy::vrrp;

namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

/// eth0 is number 3, vrrp.7 number 9.
FilterFacts facts() {
  return {[](const std::string& name) { return name == "eth0"     ? 3U
                                               : name == "vrrp.7" ? 9U
                                                                  : 0U; },
          [](const std::string&) { return ip("fe80::1"); }};
}

VirtualAddress address(const char* text) {
  VirtualAddress result;
  result.address = ip(text);
  return result;
}

InstanceConfig instance(const std::string& name, const char* vip) {
  InstanceConfig config;
  config.name = name;
  config.interface = "eth0";
  config.family = ip(vip).family();
  config.addresses = {address(vip)};
  return config;
}

/// Two that refuse traffic, and one with a VMAC.
FilterPlan rich_plan() {
  FilterPlan plan;
  plan.addresses = {ip("10.0.0.1"), ip("2001:db8::1")};
  plan.link_local = {{ip("fe80::100"), "eth0", 3}};
  plan.vmacs = {{"vrrp.7", "eth0", 9, 3, ip("fe80::1"), true, true}};
  return plan;
}

}  // namespace

TEST_CASE("the filter is about addresses that are not accepted, and VMACs that are there") {
  VrrpConfig config;
  config.instances = {instance("A", "10.0.0.1"), instance("B", "10.0.0.2"),
                      instance("C", "fe80::100"), instance("D", "10.0.0.4"),
                      instance("E", "10.0.0.5")};
  CHECK(plan_filter(config, facts()).empty());
  config.instances[0].accept = false;
  config.instances[2].accept = false;
  config.instances[0].excluded = {address("2001:db8::1"), address("10.0.0.1")};
  // The owner's addresses are its own.
  config.instances[1].accept = false;
  config.instances[1].priority = kOwnerPriority;
  config.instances[3].vmac.edit().used = true;
  config.instances[3].vmac.edit().name = "vrrp.7";
  config.instances[3].excluded = {address("2001:db8::4")};
  config.instances[4].vmac.edit().used = true;
  config.instances[4].vmac.edit().name = "vrrp.8";
  CHECK(plan_filter(config, facts()) == rich_plan());
}

TEST_CASE("without anything to filter the tables of nftables only go") {
  const std::string gone =
      "add table ip t\ndelete table ip t\nadd table ip6 t\ndelete table ip6 t\n";
  CHECK(nftables_commands({"t"}, {}) == gone);
}

TEST_CASE("rules of iptables are those keepalived has") {
  const IptablesNames plain = iptables_names({"in", "out"}, std::vector<std::string>{});
  CHECK(iptables_rules(plain, rich_plan(), Family::ipv4) ==
        IptablesRules{"-A out -o vrrp.7 -p igmp -j DROP", "-A out -s 10.0.0.1/32 -j DROP",
                      "-A in -d 10.0.0.1/32 -j DROP"});
  const auto v6 = iptables_rules(plain, rich_plan(), Family::ipv6);
  CHECK(v6.size() == 15);
  CHECK(v6[2] == "-A out -s fe80::1/128 -o vrrp.7 -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j DROP");
  CHECK(v6[14] == "-A in -d fe80::100/128 -i eth0 -j DROP");
  CHECK(ipset_commands(plain, rich_plan()).empty());

  const IptablesNames only_in = iptables_names({"in"}, std::vector<std::string>{});
  CHECK(iptables_rules(only_in, rich_plan(), Family::ipv4) ==
        IptablesRules{"-A in -d 10.0.0.1/32 -j DROP"});

  const IptablesNames sets = iptables_names({"in", "out"}, std::nullopt);
  CHECK(iptables_rules(sets, rich_plan(), Family::ipv4) ==
        IptablesRules{"-A out -p igmp -m set --match-set keepalived_igmp dst,dst -j DROP",
                      "-A in -m set --match-set keepalived dst -j DROP",
                      "-A out -m set --match-set keepalived src -j DROP"});
  CHECK(ipset_commands(sets, rich_plan()).find("add keepalived_if6 fe80::100,eth0\n") !=
        std::string::npos);
}

TEST_CASE("of rules only those that differ are changed, and none of others") {
  const std::string existing =
      "# Generated\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 192.0.2.1/32 -j DROP\n"
      "-A INPUT -d 10.0.0.1/32 -j DROP\n-A INPUT -d 10.0.0.2/32 -j DROP\nCOMMIT\n";
  const std::string one = "-A INPUT -d 10.0.0.1/32 -j DROP";
  const std::string two = "-A INPUT -d 10.0.0.2/32 -j DROP";
  const std::string three = "-A INPUT -d 10.0.0.3/32 -j DROP";
  CHECK(iptables_changes(existing, {}, {one, two}).empty());
  CHECK(iptables_changes(existing, {one, two, three}, {two}) ==
        "*filter\n-D INPUT -d 10.0.0.1/32 -j DROP\nCOMMIT\n");
  CHECK(iptables_changes(existing, {}, {one, three}) == "*filter\n" + three + "\nCOMMIT\n");
}

TEST_CASE("nftables takes it, with every option, and gives it back") {
  NEEDS_NAMESPACES();
  if (std::system("nft --version >/dev/null 2>&1") != 0) {
    WARN("SKIPPED, needs nft");
    return;
  }
  const NamespacePair network;
  network.run('a', "ip link add vrrp.7 link eth0 type macvlan mode private");
  for (const bool by_index : {false, true}) {
    FilterWish wish;
    wish.nftables = {"mine", -5, by_index, by_index};
    wish.plan = rich_plan();
    const auto number = [&](const std::string& name) {
      return static_cast<std::uint32_t>(
          std::stoul(network.output('a', "cat /sys/class/net/" + name + "/ifindex")));
    };
    wish.plan.vmacs[0].index = number("vrrp.7");
    wish.plan.vmacs[0].base_index = wish.plan.link_local[0].index = number("eth0");
    FilterState state;
    network.inside('a', [&] {
      // Twice: what is there is replaced.
      for (int i = 0; i < 2; ++i) {
        const auto outcome = carry_out(wish, state);
        CHECK(outcome.errors.empty());
        state = outcome.state;
      }
    });
    CHECK(state.table == "mine");
    const std::string rules = network.output('a', "nft list ruleset");
    const auto has = [&](const std::string& text) { return rules.find(text) != std::string::npos; };
    CHECK(has("priority filter - 5"));
    CHECK(has("elements = { 10.0.0.1 }"));
    CHECK(has("\"vrrp.7\" : \"eth0\""));
    CHECK(has("dup to ip daddr device oif map @vmac_map"));
    CHECK(has(by_index ? "type ipv6_addr . iface_index" : "type ipv6_addr . ifname"));
    CHECK(has("fe80::100 . \"eth0\""));
    CHECK(has("counter packets") == by_index);
    wish.plan = {};
    network.inside('a', [&] { state = carry_out(wish, state).state; });
    CHECK(network.output('a', "nft list ruleset").empty());
  }
}

TEST_CASE("iptables with tables of its own takes it, with sets and without, once") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  if (network.run('a', "ip6tables-legacy -L -n >/dev/null 2>&1") != 0 ||
      network.run('a', "ipset list >/dev/null 2>&1") != 0) {
    WARN("SKIPPED, needs iptables-legacy and ipset");
    return;
  }
  const TemporaryDirectory programs;
  for (const std::string family : {"iptables", "ip6tables"}) {
    for (const std::string end : {"", "-save", "-restore"}) {
      std::filesystem::create_symlink("/usr/sbin/" + family + "-legacy" + end,
                                      programs.path(family + end));
    }
  }
  const std::string path = std::getenv("PATH");
  setenv("PATH", (programs.path("") + ":" + path).c_str(), 1);
  network.run('a', "ip link add vrrp.7 link eth0 type macvlan mode private");
  network.run('a', "iptables-legacy -A INPUT -s 192.0.2.1 -j DROP");
  const auto count = [&](const std::string& text) {
    const std::string all =
        network.output('a', "iptables-legacy-save") + network.output('a', "ip6tables-legacy-save");
    std::size_t found = 0;
    for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++found;
    return found;
  };
  for (const bool sets : {true, false}) {
    CAPTURE(sets);
    FilterWish wish;
    wish.iptables = iptables_names({"INPUT", "OUTPUT"},
                                   sets ? std::nullopt : std::optional(std::vector<std::string>{}));
    wish.plan = rich_plan();
    FilterState state;
    network.inside('a', [&] {
      // The second time as a successor, which does not know which rules are ours.
      for (int i = 0; i < 2; ++i) {
        auto outcome = carry_out(wish, FilterState{});
        CHECK(outcome.errors.empty());
        CHECK(outcome.lines.empty());
        state = std::move(outcome.state);
      }
    });
    CHECK(state.by_iptables());
    CHECK(count("-j DROP") == 3 + 7 + 1);
    CHECK(count("--match-set") == (sets ? 18 : 0));
    wish.plan.addresses.erase(wish.plan.addresses.begin());
    network.inside('a', [&] { state = carry_out(wish, std::move(state)).state; });
    CHECK(count("-j DROP") == 1 + 7 + 1);
    wish.plan = {};
    network.inside('a', [&] { state = carry_out(wish, std::move(state)).state; });
    CHECK_FALSE(state.by_iptables());
    CHECK(count("-j DROP") == 1);
    CHECK(network.output('a', "ipset list -n").empty());
  }
  setenv("PATH", path.c_str(), 1);
}
