// vrrp/announce, announcements, announcement_plan, garp_schedule: the frames, which there are to
// be, and when they leave.
#include <algorithm>
#include <catch2/catch.hpp>
#include <initializer_list>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/announce.hpp"
#include "vrrp/announcement_plan.hpp"
#include "vrrp/garp_schedule.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t kEthernet = 1;
constexpr std::uint16_t kInfiniband = 32;

/// An interface with addresses of `length` octets: 02 00 … 00 01 and all ones.
OutgoingLink outgoing_link(std::uint16_t hardware, std::size_t length) {
  Bytes address(length, 0);
  address.front() = 2;
  address.back() = 1;
  return {hardware, HardwareAddress(address), HardwareAddress(Bytes(length, 0xff))};
}

Announcement announcement(const char* address, const char* interface = "eth0") {
  return {ip(address), 32, false, interface, interface};
}

const Announcement kFirst = announcement("10.0.0.1");
const Announcement kSecond = announcement("10.0.0.2");
const Announcement kSix = announcement("2001:db8::1");
using Announcements = std::vector<Announcement>;

Announcements due(GarpSchedule& schedule, TimePoint now, std::size_t limit,
                  const GarpSchedule::Ready& ready = {}) {
  Announcements announcements;
  for (auto& one : schedule.due(now, limit, ready)) announcements.push_back(one.announcement);
  return announcements;
}

/// Owners are told apart by their addresses.
const int kOwners[3] = {};
const GarpSchedule::Owner kOne = &kOwners[0];
const GarpSchedule::Owner kTwo = &kOwners[1];
const GarpSchedule::Owner kThree = &kOwners[2];

GarpGroup group(std::vector<std::string> interfaces, std::chrono::microseconds pause) {
  return {pause, pause, std::move(interfaces)};
}

}  // namespace

TEST_CASE("gratuitous ARP, octet by octet") {
  const Bytes expected{
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,  0, 0, 0,   0, 1, 0x08, 0x06,  // Ethernet
      0x00, 0x01, 0x08, 0x00, 6,    4,    0,  1,                            // request, IPv4
      2,    0,    0,    0,    0,    1,    10, 0, 0, 100,                    // sender
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 10, 0, 0, 100,                    // target
  };
  CHECK(gratuitous_arp(outgoing_link(kEthernet, 6), ip("10.0.0.100")) == expected);
}

TEST_CASE("unsolicited neighbour advertisement, octet by octet") {
  const Bytes frame = unsolicited_na(outgoing_link(kEthernet, 6), ip("2001:db8::1"), false);
  Bytes expected{
      0x33, 0x33, 0,    0,    0,    1,  2,  0,   0, 0, 0, 1, 0x86, 0xdd,        // Ethernet
      0x60, 0,    0,    0,    0,    32, 58, 255,                                // IPv6
      0x20, 0x01, 0x0d, 0xb8, 0,    0,  0,  0,   0, 0, 0, 0, 0,    0,    0, 1,  // from the address
      0xff, 0x02, 0,    0,    0,    0,  0,  0,   0, 0, 0, 0, 0,    0,    0, 1,  // to all nodes
      136,  0,    0,    0,    0x20, 0,  0,  0,                                  // override
      0x20, 0x01, 0x0d, 0xb8, 0,    0,  0,  0,   0, 0, 0, 0, 0,    0,    0, 1,  // target
      2,    1,    2,    0,    0,    0,  0,  1,                                  // its MAC
  };
  REQUIRE(frame.size() == 86);
  expected[56] = frame[56];  // the checksum is verified below
  expected[57] = frame[57];
  CHECK(frame == expected);

  ByteWriter pseudo;
  pseudo.bytes(ByteView(frame).subspan(22, 32));
  pseudo.u32(32);
  pseudo.u32(58);
  CHECK(checksum_finish(
            checksum_add(checksum_add(0, pseudo.view()), ByteView(frame).subspan(54))) == 0);
  CHECK(unsolicited_na(outgoing_link(kEthernet, 6), ip("2001:db8::1"), true)[58] == 0xa0);
}

TEST_CASE("InfiniBand has longer addresses and a header of its own") {
  const OutgoingLink link = outgoing_link(kInfiniband, 20);
  REQUIRE(can_announce(link));
  const Bytes arp = gratuitous_arp(link, ip("10.0.0.100"));
  // 20 octets of destination, protocol, reserved; ARP of two addresses of 20 and two of 4.
  REQUIRE(arp.size() == 24 + 8 + 48);
  CHECK(Bytes(arp.begin(), arp.begin() + 20) == Bytes(20, 0xff));
  CHECK(Bytes(arp.begin() + 20, arp.begin() + 32) ==
        Bytes{0x08, 0x06, 0, 0, 0, 32, 0x08, 0, 20, 4, 0, 1});
  const Bytes na = unsolicited_na(link, ip("2001:db8::1"), false);
  REQUIRE(na.size() == 24 + 40 + 24 + 24);
  // The option: 3 units of 8 octets, 2 of them padding.
  CHECK(Bytes(na.begin() + 88, na.begin() + 93) == Bytes{2, 3, 0, 0, 2});
  CHECK(na.back() == 1);
}

TEST_CASE("a hardware address of an unknown length is not made to fit a frame") {
  CHECK(can_announce(outgoing_link(kEthernet, 6)));
  for (const std::size_t length : std::initializer_list<std::size_t>{1, 5, 7, 8, 20, 32}) {
    CAPTURE(length);
    CHECK_FALSE(can_announce(outgoing_link(kEthernet, length)));
    CHECK(can_announce(outgoing_link(kInfiniband, length)) == (length == 20));
    CHECK_FALSE(can_announce(outgoing_link(24, length)));
  }
  CHECK_FALSE(can_announce({kEthernet, {}, {}}));
  // Longer than anything the kernel has: nothing rather than a part.
  CHECK(HardwareAddress(Bytes(33, 1)).empty());
  OutgoingLink lopsided = outgoing_link(kEthernet, 6);
  lopsided.broadcast = HardwareAddress(Bytes(20, 0xff));
  CHECK_FALSE(can_announce(lopsided));
}

TEST_CASE("without an interval everything leaves at once, round by round") {
  GarpSchedule schedule;
  CHECK_FALSE(schedule.deadline());
  schedule.queue(kOne, {kFirst, kSecond}, 2, kEpoch);
  CHECK(schedule.deadline() == kEpoch);
  CHECK(due(schedule, kEpoch, 100) == Announcements{kFirst, kSecond, kFirst, kSecond});
  CHECK_FALSE(schedule.deadline());
}

TEST_CASE("each says whether it is the first since it was queued, and whose it is") {
  GarpSchedule schedule;
  schedule.queue(kOne, {kFirst}, 3, kEpoch);
  const auto two = schedule.due(kEpoch, 2);
  REQUIRE(two.size() == 2);
  CHECK(two[0].owner == kOne);
  CHECK(two[0].first);
  CHECK_FALSE(two[1].first);
  // Wanted again while it still waits.
  schedule.queue(kOne, {kFirst}, 1, kEpoch);
  const auto last = schedule.due(kEpoch, 2);
  REQUIRE(last.size() == 1);
  CHECK(last[0].first);
}

TEST_CASE("one turn takes only so many") {
  GarpSchedule schedule;
  schedule.queue(kOne, {kFirst, kSecond}, 5, kEpoch);
  CHECK(due(schedule, kEpoch, 3).size() == 3);
  CHECK(schedule.deadline() == kEpoch);
  CHECK(due(schedule, kEpoch, 100).size() == 7);
}

TEST_CASE("an interval keeps packets of a family apart, and families independent") {
  GarpSchedule schedule;
  schedule.configure({100ms, 0ms}, {});
  schedule.queue(kOne, {kFirst, kSix}, 2, kEpoch);
  CHECK(due(schedule, kEpoch, 100) == Announcements{kFirst, kSix, kSix});
  CHECK(schedule.deadline() == kEpoch + 100ms);
  CHECK(due(schedule, kEpoch + 50ms, 100).empty());
  // Late: still one at a time.
  CHECK(due(schedule, kEpoch + 250ms, 100) == Announcements{kFirst});
  // The pace holds across an empty queue.
  schedule.queue(kOne, {kSecond}, 1, kEpoch + 260ms);
  CHECK(schedule.deadline() == kEpoch + 350ms);
}

TEST_CASE("instances on one interface share its pace and take turns; another has its own") {
  GarpSchedule schedule;
  schedule.configure({100ms, 100ms}, {});
  schedule.queue(kOne, {kFirst}, 2, kEpoch);
  schedule.queue(kTwo, {kSecond}, 1, kEpoch);
  const Announcement elsewhere = announcement("10.0.0.3", "eth1");
  schedule.queue(kThree, {elsewhere}, 1, kEpoch);
  const auto now = due(schedule, kEpoch, 100);
  CHECK(now.size() == 2);
  CHECK(std::find(now.begin(), now.end(), kFirst) != now.end());
  CHECK(std::find(now.begin(), now.end(), elsewhere) != now.end());
  CHECK(due(schedule, kEpoch + 100ms, 100) == Announcements{kSecond});
  CHECK(due(schedule, kEpoch + 200ms, 100) == Announcements{kFirst});
  CHECK_FALSE(schedule.deadline());
}

TEST_CASE("a virtual interface is paced by the one below") {
  GarpSchedule schedule;
  schedule.configure({100ms, 100ms}, {});
  Announcement virtual_one = kSecond;
  virtual_one.interface = "vrrp.51";
  schedule.queue(kOne, {kFirst, virtual_one}, 1, kEpoch);
  CHECK(due(schedule, kEpoch, 100) == Announcements{kFirst});
  CHECK(due(schedule, kEpoch + 100ms, 100) == Announcements{virtual_one});
}

TEST_CASE("interfaces of a group share one pause, whatever the common one is") {
  GarpSchedule schedule;
  schedule.configure({10ms, 10ms}, {group({"eth0", "eth1"}, 100ms), group({"eth2"}, 0ms)});
  const Announcement other = announcement("10.0.0.3", "eth1");
  const Announcement free = announcement("10.0.0.4", "eth2");
  schedule.queue(kOne, {kFirst, other}, 1, kEpoch);
  schedule.queue(kTwo, {free}, 3, kEpoch);
  CHECK(due(schedule, kEpoch, 100).size() == 4);
  CHECK(schedule.deadline() == kEpoch + 100ms);
  CHECK(due(schedule, kEpoch + 100ms, 100) == Announcements{other});
  // A reload changes the pace of what comes after it, and forgets no packet just sent.
  schedule.configure({10ms, 10ms}, {});
  schedule.queue(kOne, {kFirst, kSecond}, 1, kEpoch + 101ms);
  CHECK(schedule.deadline() == kEpoch + 200ms);
  CHECK(due(schedule, kEpoch + 200ms, 100).size() == 1);
  CHECK(schedule.deadline() == kEpoch + 210ms);
}

TEST_CASE("what waits already is not sent more often for being queued again") {
  GarpSchedule schedule;
  schedule.queue(kOne, {kFirst}, 5, kEpoch);
  (void)due(schedule, kEpoch, 2);
  schedule.queue(kOne, {kFirst, kSecond}, 2, kEpoch);
  CHECK(due(schedule, kEpoch, 100).size() == 5);
}

TEST_CASE("what is queued during a round comes after those that have not had their turn") {
  GarpSchedule schedule;
  schedule.queue(kOne, {kFirst, kSecond}, 2, kEpoch);
  CHECK(due(schedule, kEpoch, 1) == Announcements{kFirst});
  schedule.queue(kOne, {kSix}, 1, kEpoch);
  CHECK(due(schedule, kEpoch, 100) == Announcements{kSecond, kFirst, kSix, kSecond});
  schedule.queue(kOne, {kSecond, kFirst, kSecond}, 1, kEpoch);
  CHECK(due(schedule, kEpoch, 100) == Announcements{kSecond, kFirst});
  CHECK_FALSE(schedule.deadline());
}

TEST_CASE("what is not ready waits, and with it what comes after at the same pace") {
  GarpSchedule schedule;
  schedule.configure({0ms, 100ms}, {});
  schedule.queue(kOne, {kFirst, kSecond, kSix}, 1, kEpoch);
  bool put = false;
  const auto ready = [&](const Announcement& one) { return put || one != kSecond; };
  auto sent = due(schedule, kEpoch, 100, ready);
  CHECK(sent.size() == 2);
  CHECK(std::find(sent.begin(), sent.end(), kSecond) == sent.end());
  const auto again = schedule.deadline();
  REQUIRE(again);
  CHECK(*again > kEpoch);
  CHECK(*again <= kEpoch + 1ms);
  CHECK(due(schedule, *again, 100, ready).empty());
  put = true;
  CHECK(due(schedule, kEpoch + 1ms, 100, ready) == Announcements{kSecond});
  CHECK_FALSE(schedule.deadline());
}

TEST_CASE("cancelling drops what its owner has waiting, and nobody else's") {
  GarpSchedule schedule;
  schedule.configure({100ms, 100ms}, {});
  schedule.queue(kOne, {kFirst, kSix}, 5, kEpoch);
  schedule.queue(kTwo, {kSecond}, 1, kEpoch);
  schedule.cancel(kOne);
  CHECK(due(schedule, kEpoch, 100) == Announcements{kSecond});
  CHECK_FALSE(schedule.deadline());
  schedule.queue(kOne, {kFirst}, 2, kEpoch + 1s);
  schedule.cancel(kOne);
  schedule.cancel(kOne);
  CHECK_FALSE(schedule.deadline());
  CHECK(due(schedule, kEpoch + 2s, 100).empty());
  schedule.queue(kOne, {kFirst}, 1, kEpoch + 3s);
  CHECK(due(schedule, kEpoch + 3s, 100).size() == 1);
  schedule.queue(kOne, {kFirst}, 0, kEpoch + 4s);
  CHECK_FALSE(schedule.deadline());
}

TEST_CASE("what is announced: all addresses, or those named, each on its interface") {
  InstanceConfig config = instance();
  VirtualAddress other;
  other.address = ip("10.0.0.101");
  other.device = "eth1";
  config.excluded.push_back(other);
  const auto all = announcements_of(config, Announce{5, {}});
  REQUIRE(all.size() == 2);
  CHECK(all[0].address == ip("10.0.0.100"));
  CHECK(all[0].interface == "eth0");
  CHECK(all[1].interface == "eth1");
  CHECK(all[1].base == "eth1");
  const auto some = announcements_of(config, Announce{5, {ip("10.0.0.101"), ip("10.0.0.9")}});
  REQUIRE(some.size() == 1);
  CHECK(some[0] == all[1]);
}

TEST_CASE("garp_extra_if is about virtual interfaces, or all, but the one that sends adverts") {
  InstanceConfig config = instance();
  config.garp_extra_interval = 60s;
  CHECK(extra_interval(config) == 0s);
  VirtualAddress other;
  other.address = ip("10.0.0.101");
  other.device = "eth1";
  config.excluded.assign({other, other});
  config.excluded[1].address = ip("10.0.0.102");
  CHECK(extra_interval(config) == 0s);
  config.garp_extra_all = true;
  CHECK(extra_interval(config) == 60s);
  const auto further = further_interfaces(config);
  REQUIRE(further.size() == 1);
  CHECK(further[0].address == ip("10.0.0.101"));

  config.excluded[1].vmac = std::string("vrrp1.51");
  config.garp_extra_all = false;
  REQUIRE(further_interfaces(config).size() == 1);
  CHECK(further_interfaces(config)[0].interface == "vrrp1.51");
  CHECK(further_interfaces(config)[0].base == "eth1");

  // Its own VMAC sends adverts, unless they leave through the interface below.
  config.excluded.clear();
  VirtualMac& vmac = config.vmac.edit();
  vmac.used = true;
  vmac.name = "vrrp.51";
  CHECK(extra_interval(config) == 0s);
  vmac.transmit_on_base = true;
  REQUIRE(further_interfaces(config).size() == 1);
  CHECK(further_interfaces(config)[0].interface == "vrrp.51");
}

TEST_CASE("a plan: second batch, refresh and further interfaces, as far as configured") {
  InstanceConfig config = instance();
  config.garp.edit().refresh = 60s;
  config.garp.edit().refresh_repeat = 2;
  config.garp_extra_interval = 100s;
  config.garp_extra_all = true;
  VirtualAddress other;
  other.address = ip("10.0.0.101");
  other.device = "eth1";
  config.excluded.push_back(other);
  AnnouncementPlan plan;
  plan.announced_all(config, kEpoch);
  CHECK(plan.due(config, kEpoch + 4s).empty());
  CHECK(plan.deadline() == kEpoch + 5s);
  CHECK(deeds(plan.due(config, kEpoch + 5s)) == "announce 5");
  CHECK(plan.deadline() == kEpoch + 65s);
  CHECK(deeds(plan.due(config, kEpoch + 65s)) == "announce 2");
  CHECK(plan.deadline() == kEpoch + 105s);
  CHECK(deeds(plan.due(config, kEpoch + 105s)) == "announce interfaces");
  CHECK(plan.deadline() == kEpoch + 125s);
  plan.cancel();
  CHECK_FALSE(plan.deadline());
}

TEST_CASE("a reload of a master begins, changes and ends what recurs") {
  InstanceConfig config = instance();
  AnnouncementPlan plan;
  plan.announced_all(config, kEpoch);
  (void)plan.due(config, kEpoch + 5s);
  CHECK_FALSE(plan.deadline());
  config.garp.edit().refresh = 60s;
  plan.reconfigure(config, kEpoch + 10s);
  CHECK(plan.deadline() == kEpoch + 70s);
  // One that comes sooner keeps its time.
  config.garp.edit().refresh = 300s;
  plan.reconfigure(config, kEpoch + 20s);
  CHECK(plan.deadline() == kEpoch + 70s);
  config.garp.edit().refresh = 20s;
  plan.reconfigure(config, kEpoch + 30s);
  CHECK(plan.deadline() == kEpoch + 50s);
  config.garp.edit().refresh = 0s;
  plan.reconfigure(config, kEpoch + 40s);
  CHECK_FALSE(plan.deadline());
}
