// vrrp/announce and vrrp/garp_schedule: the frames, and when they leave.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/announce.hpp"
#include "vrrp/garp_schedule.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

constexpr MacAddress kMac{{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}};
const Announcement kFirst{ip("10.0.0.1"), "eth0"};
const Announcement kSecond{ip("10.0.0.2"), "eth0"};
const Announcement kSix{ip("2001:db8::1"), "eth0"};
using Announcements = std::vector<Announcement>;

}  // namespace

TEST_CASE("gratuitous ARP, octet by octet") {
  const Bytes expected{
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,  0, 0, 0,   0, 1, 0x08, 0x06,  // Ethernet
      0x00, 0x01, 0x08, 0x00, 6,    4,    0,  1,                            // request, IPv4
      2,    0,    0,    0,    0,    1,    10, 0, 0, 100,                    // sender
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 10, 0, 0, 100,                    // target
  };
  CHECK(gratuitous_arp(kMac, ip("10.0.0.100")) == expected);
}

TEST_CASE("unsolicited neighbour advertisement, octet by octet") {
  const Bytes frame = unsolicited_na(kMac, ip("2001:db8::1"), false);
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
  CHECK(unsolicited_na(kMac, ip("2001:db8::1"), true)[58] == 0xa0);
}

TEST_CASE("without an interval everything leaves at once, round by round") {
  GarpSchedule schedule;
  CHECK_FALSE(schedule.deadline());
  schedule.queue({kFirst, kSecond}, 2, kEpoch);
  CHECK(schedule.deadline() == kEpoch);
  CHECK(schedule.due(kEpoch, 100) == Announcements{kFirst, kSecond, kFirst, kSecond});
  CHECK_FALSE(schedule.deadline());
}

TEST_CASE("one turn takes only so many") {
  GarpSchedule schedule;
  schedule.queue({kFirst, kSecond}, 5, kEpoch);
  CHECK(schedule.due(kEpoch, 3).size() == 3);
  CHECK(schedule.deadline() == kEpoch);
  CHECK(schedule.due(kEpoch, 100).size() == 7);
}

TEST_CASE("an interval keeps packets of a family apart, and families independent") {
  GarpSchedule schedule(100ms, 0ms);
  schedule.queue({kFirst, kSix}, 2, kEpoch);
  CHECK(schedule.due(kEpoch, 100) == Announcements{kFirst, kSix, kSix});
  CHECK(schedule.deadline() == kEpoch + 100ms);
  CHECK(schedule.due(kEpoch + 50ms, 100).empty());
  // Late: still one at a time.
  CHECK(schedule.due(kEpoch + 250ms, 100) == Announcements{kFirst});
  // The pace holds across an empty queue.
  schedule.queue({kSecond}, 1, kEpoch + 260ms);
  CHECK(schedule.deadline() == kEpoch + 350ms);
}

TEST_CASE("what waits already is not sent more often for being queued again") {
  GarpSchedule schedule;
  schedule.queue({kFirst}, 5, kEpoch);
  (void)schedule.due(kEpoch, 2);
  schedule.queue({kFirst, kSecond}, 2, kEpoch);
  CHECK(schedule.due(kEpoch, 100).size() == 5);
}

TEST_CASE("cancelling drops what waits") {
  GarpSchedule schedule;
  schedule.queue({kFirst, kSix}, 5, kEpoch);
  schedule.cancel();
  CHECK_FALSE(schedule.deadline());
  CHECK(schedule.due(kEpoch, 100).empty());
  schedule.queue({kFirst}, 1, kEpoch);
  CHECK(schedule.due(kEpoch, 100).size() == 1);
  schedule.queue({kFirst}, 0, kEpoch);
  CHECK_FALSE(schedule.deadline());
}
