// Lints: each with a configuration it speaks of and one it has nothing to say about.
#include <algorithm>
#include <catch2/catch.hpp>

#include "daemon/config_rows.hpp"
#include "daemon/understudy/lint.hpp"
#include "parser/grammar.hpp"
#include "parser/source.hpp"
#include "tests/support/config_file.hpp"

using namespace understudy;
using namespace understudy::tool;

namespace {

InterfaceAddresses here() {
  const auto prefix = [](const char* address, std::uint8_t length) {
    return Prefix{*IpAddress::parse(address), length};
  };
  return {{"eth0", {prefix("10.0.0.5", 24), prefix("fe80::1", 64)}}, {"lo", {}}};
}

/// Every finding as "LINT LINE: MESSAGE"; line 0 for one without a place.
std::vector<std::string> found(const std::string& text, const std::string& peer = {},
                               InterfaceAddresses interfaces = here()) {
  const Loaded ours = test::load_text(text);
  const Loaded theirs = test::load_text(peer);
  const auto lines = parser::ExpandedText::from_string(text, "F");
  parser::Diagnostics ignored(lines);
  const auto rows = config_rows();
  const auto tree = parser::build_tree(lines, parser::block_names(rows), ignored);
  const Places places(tree);
  std::vector<std::string> all;
  for (const Finding& finding : run_lints(
           {ours.config, places, peer.empty() ? nullptr : &theirs.config, std::move(interfaces)})) {
    all.push_back(fmt::format("{} {}: {}", finding.lint,
                              finding.at.known() ? finding.at.line + 1 : 0, finding.message));
  }
  return all;
}

using Lines = std::vector<std::string>;

/// An instance on eth0 with VRID 51, and what else it says.
std::string instance(const std::string& more, const std::string& name = "VI_1",
                     const std::string& vip = "10.0.0.100") {
  return fmt::format(
      "vrrp_instance {} {{\ninterface eth0\nvirtual_router_id 51\n{}\n"
      "virtual_ipaddress {{\n{}\n}}\n}}\n",
      name, more, vip);
}

std::string server(const std::string& service, const std::string& more) {
  return fmt::format(
      "virtual_server 10.0.0.100 80 {{\nprotocol TCP\nlvs_sched rr\nlvs_method DR\ndelay_loop "
      "6\n{}\n"
      "real_server 10.0.0.11 80 {{\n{}\n}}\n}}\n",
      service, more);
}

const std::string kScripts =
    "global_defs {\nenable_script_security\nscript_user root\n}\n"
    "vrrp_script check {\nscript \"/bin/true\"\nweight 4\n}\n";

}  // namespace

TEST_CASE("an ordinary pair has no lints") {
  CHECK(found(instance("priority 101") + server("", "weight 1\nTCP_CHECK {\nconnect_timeout 3\n}"),
              instance("priority 100")) == Lines{});
}

TEST_CASE("every lint has a name of its own and a line about it") {
  std::set<std::string_view> names;
  for (const Lint& lint : lints()) {
    CHECK(names.insert(lint.name).second);
    CHECK_FALSE(lint.doc.empty());
  }
}

TEST_CASE("vip-subnet: a virtual address in no network of its interface") {
  CHECK(found(instance("", "VI_1", "10.0.1.100/24")) ==
        Lines{"vip-subnet 6: (VI_1) 10.0.1.100 is in no network of eth0"});
  CHECK(found(instance("", "VI_1", "10.0.1.100 dev lo")) == Lines{});
  CHECK(found(instance("", "VI_1", "10.0.1.100"), "", {}) == Lines{});
  // The address itself, on a router that is master, proves nothing.
  CHECK(found(instance("", "VI_1", "10.0.1.100"), "",
              {{"eth0", {Prefix{*IpAddress::parse("10.0.1.100"), 24}}}})
            .size() == 1);
}

TEST_CASE("duplicate-vip: an address two instances have") {
  const std::string second =
      "vrrp_instance VI_2 {\ninterface eth0\nvirtual_router_id 52\n"
      "virtual_ipaddress_excluded {\n10.0.0.100/24\n}\nvirtual_ipaddress {\n10.0.0.101\n}\n}\n";
  CHECK(found(instance("") + second) ==
        Lines{"duplicate-vip 13: (VI_2) 10.0.0.100 is also an address of VI_1"});
}

TEST_CASE("hidden-vip: strict mode lets nothing in") {
  CHECK(found(instance("strict_mode on")) ==
        Lines{"hidden-vip 4: (VI_1) strict mode: its addresses answer neither ping nor "
              "connections"});
  CHECK(found(instance("version 3\nstrict_mode on\naccept")) == Lines{});
  CHECK(found(instance("")) == Lines{});
}

TEST_CASE("master-nopreempt: the one undoes the other") {
  CHECK(found(instance("state MASTER\npriority 200\nnopreempt")) ==
        Lines{"master-nopreempt 6: (VI_1) nopreempt does nothing with state MASTER"});
  CHECK(found(instance("state BACKUP\npriority 200\nnopreempt")) == Lines{});
}

TEST_CASE("idle-weight: a weight that never reaches the peer's priority") {
  const auto tracking = [](unsigned priority, const std::string& weight) {
    return kScripts +
           instance(fmt::format("priority {}\ntrack_script {{\ncheck{}\n}}", priority, weight));
  };
  CHECK(found(tracking(110, ""), instance("priority 100")) ==
        Lines{"idle-weight 14: (VI_1) weight 4 of 'check' never changes who is master: priority "
              "110"});
  CHECK(found(tracking(98, ""), instance("priority 100")) == Lines{});
  CHECK(found(tracking(110, " weight -20"), instance("priority 100")) == Lines{});
  CHECK(found(tracking(110, " weight -9"), instance("priority 100")).size() == 1);
  // Without a peer all is possible, but never above 254.
  CHECK(found(tracking(110, "")) == Lines{});
  CHECK(found(tracking(254, "")) ==
        Lines{"idle-weight 14: (VI_1) weight 4 of 'check' never changes who is master: priority "
              "254"});
  // Together with another weight it reaches the peer.
  const std::string both = kScripts + instance(
                                          "priority 110\ntrack_script {\ncheck weight -6\n}\n"
                                          "track_interface {\neth1 weight -6\n}");
  CHECK(found(both, instance("priority 100")) == Lines{});
  // The peer's own weights bring it into reach.
  CHECK(found(tracking(110, ""),
              kScripts + instance("priority 100\ntrack_script {\ncheck weight 12\n}")) == Lines{});
}

TEST_CASE("zero-track-weight: a weight of 0 that is written down") {
  CHECK(found(kScripts + instance("track_script {\ncheck weight 0\n}")) ==
        Lines{"zero-track-weight 13: (VI_1) weight 0: a failure of 'check' means FAULT"});
}

TEST_CASE("plain-unicast: a password for all to read") {
  const std::string password = "authentication {\nauth_type PASS\nauth_pass secret\n}\n";
  CHECK(found(instance(password + "unicast_peer {\n10.0.0.6\n}")) ==
        Lines{"plain-unicast 5: (VI_1) the password travels in plain text beyond the link"});
  CHECK(found(instance(password)) == Lines{});
}

TEST_CASE("empty-peers: a list without a peer") {
  CHECK(found(instance("unicast_peer {\n}")) ==
        Lines{"empty-peers 4: (VI_1) there is no unicast peer: adverts go to the multicast group"});
  CHECK(found(instance("unicast_fault_no_peer\nunicast_peer {\n}")) ==
        Lines{"empty-peers 5: (VI_1) there is no unicast peer: the instance stays in FAULT"});
  CHECK(found(instance("unicast_peer {\n10.0.0.6\n}")) == Lines{});
}

TEST_CASE("long-script and long-check: a timeout longer than the interval") {
  const std::string script =
      "global_defs {\nenable_script_security\nscript_user root\n}\n"
      "vrrp_script check {\nscript \"/bin/true\"\ninterval 2\ntimeout 3\n}\n";
  CHECK(found(script + instance("track_script {\ncheck\n}")) ==
        Lines{"long-script 8: (check) timeout 3 is longer than interval 2"});
  CHECK(found(server("", "TCP_CHECK {\nconnect_timeout 7\n}")) ==
        Lines{"long-check 7: connect_timeout 7 of a check of [10.0.0.11]:80 is longer than "
              "delay_loop 6"});
}

TEST_CASE("zero-weight: a server nobody is sent to") {
  CHECK(found(server("", "weight 0")) ==
        Lines{"zero-weight 8: [10.0.0.11]:80 has weight 0: it gets no new connection"});
}

TEST_CASE("idle-granularity: a granularity of nothing") {
  CHECK(found(server("persistence_granularity 255.255.255.0", "")) ==
        Lines{"idle-granularity 6: persistence_granularity does nothing without persistence"});
  CHECK(found(server("persistence_granularity 255.255.255.0\npersistence_timeout 60", "")) ==
        Lines{});
}

TEST_CASE("equal-priority and peer-differs: two routers that should be one") {
  const std::string ours = instance("priority 101\nadvert_int 1");
  CHECK(found(ours, instance("priority 101")) ==
        Lines{"equal-priority 4: (VI_1) priority 101, at the peer too"});
  CHECK(found(ours, instance("advert_int 2")) ==
        Lines{"peer-differs 5: (VI_1) advert_int 1, at the peer 2"});
  CHECK(found(ours, instance("version 3")) ==
        Lines{"peer-differs 1: (VI_1) VRRP version 2, at the peer 3"});
  CHECK(found(ours, instance("authentication {\nauth_type PASS\nauth_pass a\n}")) ==
        Lines{"peer-differs 1: (VI_1) no authentication, at the peer auth_type PASS"});
  CHECK(found(ours, instance("", "VI_1", "10.0.0.99")) ==
        Lines{"peer-differs 6: (VI_1) addresses only here: 10.0.0.100; only at the peer: "
              "10.0.0.99"});
  std::string other_id = instance("");
  other_id.replace(other_id.find("51"), 2, "52");
  CHECK(found(ours, other_id) ==
        Lines{"peer-differs 3: (VI_1) virtual_router_id 51, at the peer 52"});
  // Another name of the same virtual router is no matter; nothing alike is.
  CHECK(found(ours, instance("", "other")) == Lines{});
  other_id.replace(other_id.find("VI_1"), 4, "VI_9");
  CHECK(found(ours, other_id) ==
        Lines{"peer-differs 1: (VI_1) the peer has no instance of this name, nor one with "
              "virtual_router_id 51"});
}
