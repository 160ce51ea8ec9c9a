// Reloads and the firewall of the vrrp process, in namespaces of its own.
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/support/sniffer.hpp"
#include "tests/support/vrrp_site.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using vrrp::InstanceConfig;

namespace {

/// VI_2 with 10.9.0.200.
InstanceConfig second_instance() {
  InstanceConfig config = fast_instance(100);
  config.name = "VI_2";
  config.vrid = VirtualRouterId(52);
  config.addresses[0].address = *IpAddress::parse("10.9.0.200");
  return config;
}

std::string master(const std::string& name) { return "INSTANCE \"" + name + "\" MASTER 100"; }

/// The last octet of the address each ARP is about.
std::vector<int> announced(const std::vector<Bytes>& arps) {
  std::vector<int> result;
  for (const Bytes& arp : arps) result.push_back(arp[17]);
  return result;
}

}  // namespace

TEST_CASE("a reload that changes nothing touches nothing, one that cannot be decoded neither") {
  NEEDS_NAMESPACES();
  const Site site;
  const auto config = configuration({fast_instance(100), second_instance()});
  auto options = site.options('a');
  options.reloads = {config};
  VrrpChild a(site.network, 'a', config, options);
  REQUIRE(a.until([&] { return a.said(master("VI_1")) && a.said(master("VI_2")); }, kElection));
  a.pass(1300ms);
  Sniffer sniffer(site.network, 'b');
  const auto lines = a.lines().size();
  a.order_reload(0);
  REQUIRE(a.until([&] { return a.outcomes().size() == 1; }, 1000ms));
  CHECK(a.outcomes()[0] == ReloadOutcome{1, true, ""});
  a.order_reload(7);
  REQUIRE(a.until([&] { return a.outcomes().size() == 2; }, 1000ms));
  CHECK(a.outcomes()[1] == ReloadOutcome{2, false, "no such configuration"});
  a.pass(1300ms);
  CHECK(a.lines().size() == lines);
  CHECK(sniffer.take_arps().empty());
  CHECK(site.vip('a'));
}

TEST_CASE("a reload adds, changes and removes instances, and announces only what is new") {
  NEEDS_NAMESPACES();
  const Site site;
  auto changed = fast_instance(100);
  changed.addresses.push_back(changed.addresses[0]);
  changed.addresses[1].address = *IpAddress::parse("10.9.0.101");
  auto options = site.options('a');
  options.reloads = {configuration({changed}),
                     configuration({fast_instance(100), second_instance()})};
  VrrpChild a(site.network, 'a', configuration({fast_instance(100), second_instance()}), options);
  REQUIRE(a.until([&] { return a.said(master("VI_1")) && a.said(master("VI_2")); }, kElection));
  a.pass(1300ms);
  Sniffer sniffer(site.network, 'b');
  const auto lines = a.lines().size();

  a.order_reload(0);
  REQUIRE(a.until([&] { return a.outcomes().size() == 1; }, 1000ms));
  CHECK(site.vip('a'));
  CHECK(site.network.has_address('a', "10.9.0.101"));
  CHECK_FALSE(site.network.has_address('a', "10.9.0.200"));
  a.pass(300ms);
  CHECK(announced(sniffer.take_arps()) == std::vector<int>(5, 101));
  // Gone at a reload: FAULT, as the original says it.
  REQUIRE(a.lines().size() == lines + 1);
  CHECK(a.lines().back() == "INSTANCE \"VI_2\" FAULT 100");

  a.order_reload(1);
  REQUIRE(a.until([&] { return a.lines().back() == master("VI_2"); }, kElection));
  CHECK(site.vip('a'));
  CHECK_FALSE(site.network.has_address('a', "10.9.0.101"));
  CHECK(site.network.has_address('a', "10.9.0.200"));
}

TEST_CASE("an address in another form and an instance with another name keep mastership") {
  NEEDS_NAMESPACES();
  const Site site;
  auto renamed = fast_instance(100);
  renamed.name = "WEB";
  renamed.addresses[0].details.edit().label = "eth0:1";
  auto options = site.options('a');
  options.reloads = {configuration({renamed})};
  VrrpChild a(site.network, 'a', configuration({fast_instance(100)}), options);
  REQUIRE(a.until([&] { return a.said(master("VI_1")); }, kElection));
  a.order_reload(0);
  REQUIRE(a.until([&] { return a.outcomes().size() == 1; }, 1000ms));
  a.pass(100ms);
  CHECK(site.network.output('a', "ip addr show dev eth0").find("eth0:1") != std::string::npos);
  CHECK(a.lines().back() == master("VI_1"));
  // The new name is what finds it at the end.
  a.signal(SIGTERM);
  CHECK(a.wait() == 0);
  CHECK_FALSE(site.vip('a'));
  CHECK(a.lines().back() == "INSTANCE \"WEB\" STOP 100");
}

TEST_CASE("another group and another interface at a reload") {
  NEEDS_NAMESPACES();
  const Site site;
  auto elsewhere = fast_instance(100);
  elsewhere.mcast_group = *IpAddress::parse("224.0.38.12");
  auto options = site.options('a');
  options.reloads = {configuration({elsewhere})};
  VrrpChild a(site.network, 'a', configuration({fast_instance(100)}), options);
  REQUIRE(a.until([&] { return a.said(master("VI_1")); }, kElection));
  a.order_reload(0);
  REQUIRE(a.until([&] { return a.outcomes().size() == 1; }, 1000ms));
  Sniffer sniffer(site.network, 'b');
  const auto groups = site.network.output('a', "ip maddr show dev eth0");
  CHECK(groups.find("224.0.38.12") != std::string::npos);
  CHECK(groups.find("224.0.0.18") == std::string::npos);
  a.pass(300ms);
  const auto adverts = sniffer.take_adverts();
  REQUIRE_FALSE(adverts.empty());
  CHECK(Bytes(adverts[0].begin() + 16, adverts[0].begin() + 20) == Bytes{224, 0, 38, 12});
}

TEST_CASE("strict mode drops traffic to its addresses, loudly, and takes the table away") {
  NEEDS_NAMESPACES();
  const Site site;
  auto strict = fast_instance(100);
  strict.strict = true;
  strict.accept = false;
  auto options = site.options('a');
  options.reloads = {configuration({fast_instance(100)}), configuration({strict})};
  VrrpChild a(site.network, 'a', configuration({strict}), options);
  REQUIRE(a.until([&] { return a.said(master("VI_1")); }, kElection));
  CHECK(a.log().find("10.9.0.100 IS DROPPED") != std::string::npos);
  CHECK(a.log().find("`accept`") != std::string::npos);
  CHECK(site.network.run('b', "ping -q -c1 -W1 10.9.0.1 >/dev/null") == 0);
  CHECK(site.network.run('b', "ping -q -c1 -W1 10.9.0.100 >/dev/null") != 0);
  CHECK(site.network.run('a', "ping -q -c1 -W1 10.9.0.100 >/dev/null") == 0);

  // The filter changes beside the loop, so a little after the reload.
  const auto tables = [&] { return site.network.output('a', "nft list tables"); };
  a.order_reload(0);
  REQUIRE(a.until([&] { return a.outcomes().size() == 1; }, 1000ms));
  CHECK(a.until([&] { return tables().empty(); }, 5000ms));
  CHECK(site.network.run('b', "ping -q -c1 -W1 10.9.0.100 >/dev/null") == 0);
  a.order_reload(1);
  REQUIRE(a.until([&] { return a.outcomes().size() == 2; }, 1000ms));
  CHECK(a.until([&] { return tables().find("keepalived") != std::string::npos; }, 5000ms));

  // A table that a killed process left goes when its successor has no use for it.
  a.signal(SIGKILL);
  a.wait();
  options.respawned = true;
  VrrpChild next(site.network, 'a', configuration({fast_instance(100)}), options);
  REQUIRE(next.until([&] { return next.ready(); }, kElection));
  CHECK(site.network.output('a', "nft list tables").empty());
}
