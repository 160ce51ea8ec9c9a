// A virtual router in a test's hand.
#pragma once

#include <catch2/catch.hpp>
#include <utility>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/machine.hpp"

namespace understudy::vrrp {

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

}  // namespace understudy::vrrp
