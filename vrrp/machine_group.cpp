// What its sync group, a predecessor of the process and the end of a startup delay do to a machine;
// and what it tells them.
#include <fmt/format.h>

#include <cassert>
#include <utility>

#include "vrrp/machine.hpp"
#include "vrrp/timing.hpp"

namespace understudy::vrrp {

Standing Machine::standing() const {
  return {state_, faulty(), tracking_.failing > 0, wants_master_ || state_ == RouterState::master};
}

void Machine::share(std::shared_ptr<const InstanceConfig> config) {
  assert(*config == *config_);
  config_ = std::move(config);
}

// ---- Sync group

/// The master down timer has expired, or there is a new address owner: master at once, or when all
/// others of the group want it too.
void Machine::want_master(Turn& turn) {
  if (!hold_.master) {
    take_over(turn);
    return;
  }
  wants_master_ = true;
  leaving_ = false;
  timer_start_ = turn.now;
}

void Machine::handle(const Synced& event, Turn& turn) {
  if (state_ == event.to) {
    if (state_ == RouterState::fault) tell_fault(turn);
  } else if (event.to == RouterState::master) {
    take_over(turn);
  } else {
    // A master that gives way leaves a last advert, as it would by itself: the other may be unaware
    // that there were two.
    const bool gives_way = state_ == RouterState::master && event.to == RouterState::backup;
    if (gives_way) send_advert(effective_priority(), turn);
    transition(event.to, turn);
  }
}

void Machine::handle(const GroupChanged& /*event*/, Turn& turn) {
  if (state_ == RouterState::fault && !faulty() && !hold_.recovery) {
    rejoin(turn);
  } else if (state_ == RouterState::backup && wants_master_ && !hold_.master) {
    take_over(turn);
  }
}

void Machine::handle(const GroupOverlapped& /*event*/, Turn& turn) {
  if (state_ == RouterState::master) reassert(turn);
}

void Machine::reassert(Turn& turn) {
  const Duration since = turn.now - overlapped_;
  const bool first = overlapped_ == TimePoint{} || since > master_down_interval();
  overlapped_ = turn.now;
  if (config_->garp->lower_prio_repeat > 0) {
    turn.actions.push_back(Announce{config_->garp->lower_prio_repeat, {}});
    plan_.announced_over_lesser(*config_, turn.now);
  }
  if (first) notify(RouterState::master, turn);
}

// ---- Beginning

void Machine::handle(const DelayOver& /*event*/, Turn& turn) {
  if (!std::exchange(delayed_, false)) return;
  timer_start_ = turn.now;
  if (state_ == RouterState::backup && config_->owner()) want_master(turn);
}

MachineMemory Machine::memory() const {
  const Duration learnt =
      master_interval_ == config_->advert_interval ? Duration{} : master_interval_;
  return {state_, master_, learnt, timer_start_, preempt_at_.optional()};
}

void Machine::handle(const Resumed& event, Turn& turn) {
  assert(state_ == RouterState::init);
  tracking_ = event.tracking;
  if (event.memory.state == RouterState::master) {
    resume_master(turn);
  } else {
    resume_backup(event.memory, turn);
  }
  master_ = event.memory.master;
  if (faulty() || hold_.recovery) transition(RouterState::fault, turn);
}

void Machine::resume_master(Turn& turn) {
  transition(RouterState::master, turn);
  turn.actions.push_back(AddAddresses{});
  announce_all(turn);
  turn.actions.push_back(
      LogLine{fmt::format("({}) Continuing in MASTER STATE after a restart", config_->name)});
}

/// What it was told goes for the silence since then too; nobody has to be told anything.
void Machine::resume_backup(const MachineMemory& memory, Turn& turn) {
  turn.actions.push_back(RemoveAddresses{});
  enter(RouterState::backup, turn);
  turn.actions.push_back(
      LogLine{fmt::format("({}) Continuing in BACKUP STATE after a restart", config_->name)});
  if (memory.master_interval > Duration::zero()) master_interval_ = memory.master_interval;
  if (memory.timer_start <= turn.now) timer_start_ = memory.timer_start;
  preempt_at_ = memory.preempt_at;
}

// ---- Stalls

/// timer_expired_backup: routers of at most that priority have taken over, for their patience has
/// ended.
bool Machine::gives_way_after_stall(TimePoint now) const {
  if (state_ != RouterState::master || config_->timer_expired_backup == 0) return false;
  const Duration patience = vrrp::master_down_interval(
      config_->version, Priority(config_->timer_expired_backup), config_->advert_interval);
  return now >= timer_start_ + patience;
}

}  // namespace understudy::vrrp
