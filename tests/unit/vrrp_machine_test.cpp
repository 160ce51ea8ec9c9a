// vrrp/machine: becoming, being and ceasing to be master beyond what the RFCs say: logs,
// preemption, overlaps, mismatches. The RFCs' own cases are in tests/conformance.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_router.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;
using Catch::Matchers::VectorContains;
using Lines = std::vector<std::string>;

TEST_CASE("a first start logs and does what the original does") {
  Router router;
  router.at(0s, Started{});
  CHECK(lines(router.last) ==
        Lines{"(VI_1) removing VIPs.", "(VI_1) Entering BACKUP STATE (init)"});
  CHECK(deeds(router.last) == "remove; notify BACKUP 100");
  CHECK(router.machine.deadline() == kEpoch + 3609375us);
  router.expire();
  CHECK(lines(router.last) == Lines{"(VI_1) Receive advertisement timeout",
                                    "(VI_1) Entering MASTER STATE", "(VI_1) setting VIPs."});
  CHECK(deeds(router.last) == "advert 100; add; announce 5; notify MASTER 100");
}

TEST_CASE("the advert timer keeps its beat") {
  Router router;
  router.become_master();
  router.at(1003ms, TimerExpired{});
  CHECK(deeds(router.last) == "advert 100");
  CHECK(router.machine.deadline() == kEpoch + 2s);
  router.at(3200ms, TimerExpired{});
  CHECK(deeds(router.last) == "advert 100");
  CHECK(router.machine.deadline() == kEpoch + 4200ms);
  // Called too early, nothing happens.
  router.at(4000ms, TimerExpired{});
  CHECK(router.last.empty());
}

TEST_CASE("addresses are announced again after garp.delay and at every refresh") {
  InstanceConfig config = instance();
  config.garp.edit().delay = 2s;
  config.garp.edit().repeat = 4;
  config.garp.edit().refresh = 3s;
  config.garp.edit().refresh_repeat = 2;
  config.advert_interval = 100s;
  Router router(config);
  router.become_master();
  CHECK(deeds(router.last) == "advert 100; add; announce 4; notify MASTER 100");
  CHECK(deeds(router.expire()) == "announce 4");
  CHECK(router.now == kEpoch + 2s);
  CHECK(deeds(router.expire()) == "announce 2");
  CHECK(router.now == kEpoch + 5s);
  CHECK(deeds(router.expire()) == "announce 2");
  CHECK(router.now == kEpoch + 8s);
}

TEST_CASE("announcements to come are cancelled when mastership is lost") {
  Router router;
  router.become_master();
  router.at(500ms, advert(200, "10.0.0.2"));
  CHECK(deeds(router.last) == "advert 100; cancel; remove; notify BACKUP 100");
  CHECK(router.machine.deadline() == kEpoch + 500ms + 3609375us);
}

TEST_CASE("giving way logs like the original and sends one last advert") {
  Router router;
  router.become_master();
  SECTION("higher priority") {
    router.at(500ms, advert(101, "10.0.0.2"));
    CHECK(lines(router.last) ==
          Lines{"(VI_1) Master received advert from 10.0.0.2 with higher priority 101, ours 100",
                "(VI_1) Entering BACKUP STATE", "(VI_1) removing VIPs."});
  }
  SECTION("same priority, higher address") {
    router.at(500ms, advert(100, "10.0.0.2"));
    CHECK(lines(router.last) ==
          Lines{"(VI_1) Master received advert from 10.0.0.2 with same priority 100 but higher IP "
                "address than ours",
                "(VI_1) Entering BACKUP STATE", "(VI_1) removing VIPs."});
  }
  CHECK(std::get<SendAdvert>(router.last.front()).priority == Priority(100));
  CHECK(router.machine.counters().overlaps == 1);
  CHECK(router.machine.counters().released_master == 1);
}

TEST_CASE("a master that hears a lesser one adverts and announces, twice") {
  Router router;
  router.become_master();
  while (router.now < kEpoch + 5s) router.expire();
  router.at(5500ms, advert(99, "10.0.0.2"));
  CHECK(lines(router.last) == Lines{"(VI_1) Received advert from 10.0.0.2 with lower priority 99, "
                                    "ours 100, forcing new election"});
  // Scripts that moved addresses in a cloud have to run again, once.
  CHECK(deeds(router.last) ==
        "advert 100; announce 5; notify MASTER 100; notify MASTER 100 lesser");
  CHECK(router.machine.counters().overlaps == 1);
  while (deeds(router.expire()) == "advert 100") continue;
  CHECK(deeds(router.last) == "advert 100; announce 5");
  CHECK(router.now == kEpoch + 10500ms);
  // A new overlap is told anew.
  router.at(11s, advert(99, "10.0.0.2"));
  CHECK(deeds(router.last) ==
        "advert 100; announce 5; notify MASTER 100; notify MASTER 100 lesser");
  router.at(12s, advert(99, "10.0.0.2"));
  CHECK(deeds(router.last) == "advert 100; announce 5; notify MASTER 100 lesser");
}

TEST_CASE(
    "lower_prio_no_advert and a lower_prio_repeat of 0 leave only the log line and the news") {
  InstanceConfig config = instance();
  config.lower_prio_no_advert = true;
  config.garp.edit().lower_prio_repeat = 0;
  Router router(config);
  router.become_master();
  router.at(500ms, advert(99, "10.0.0.2"));
  CHECK(lines(router.last) ==
        Lines{"(VI_1) Received advert from 10.0.0.2 with lower priority 99, ours 100"});
  CHECK(deeds(router.last) == "notify MASTER 100; notify MASTER 100 lesser");
}

TEST_CASE("an advert with our own address and priority is complained of once") {
  Router router;
  router.become_master();
  router.at(500ms, advert(100, "10.0.0.1"));
  CHECK(lines(router.last) == Lines{"(VI_1) WARNING - equal priority advert received from remote "
                                    "host with our IP address."});
  router.at(600ms, advert(100, "10.0.0.1"));
  CHECK(router.last.empty());
  CHECK(router.machine.state() == RouterState::master);
}

TEST_CASE("two address owners are called a configuration error, and one gives way") {
  InstanceConfig config = instance();
  config.priority = kOwnerPriority;
  Router router(config);
  router.at(0s, Started{});
  REQUIRE(router.machine.state() == RouterState::master);
  router.at(100ms, advert(255, "10.0.0.2"));
  CHECK_THAT(lines(router.last),
             VectorContains(std::string("(VI_1) CONFIGURATION ERROR: local instance and 10.0.0.2 "
                                        "are both configured as address owner, please resolve")));
  CHECK(router.machine.state() == RouterState::backup);
}

TEST_CASE("preemption: a lesser master is outwaited, and its goodbye is no overlap") {
  Router router;
  router.at(0s, Started{});
  router.at(1s, advert(90, "10.0.0.2"));
  CHECK(lines(router.last) ==
        Lines{"(VI_1) master set to 10.0.0.2",
              "(VI_1) received lower priority (90) advert from 10.0.0.2 - discarding"});
  router.expire();
  CHECK(router.now == kEpoch + 3609375us);
  CHECK(router.machine.state() == RouterState::master);
  router.at(3700ms, advert(90, "10.0.0.2"));
  CHECK(router.last.empty());
  CHECK(router.machine.counters().overlaps == 0);
  // One that goes on is.
  router.at(4700ms, advert(90, "10.0.0.2"));
  CHECK(deeds(router.last) ==
        "advert 100; announce 5; notify MASTER 100; notify MASTER 100 lesser");
}

TEST_CASE("nopreempt follows any master, an address owner preempts all the same") {
  InstanceConfig config = instance();
  config.nopreempt = true;
  Router router(config);
  router.at(0s, Started{});
  router.at(1s, advert(90, "10.0.0.2"));
  CHECK(router.machine.deadline() == kEpoch + 1s + 3609375us);
  CHECK(lines(router.last) == Lines{"(VI_1) master set to 10.0.0.2"});
}

TEST_CASE("preempt_delay holds preemption back from the first lesser advert on") {
  InstanceConfig config = instance();
  config.preempt_delay = 2500ms;
  Router router(config);
  router.at(0s, Started{});
  router.at(1s, advert(90, "10.0.0.2"));
  CHECK_THAT(lines(router.last),
             VectorContains(std::string("(VI_1) start preempt delay (2.500000)")));
  router.at(2s, advert(90, "10.0.0.2"));
  router.at(3s, advert(90, "10.0.0.2"));
  CHECK(router.machine.deadline() == kEpoch + 3s + 3609375us);
  router.at(4s, advert(90, "10.0.0.2"));
  CHECK(router.machine.deadline() == kEpoch + 3s + 3609375us);  // discarded: the delay is over
  SECTION("a better master stops it") {
    router.at(5s, advert(110, "10.0.0.3"));
    CHECK(lines(router.last) ==
          Lines{"(VI_1) master changed from 10.0.0.2 to 10.0.0.3", "(VI_1) stop preempt delay"});
    router.at(6s, advert(90, "10.0.0.2"));
    CHECK(router.machine.deadline() == kEpoch + 6s + 3609375us);
  }
}

TEST_CASE("another interval of version 2 is complained of once and dropped") {
  Router router;
  router.at(0s, Started{});
  AdvertReceived event = advert(200, "10.0.0.2");
  event.advert.interval = 3s;
  router.at(1s, event);
  CHECK(lines(router.last) ==
        Lines{"(VI_1) advertisement interval mismatch with 10.0.0.2 mine=1 sec rcv'd=3 sec"});
  router.at(2s, event);
  CHECK(router.last.empty());
  CHECK(router.machine.counters().interval_mismatches == 2);
  CHECK(router.machine.deadline() == kEpoch + 3609375us);
}

TEST_CASE("version 3 follows the master's interval and returns to its own") {
  InstanceConfig config = instance();
  config.version = 3;
  Router router(config);
  router.at(0s, Started{});
  AdvertReceived event = advert(200, "10.0.0.2");
  event.advert.version = 3;
  event.advert.interval = 200ms;
  router.at(1s, event);
  CHECK(lines(router.last) ==
        Lines{"(VI_1) master set to 10.0.0.2",
              "(VI_1) advertisement interval mismatch ours = 100 centi-sec rcv'd=20 centi-sec",
              "(VI_1) advertisement interval updated from 1000ms to 200ms by master"});
  CHECK(router.machine.deadline() == kEpoch + 1s + 600ms + 121875us);
  router.expire();
  CHECK_THAT(lines(router.last),
             VectorContains(std::string(
                 "(VI_1) changing advert interval from 200ms to locally configured 1000ms")));
  CHECK(router.machine.deadline() == router.now + 1s);
}

TEST_CASE("a differing address list is complained of once and not dropped") {
  Router router;
  router.at(0s, Started{});
  AdvertReceived event = advert(200, "10.0.0.2");
  event.advert.addresses = {ip("10.0.0.101")};
  router.at(1s, event);
  CHECK_THAT(lines(router.last),
             VectorContains(std::string("(VI_1) ip address associated with VRID 51 not present in "
                                        "advert from 10.0.0.2: 10.0.0.100")));
  CHECK(router.machine.deadline() == kEpoch + 1s + 3609375us);
  router.at(2s, event);
  CHECK(lines(router.last).empty());
  router.at(3s, advert(200, "10.0.0.2"));
  event.advert.addresses.push_back(ip("10.0.0.102"));
  router.at(4s, event);
  CHECK(lines(router.last) == Lines{"(VI_1) expected 1 VIPs but received 2"});
  CHECK(router.machine.counters().address_mismatches == 3);
}

TEST_CASE("skip_check_adv_addr looks at a master's addresses only once") {
  InstanceConfig config = instance();
  config.skip_check_adv_addr = true;
  Router router(config);
  router.at(0s, Started{});
  AdvertReceived event = advert(200, "10.0.0.2");
  event.advert.addresses.clear();
  router.at(1s, event);
  router.at(2s, event);
  CHECK(router.machine.counters().address_mismatches == 1);
}
