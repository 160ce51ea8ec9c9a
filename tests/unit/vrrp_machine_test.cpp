// vrrp/machine: what the RFCs leave open or do not know: logs, preemption, stalls, overlaps,
// tracking, reload. The RFCs' own cases are in tests/conformance.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/machine.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;
using Catch::Matchers::VectorContains;
using Lines = std::vector<std::string>;

namespace {

/// A machine and its clock.
struct Router {
  explicit Router(InstanceConfig config = instance())
      : machine(shared(std::move(config)), ip("10.0.0.1")) {}

  /// Steps at `offset` after time zero and remembers what came of it.
  const Actions& at(Duration offset, const Event& event) {
    return last = machine.step(event, kEpoch + offset);
  }
  /// Lets the deadline come, as the loop does.
  const Actions& expire() {
    now = machine.deadline().value();
    return last = machine.step(TimerExpired{}, now);
  }
  /// Starts and waits until master; time zero is then the last advert.
  void become_master() {
    (void)machine.step(Started{}, kEpoch - machine.master_down_interval());
    expire();
    REQUIRE(machine.state() == RouterState::master);
    REQUIRE(now == kEpoch);
  }

  Machine machine;
  TimePoint now;
  Actions last;
};

TrackingSummary failing(unsigned count) { return {count, 0, 0}; }
TrackingSummary weighing(int weight) { return {0, 0, weight}; }

}  // namespace

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
  config.garp.delay = 2s;
  config.garp.repeat = 4;
  config.garp.refresh = 3s;
  config.garp.refresh_repeat = 2;
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
  CHECK(deeds(router.last) == "advert 100; announce 5");
  CHECK(router.machine.counters().overlaps == 1);
  while (deeds(router.expire()) == "advert 100") continue;
  CHECK(deeds(router.last) == "advert 100; announce 5");
  CHECK(router.now == kEpoch + 10500ms);
}

TEST_CASE("lower_prio_no_advert and a lower_prio_repeat of 0 leave only the log line") {
  InstanceConfig config = instance();
  config.lower_prio_no_advert = true;
  config.garp.lower_prio_repeat = 0;
  Router router(config);
  router.become_master();
  router.at(500ms, advert(99, "10.0.0.2"));
  CHECK(lines(router.last) ==
        Lines{"(VI_1) Received advert from 10.0.0.2 with lower priority 99, ours 100"});
  CHECK(deeds(router.last).empty());
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
  CHECK(deeds(router.last) == "advert 100; announce 5");
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

// ---- Tracking
// ------------------------------------------------------------------------------------

TEST_CASE("weights change the effective priority within 1 to 254") {
  Router router;
  router.become_master();
  router.at(100ms, TrackingChanged{weighing(-5)});
  CHECK(lines(router.last) == Lines{"(VI_1) Changing effective priority from 100 to 95"});
  CHECK(deeds(router.last).empty());
  router.at(1s, TimerExpired{});
  CHECK(deeds(router.last) == "advert 95");
  router.at(1100ms, TrackingChanged{weighing(-253)});
  CHECK(router.machine.effective_priority() == Priority(1));
  router.at(1200ms, TrackingChanged{weighing(200)});
  CHECK(router.machine.effective_priority() == Priority(254));

  InstanceConfig owner = instance();
  owner.priority = kOwnerPriority;
  Router owning(owner);
  owning.at(0s, Started{weighing(-50)});
  CHECK(owning.machine.effective_priority() == kOwnerPriority);
}

TEST_CASE("a backup's deadline moves with its priority") {
  Router router;
  router.at(0s, Started{});
  router.at(1s, TrackingChanged{weighing(50)});
  CHECK(router.machine.deadline() == kEpoch + 3s + 414062500ns);
}

TEST_CASE("notify_priority_changes tells the FIFO of a new priority") {
  InstanceConfig config = instance();
  config.notify_priority_changes = true;
  config.smtp_alert = true;
  Router router(config);
  router.become_master();
  router.at(100ms, TrackingChanged{weighing(-5)});
  CHECK(deeds(router.last) == "notify MASTER 95 priority");
}

TEST_CASE("a fault takes a master down at once, with priority 0, and back through BACKUP") {
  Router router;
  router.become_master();
  router.at(100ms, TrackingChanged{failing(1)});
  CHECK(lines(router.last) ==
        Lines{"(VI_1) Entering FAULT STATE", "(VI_1) sent 0 priority", "(VI_1) removing VIPs."});
  CHECK(deeds(router.last) == "advert 0; cancel; remove; notify FAULT 100");
  CHECK_FALSE(router.machine.deadline());
  router.at(200ms, advert(50, "10.0.0.2"));
  CHECK(router.last.empty());
  router.at(300ms, TrackingChanged{failing(2)});
  CHECK(router.last.empty());
  router.at(400ms, TrackingChanged{});
  CHECK(lines(router.last) == Lines{"(VI_1) Entering BACKUP STATE"});
  CHECK(deeds(router.last) == "notify BACKUP 100");
  CHECK(router.machine.deadline() == kEpoch + 400ms + 3609375us);
}

TEST_CASE("a fault at the start is told, one that only waits for a script is not") {
  Router router;
  router.at(0s, Started{failing(1)});
  CHECK_THAT(lines(router.last), VectorContains(std::string("(VI_1) entering FAULT state")));
  CHECK(deeds(router.last) == "remove; notify FAULT 100");

  Router waiting;
  waiting.at(0s, Started{{0, 1, 0}});
  CHECK(waiting.machine.state() == RouterState::fault);
  CHECK(deeds(waiting.last) == "remove");
  SECTION("the script fails") {
    waiting.at(1s, TrackingChanged{failing(1)});
    CHECK(deeds(waiting.last) == "notify FAULT 100");
  }
  SECTION("the script succeeds") {
    waiting.at(1s, TrackingChanged{});
    CHECK(lines(waiting.last) == Lines{"(VI_1) Entering BACKUP STATE"});
  }
}

TEST_CASE("mail is asked for as configured") {
  InstanceConfig config = instance();
  config.smtp_alert = true;
  config.smtp_alert_faults = false;
  Router router(config);
  router.become_master();
  CHECK(deeds(router.last) == "advert 100; add; announce 5; notify MASTER 100 mail");
  router.at(100ms, TrackingChanged{failing(1)});
  CHECK(deeds(router.last) == "advert 0; cancel; remove; notify FAULT 100");
}

// ---- Stalls
// --------------------------------------------------------------------------------------

TEST_CASE("a master that did not run announces anew, once, without a burst") {
  Router router;
  router.become_master();
  router.at(60s, TimerExpired{});
  CHECK(lines(router.last) == Lines{"(VI_1) timer expired 59.000 seconds ago - another router may "
                                    "have been master, announcing again"});
  CHECK(deeds(router.last) == "advert 100; add; announce 5; notify MASTER 100");
  CHECK(router.machine.counters().stalls == 1);
  CHECK(router.machine.deadline() == kEpoch + 61s);
}

TEST_CASE("adverts that waited through a master's stall are heard before the timer") {
  Router router;
  router.become_master();
  SECTION("from a lesser master: answered once, by the timer") {
    router.at(60s, advert(90, "10.0.0.2"));
    router.at(60s, advert(90, "10.0.0.2"));
    CHECK(router.last.empty());
    router.at(60s, TimerExpired{});
    CHECK(deeds(router.last) == "advert 100; add; announce 5; notify MASTER 100");
  }
  SECTION("from a better one: we give way") {
    router.at(60s, advert(110, "10.0.0.2"));
    CHECK(router.machine.state() == RouterState::backup);
    router.at(60s, TimerExpired{});
    CHECK(router.last.empty());
  }
}

TEST_CASE("a backup that did not run listens again before it takes over") {
  Router router;
  router.at(0s, Started{});
  router.at(60s, TimerExpired{});
  CHECK(router.machine.state() == RouterState::backup);
  CHECK(deeds(router.last).empty());
  CHECK(router.machine.deadline() == kEpoch + 60s + 3609375us);
  router.expire();
  CHECK(router.machine.state() == RouterState::master);
}

TEST_CASE("a timer late by less than the master down interval is no stall") {
  Router router;
  router.at(0s, Started{});
  router.at(7s, TimerExpired{});
  CHECK(router.machine.state() == RouterState::master);
  CHECK(router.machine.counters().stalls == 0);
}

// ---- Addresses lost
// ------------------------------------------------------------------------------

TEST_CASE("a deleted address is put back at once, then ever more slowly") {
  InstanceConfig config = instance();
  config.advert_interval = 1000s;
  config.garp.delay = 0s;
  Router router(config);
  router.become_master();
  router.at(10s, AddressLost{ip("10.0.0.100")});
  CHECK(lines(router.last) == Lines{"Netlink reflector reports IP 10.0.0.100 removed from eth0",
                                    "(VI_1) restoring 10.0.0.100"});
  CHECK(deeds(router.last) == "restore 10.0.0.100; announce 5 10.0.0.100");
  TimePoint restored = kEpoch + 10s;
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    CHECK(deeds(router.machine.step(AddressLost{ip("10.0.0.100")}, restored + 1ms)).empty());
    CHECK(deeds(router.expire()) == "restore 10.0.0.100; announce 5 10.0.0.100");
    CHECK(router.now == restored + wait);
    restored = router.now;
  }
  // Once it has stayed, the next loss is a first one again.
  CHECK(deeds(router.machine.step(AddressLost{ip("10.0.0.100")}, restored + 200s)) ==
        "restore 10.0.0.100; announce 5 10.0.0.100");
}

TEST_CASE("addresses not ours, or ours while not master, are none of our business") {
  Router router;
  router.at(0s, Started{});
  CHECK(router.at(1s, AddressLost{ip("10.0.0.100")}).empty());
  Router master;
  master.become_master();
  CHECK(master.at(1s, AddressLost{ip("10.0.0.7")}).empty());
}

// ---- Reload, respawn, stop
// -----------------------------------------------------------------------

TEST_CASE("a reload of a master keeps the state and does only what differs") {
  Router router;
  router.become_master();
  InstanceConfig config = instance();
  SECTION("nothing on the wire or the interface") {
    config.notify.master.argv = {"/bin/true"};
    router.at(500ms, Reconfigured{shared(config)});
    CHECK(router.last.empty());
  }
  SECTION("priority: an advert says so at once") {
    config.priority = Priority(120);
    router.at(500ms, Reconfigured{shared(config)});
    CHECK(lines(router.last) == Lines{"(VI_1) Changing effective priority from 100 to 120"});
    CHECK(deeds(router.last) == "advert 120");
  }
  SECTION("an address more: only that one is announced, twice") {
    VirtualAddress more;
    more.address = ip("10.0.0.101");
    config.addresses.push_back(more);
    config.advert_interval = 60s;
    router.at(6s, Reconfigured{shared(config)});
    CHECK(deeds(router.last) == "advert 100; add; announce 5 10.0.0.101");
    // The announcement of everything that was still to come.
    CHECK(deeds(router.expire()) == "announce 5");
  }
  SECTION("an excluded address less: nothing to announce") {
    VirtualAddress more;
    more.address = ip("10.0.0.101");
    config.excluded.push_back(more);
    router.at(500ms, Reconfigured{shared(config)});
    CHECK(deeds(router.last) == "add; announce 5 10.0.0.101");
    router.at(600ms, Reconfigured{shared(instance())});
    CHECK(deeds(router.last) == "add");
  }
  CHECK(router.machine.state() == RouterState::master);
}

TEST_CASE("new addresses are announced a second time by themselves") {
  InstanceConfig config = instance();
  config.advert_interval = 100s;
  Router router(config);
  router.become_master();
  router.expire();  // the second announcement of the first addresses
  VirtualAddress more;
  more.address = ip("10.0.0.101");
  config.excluded.push_back(more);
  router.at(20s, Reconfigured{shared(config)});
  CHECK(deeds(router.last) == "add; announce 5 10.0.0.101");
  CHECK(deeds(router.expire()) == "announce 5 10.0.0.101");
  CHECK(router.now == kEpoch + 25s);
}

TEST_CASE("a reload of a backup never takes over because of the past") {
  InstanceConfig config = instance();
  config.advert_interval = 10s;
  Router router(config);
  router.at(0s, Started{});
  router.at(9s, Reconfigured{shared(instance())});
  CHECK(router.last.empty());
  CHECK(router.machine.deadline() == kEpoch + 9s + 3609375us);

  config = instance();
  config.priority = kOwnerPriority;
  router.at(10s, Reconfigured{shared(config)});
  CHECK(deeds(router.last) == "advert 255; add; announce 5; notify MASTER 255");
}

TEST_CASE("a resumed master adverts before anything else and tells nobody") {
  Router router;
  router.at(0s, Resumed{});
  CHECK(deeds(router.last) == "advert 100; add; announce 5");
  CHECK(router.machine.state() == RouterState::master);
  Router broken;
  broken.at(0s, Resumed{failing(1)});
  CHECK(broken.machine.state() == RouterState::fault);
}

TEST_CASE("stopping: a master says so, scripts are told, then nothing has an effect") {
  Router router;
  router.become_master();
  router.at(100ms, Stopped{});
  CHECK(lines(router.last) == Lines{"(VI_1) sent 0 priority", "(VI_1) removing VIPs."});
  CHECK(deeds(router.last) == "advert 0; cancel; remove; notify STOP 100");
  CHECK_FALSE(router.machine.deadline());
  CHECK(router.at(200ms, advert(0, "10.0.0.2")).empty());
  CHECK(router.at(300ms, Stopped{}).empty());

  Router backup;
  backup.at(0s, Started{});
  CHECK(deeds(backup.at(1s, Stopped{true})) == "notify FAULT 100");
}
