// The vrrp process in namespaces of its own: elections, failures and reloads as a network sees
// them.
#include <net/if.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "daemon/netlink/address_message.hpp"
#include "daemon/netlink/socket.hpp"
#include "tests/support/sniffer.hpp"
#include "tests/support/vrrp_child.hpp"
#include "tests/support/vrrp_site.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using vrrp::InstanceConfig;

namespace {

const std::string kMasterLine = "INSTANCE \"VI_1\" MASTER 100";

}  // namespace

TEST_CASE("the higher priority becomes master, SIGTERM hands over at once") {
  NEEDS_NAMESPACES();
  const Site site;
  auto config = fast_instance(100);
  config.advert_interval = 800ms;
  VrrpChild a(site.network, 'a', configuration({config}), site.options('a'));
  REQUIRE(a.until([&] { return a.said(kMasterLine); }, 2 * kElection));
  REQUIRE(a.ready());
  CHECK(site.vip('a'));
  config.priority = Priority(99);
  VrrpChild b(site.network, 'b', configuration({config}), site.options('b'));
  b.pass(500ms);
  CHECK_FALSE(site.vip('b'));
  CHECK_FALSE(b.said("INSTANCE \"VI_1\" MASTER 99"));

  a.signal(SIGTERM);
  const auto told = Clock::now();
  CHECK(a.wait() == 0);
  CHECK_FALSE(site.vip('a'));
  CHECK(a.lines().back() == "INSTANCE \"VI_1\" STOP 100");
  REQUIRE(b.until([&] { return b.said("INSTANCE \"VI_1\" MASTER 99"); }, kElection));
  // The skew time of 491 ms instead of the master down interval, which has three adverts more.
  CHECK(Clock::now() - told < 2400ms);
  CHECK(site.vip('b'));
}

TEST_CASE("the parent's death is an orderly stop") {
  NEEDS_NAMESPACES();
  const Site site;
  VrrpChild a(site.network, 'a', configuration({fast_instance(100)}), site.options('a'));
  REQUIRE(a.until([&] { return a.said(kMasterLine); }, kElection));
  Sniffer sniffer(site.network, 'b');
  a.abandon();
  const auto end = Clock::now() + kElection;
  while (site.vip('a') && Clock::now() < end) std::this_thread::sleep_for(20ms);
  CHECK_FALSE(site.vip('a'));
  // The address goes after the farewell, which is the last advert.
  const auto adverts = sniffer.take_adverts();
  REQUIRE_FALSE(adverts.empty());
  CHECK(adverts.back()[20 + 2] == 0);
}

TEST_CASE("a killed process that comes back in time stays master, and nobody notices") {
  NEEDS_NAMESPACES();
  const Site site;
  const auto config = configuration({fast_instance(100)});
  auto options = site.options('a');
  VrrpChild b(site.network, 'b', configuration({fast_instance(10)}), site.options('b'));
  VrrpChild first(site.network, 'a', config, options);
  REQUIRE(first.until([&] { return first.said(kMasterLine); }, kElection));
  b.pass(50ms);
  const std::size_t heard = b.lines().size();
  Sniffer sniffer(site.network, 'b');
  first.pass(250ms);
  first.signal(SIGKILL);
  first.wait();
  options.respawned = true;
  VrrpChild second(site.network, 'a', config, options);
  CHECK(site.vip('a'));
  REQUIRE(second.until([&] { return second.ready(); }, kElection));
  CHECK(site.vip('a'));
  second.pass(500ms);
  b.pass(10ms);
  INFO(b.lines().back() << "\n" << b.log() << second.log());
  CHECK(b.lines().size() == heard);
  CHECK(site.vip('a'));

  // One sequence of packet ids across the two processes, and never a leaving advert.
  std::uint16_t last = 0;
  for (const Bytes& packet : sniffer.take_adverts()) {
    const auto id = static_cast<std::uint16_t>((packet[4] << 8) | packet[5]);
    if (last != 0) CHECK(id == last + 1);
    last = id;
    CHECK(packet[20 + 2] == 100);
  }
  CHECK(last > 5);
}

TEST_CASE("a process that comes back too late removes its addresses and starts as backup") {
  NEEDS_NAMESPACES();
  const Site site;
  const auto config = configuration({fast_instance(100)});
  auto options = site.options('a');
  VrrpChild first(site.network, 'a', config, options);
  REQUIRE(first.until([&] { return first.said(kMasterLine); }, kElection));
  first.signal(SIGSTOP);
  first.pass(1000ms);
  first.signal(SIGKILL);
  first.wait();
  REQUIRE(site.vip('a'));
  options.respawned = true;
  // The address is no longer configured: only the record knows that it is ours.
  InstanceConfig other = fast_instance(100);
  other.addresses[0].address = *IpAddress::parse("10.9.0.101");
  VrrpChild second(site.network, 'a', configuration({other}), options);
  REQUIRE(second.until([&] { return second.ready(); }, kElection));
  CHECK_FALSE(site.vip('a'));
  CHECK(second.lines().front() == "INSTANCE \"VI_1\" BACKUP 100");
}

TEST_CASE("a leftover that is configured goes, others' addresses stay") {
  NEEDS_NAMESPACES();
  const Site site;
  REQUIRE(site.network.run('a', "ip addr add 10.9.0.100/32 dev eth0") == 0);
  // Tagged as if a keepalived had put it there: that proves nothing.
  site.network.inside('a', [] {
    netlink::InterfaceAddress tagged;
    tagged.index = InterfaceIndex(if_nametoindex("eth0"));
    tagged.address = *IpAddress::parse("10.9.0.77");
    tagged.prefix_length = 32;
    const std::array request{netlink::add_address(tagged)};
    REQUIRE_FALSE(netlink::Socket::open()->request(request)[0]);
  });
  VrrpChild a(site.network, 'a', configuration({fast_instance(100)}), site.options('a'));
  REQUIRE(a.until([&] { return a.ready(); }, kElection));
  CHECK_FALSE(site.vip('a'));
  CHECK(site.network.has_address('a', "10.9.0.77"));
}

TEST_CASE("the owner's own address is used and left alone") {
  NEEDS_NAMESPACES();
  const Site site;
  InstanceConfig owner = fast_instance(255);
  owner.addresses[0].address = *IpAddress::parse("10.9.0.1");
  owner.addresses[0].prefix_length = 24;
  VrrpChild a(site.network, 'a', configuration({owner}), site.options('a'));
  REQUIRE(a.until([&] { return a.said("INSTANCE \"VI_1\" MASTER 255"); }, kElection));
  a.signal(SIGTERM);
  CHECK(a.wait() == 0);
  CHECK(site.network.has_address('a', "10.9.0.1"));
}

TEST_CASE("keep_at_exit leaves the address and says that it leaves") {
  NEEDS_NAMESPACES();
  const Site site;
  auto options = site.options('a');
  options.keep_at_exit = true;
  VrrpChild a(site.network, 'a', configuration({fast_instance(100)}), options);
  REQUIRE(a.until([&] { return a.said(kMasterLine); }, kElection));
  a.signal(SIGTERM);
  CHECK(a.wait() == 0);
  CHECK(site.vip('a'));
}

TEST_CASE("gratuitous ARPs: five at once, five after the delay, none after mastership is lost") {
  NEEDS_NAMESPACES();
  const Site site;
  Sniffer sniffer(site.network, 'b');
  VrrpChild a(site.network, 'a', configuration({fast_instance(100)}), site.options('a'));
  REQUIRE(a.until([&] { return a.said(kMasterLine); }, kElection));
  a.pass(500ms);
  const auto first = sniffer.take_arps();
  REQUIRE(first.size() == 5);
  const Bytes vip{10, 9, 0, 100};
  for (const Bytes& arp : first) {
    CHECK(arp[7] == 1);
    CHECK(std::equal(vip.begin(), vip.end(), arp.begin() + 14));
    CHECK(std::equal(vip.begin(), vip.end(), arp.begin() + 24));
    CHECK(arp[18] == 0xff);
  }
  a.pass(1000ms);
  CHECK(sniffer.take_arps().size() == 5);

  // Lost to a better router before the second five.
  a.signal(SIGTERM);
  a.wait();
  VrrpChild again(site.network, 'a', configuration({fast_instance(100)}), site.options('a'));
  REQUIRE(again.until([&] { return again.said(kMasterLine); }, kElection));
  VrrpChild b(site.network, 'b', configuration({fast_instance(200)}), site.options('b'));
  REQUIRE(
      again.until([&] { return again.lines().back() == "INSTANCE \"VI_1\" BACKUP 100"; }, 900ms));
  sniffer.take();
  again.pass(1500ms);
  CHECK(sniffer.take_arps().empty());
}

TEST_CASE("a link that goes down is a fault, and the address goes with it") {
  NEEDS_NAMESPACES();
  const Site site;
  VrrpChild a(site.network, 'a', configuration({fast_instance(100)}), site.options('a'));
  REQUIRE(a.until([&] { return a.said(kMasterLine); }, kElection));
  REQUIRE(site.network.run('b', "ip link set eth0 down") == 0);
  REQUIRE(a.until([&] { return a.said("INSTANCE \"VI_1\" FAULT 100"); }, kElection));
  CHECK_FALSE(site.vip('a'));
  CHECK(a.log().find("Netlink reports eth0 down") != std::string::npos);
  REQUIRE(site.network.run('b', "ip link set eth0 up") == 0);
  REQUIRE(a.until([&] { return a.lines().back() == kMasterLine; }, kElection));
  CHECK(site.vip('a'));
  CHECK(a.lines().at(a.lines().size() - 2) == "INSTANCE \"VI_1\" BACKUP 100");
}

TEST_CASE("an interface that is deleted and comes again under another index is used again") {
  NEEDS_NAMESPACES();
  const Site site;
  VrrpChild a(site.network, 'a', configuration({fast_instance(100)}), site.options('a'));
  REQUIRE(a.until([&] { return a.said(kMasterLine); }, kElection));
  REQUIRE(site.network.run('a', "ip link del eth0") == 0);
  REQUIRE(a.until([&] { return a.said("INSTANCE \"VI_1\" FAULT 100"); }, kElection));
  REQUIRE(site.network.run('a', "ip link add spare type veth peer name unused") == 0);
  REQUIRE(site.network.run('a', "ip link add eth0 type veth peer name eth0 netns " +
                                    site.network.name('b')) == 0);
  REQUIRE(site.network.run('a', "ip addr add 10.9.0.1/24 dev eth0") == 0);
  REQUIRE(site.network.run('a', "ip link set eth0 up") == 0);
  REQUIRE(site.network.run('b', "ip link set eth0 up") == 0);
  REQUIRE(a.until([&] { return a.lines().back() == kMasterLine; }, kElection));
  INFO(a.log());
  CHECK(site.vip('a'));
  Sniffer sniffer(site.network, 'b');
  a.pass(500ms);
  CHECK(sniffer.take_adverts().size() >= 4);
}

TEST_CASE("an address deleted by somebody else is put back") {
  NEEDS_NAMESPACES();
  const Site site;
  VrrpChild a(site.network, 'a', configuration({fast_instance(100)}), site.options('a'));
  REQUIRE(a.until([&] { return a.said(kMasterLine); }, kElection));
  REQUIRE(site.network.run('a', "ip addr del 10.9.0.100/32 dev eth0") == 0);
  CHECK(a.until([&] { return site.vip('a'); }, 500ms));
  CHECK(a.lines().back() == kMasterLine);
}

TEST_CASE("no source address is a fault; a new one is used at once") {
  NEEDS_NAMESPACES();
  const Site site;
  VrrpChild a(site.network, 'a', configuration({fast_instance(100)}), site.options('a'));
  REQUIRE(a.until([&] { return a.said(kMasterLine); }, kElection));
  Sniffer sniffer(site.network, 'b');
  REQUIRE(site.network.run('a', "ip addr del 10.9.0.1/24 dev eth0") == 0);
  REQUIRE(a.until([&] { return a.said("INSTANCE \"VI_1\" FAULT 100"); }, kElection));
  a.pass(50ms);
  const auto adverts = sniffer.take_adverts();
  REQUIRE_FALSE(adverts.empty());
  REQUIRE(site.network.run('a', "ip addr add 10.9.0.3/24 dev eth0") == 0);
  REQUIRE(a.until([&] { return a.lines().back() == kMasterLine; }, kElection));
  const auto later = sniffer.take_adverts();
  REQUIRE_FALSE(later.empty());
  CHECK(later.back()[15] == 3);
}

TEST_CASE("a tracking script runs through the parent, one at a time, and moves the priority") {
  NEEDS_NAMESPACES();
  const Site site;
  auto config = configuration({fast_instance(100)});
  vrrp::TrackScript script;
  script.name = "check";
  script.command.argv = {"/bin/true"};
  script.interval = 100ms;
  script.weight = -5;
  config.role.scripts = {script};
  config.role.instances[0].track.edit().scripts = {{"check", std::nullopt, false}};
  VrrpChild a(site.network, 'a', config, site.options('a'));
  REQUIRE(a.until([&] { return !a.runs().empty(); }, kElection));
  a.pass(500ms);
  // No answer yet: it is not asked for again.
  CHECK(a.runs().size() == 1);
  CHECK(a.runs()[0].timeout_us == 100'000);
  a.send(TrackScriptResult{"check", ScriptEnd::exited, 0});
  REQUIRE(a.until([&] { return a.said(kMasterLine); }, kElection));
  a.send(TrackScriptResult{"check", ScriptEnd::exited, 1});
  CHECK(a.until(
      [&] {
        return a.log().find("Changing effective priority from 100 to 95") != std::string::npos;
      },
      500ms));
  Sniffer sniffer(site.network, 'b');
  a.pass(300ms);
  const auto adverts = sniffer.take_adverts();
  REQUIRE_FALSE(adverts.empty());
  CHECK(adverts.back()[20 + 2] == 95);
}
