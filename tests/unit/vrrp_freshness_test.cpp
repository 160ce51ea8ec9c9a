// vrrp/freshness: what a successor believes of what its predecessor was.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/freshness.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

/// Version 3, ten milliseconds: patience of 36 ms at priority 100.
InstanceConfig quick() {
  InstanceConfig config = instance();
  config.version = 3;
  config.advert_interval = 10ms;
  return config;
}

MachineMemory memory(RouterState state) {
  return {state, ip("10.0.0.2"), 0ns, kEpoch, std::nullopt};
}

}  // namespace

TEST_CASE("a master is believed while no peer can have lost its patience") {
  const MachineMemory master = memory(RouterState::master);
  // The best peer has priority 254: three intervals and 2/256 of one.
  CHECK(fresh(quick(), master, kEpoch, kEpoch) == master);
  CHECK(fresh(quick(), master, kEpoch, kEpoch + 30ms) == master);
  CHECK_FALSE(fresh(quick(), master, kEpoch, kEpoch + 31ms));
  // The clock of another boot.
  CHECK_FALSE(fresh(quick(), master, kEpoch, kEpoch - 1ms));
  InstanceConfig patient = quick();
  patient.down_timer_adverts = 5;
  CHECK(fresh(patient, master, kEpoch, kEpoch + 50ms) == master);
}

TEST_CASE("a backup goes on listening, for at least an interval and its skew") {
  const MachineMemory backup = memory(RouterState::backup);
  const auto soon = fresh(quick(), backup, TimePoint(), kEpoch + 5ms);
  REQUIRE(soon);
  CHECK(*soon == backup);
  // Nobody listened lately: an advert may have been missed, and the next is due within an interval.
  const TimePoint late = kEpoch + 35ms;
  const auto last = fresh(quick(), backup, TimePoint(), late);
  REQUIRE(last);
  CHECK(last->timer_start == late - 20ms);
  CHECK(last->master == backup.master);
  CHECK_FALSE(fresh(quick(), backup, TimePoint(), kEpoch + 37ms));
  CHECK_FALSE(fresh(quick(), backup, TimePoint(), kEpoch - 1ms));
}

TEST_CASE("a backup's patience follows the interval it has learnt, and preemption stays delayed") {
  MachineMemory backup = memory(RouterState::backup);
  backup.master_interval = 1s;
  backup.preempt_at = kEpoch + 9s;
  const auto kept = fresh(quick(), backup, TimePoint(), kEpoch + 1500ms);
  REQUIRE(kept);
  CHECK(*kept == backup);
  CHECK_FALSE(fresh(quick(), backup, TimePoint(), kEpoch + 4s));
}

TEST_CASE("nothing goes on from other states") {
  for (const auto state : {RouterState::init, RouterState::fault, RouterState::stop}) {
    CHECK_FALSE(fresh(quick(), memory(state), kEpoch, kEpoch));
  }
}
