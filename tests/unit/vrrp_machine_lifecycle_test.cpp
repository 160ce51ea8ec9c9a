// vrrp/machine: what happens to a router from outside: tracking, stalls, lost addresses, reload,
// respawn, stop.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_router.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;
using Catch::Matchers::VectorContains;
using Lines = std::vector<std::string>;

namespace {

TrackingSummary failing(unsigned count) { return {count, 0, 0}; }
TrackingSummary weighing(int weight) { return {0, 0, weight}; }

}  // namespace

// ---- Tracking

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

TEST_CASE("a deleted address is put back at once, then ever more slowly") {
  InstanceConfig config = instance();
  config.advert_interval = 1000s;
  config.garp.edit().delay = 0s;
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

TEST_CASE("a reload of a master keeps the state and does only what differs") {
  Router router;
  router.become_master();
  InstanceConfig config = instance();
  SECTION("nothing on the wire or the interface") {
    config.notify.edit().master.argv = {"/bin/true"};
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
