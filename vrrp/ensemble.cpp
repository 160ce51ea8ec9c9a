#include "vrrp/ensemble.hpp"

#include <cassert>
#include <utility>

namespace understudy::vrrp {

Outcome Ensemble::step(const Input& input, TimePoint now) {
  Turn turn{now, {}};
  std::visit([&](const auto& what) { handle(what, turn); }, input);
  check_groups();
  return std::move(turn.outcome);
}

std::optional<TimePoint> Ensemble::deadline(InstanceId id) const {
  return exists(id) ? machine(id).deadline() : std::nullopt;
}

std::optional<TimePoint> Ensemble::deadline() const {
  const auto facts = facts_.deadline();
  if (!delayed_until_ || (facts && *facts < *delayed_until_)) return facts;
  return delayed_until_;
}

bool Ensemble::exists(InstanceId id) const {
  return id.value() < machines_.size() && machines_[id.value()] != nullptr;
}

std::optional<GroupId> Ensemble::group_of(InstanceId id) const {
  return memberships_[id.value()].group;
}

const std::vector<InstanceId>& Ensemble::followers(InstanceId id) const {
  static const std::vector<InstanceId> nobody;
  const auto group = group_of(id);
  if (!group || machine(id).state() != RouterState::backup) return nobody;
  const bool alone = groups_[group->value()].hold(memberships_[id.value()].counted).master;
  return alone ? nobody : groups_[group->value()].members();
}

// ---- Events

void Ensemble::handle(const InstanceEvent& input, Turn& turn) {
  if (!exists(input.instance)) return;
  if (std::holds_alternative<TimerExpired>(input.event)) wake_others(input.instance, turn);
  step_member(input.instance, input.event, turn);
}

/// Before a backup's timer makes its group master: what the others wanted before a stall of the
/// process is out of date, even if their own timers are served later.
void Ensemble::wake_others(InstanceId id, Turn& turn) {
  for (const InstanceId member : followers(id)) {
    if (member != id && machine(member).stalled(turn.now)) {
      step_alone(member, TimerExpired{}, turn);
    }
  }
}

void Ensemble::handle(const DelayPassed& /*input*/, Turn& turn) {
  if (delayed_until_ && turn.now >= *delayed_until_) {
    turn.outcome.push_back({{}, {LogLine{"Delayed start completed"}}});
    end_delay(turn);
  }
  apply(facts_.expire(turn.now), turn);
}

void Ensemble::step_alone(InstanceId id, const Event& event, Turn& turn) {
  Membership& membership = memberships_[id.value()];
  Machine& machine = *machines_[id.value()];
  if (!membership.group) {
    turn.outcome.push_back({id, machine.step(event, turn.now)});
    return;
  }
  const Group& group = groups_[membership.group->value()];
  turn.outcome.push_back({id, machine.step(event, turn.now, group.hold(membership.counted))});
  count_from(id, machine.standing());
}

void Ensemble::step_member(InstanceId id, const Event& event, Turn& turn) {
  const auto group = memberships_[id.value()].group;
  if (!group) {
    step_alone(id, event, turn);
    return;
  }
  const Machine& machine = *machines_[id.value()];
  const RouterState before = machine.state();
  const std::uint64_t overlaps = machine.counters().overlaps;
  step_alone(id, event, turn);
  const RouterState after = machine.state();
  // A FAULT that becomes one to be told of changes no state.
  const bool newly_failing = after == RouterState::fault && groups_[group->value()].untold();
  if (after != before || newly_failing) synchronise(*group, after, id, turn);
  if (after == RouterState::master && machine.counters().overlaps > overlaps) {
    spread_overlap(id, turn);
  }
}

/// All members follow the leader, who is there already, to `to`.
void Ensemble::synchronise(GroupId id, RouterState to, std::optional<InstanceId> leader,
                           Turn& turn) {
  Group& group = groups_[id.value()];
  if (Actions line = group.announce(to); !line.empty()) {
    turn.outcome.push_back({id, std::move(line)});
  }
  for (const InstanceId member : group.members()) {
    if (member != leader) step_alone(member, Synced{to}, turn);
  }
  if (Actions told = group.reach(to); !told.empty()) {
    turn.outcome.push_back({id, std::move(told)});
  }
}

/// Hosts may have heard announcements of the lesser master for the addresses of all members.
void Ensemble::spread_overlap(InstanceId id, Turn& turn) {
  Group& group = groups_[memberships_[id.value()].group->value()];
  if (!group.spreads_overlap(turn.now, machine(id).config().advert_interval)) return;
  for (const InstanceId member : group.members()) {
    if (member != id) step_alone(member, GroupOverlapped{}, turn);
  }
}

void Ensemble::check_groups() const {
#ifndef NDEBUG
  for (const Group& group : groups_) {
    for (const InstanceId member : group.members()) {
      const RouterState state = machine(member).state();
      assert(state == group.state() || state == RouterState::stop);
    }
  }
#endif
}

// ---- Facts

void Ensemble::apply(const FactNews& news, Turn& turn) {
  if (!news.lines.empty()) {
    turn.outcome.push_back({{}, Actions(news.lines.begin(), news.lines.end())});
  }
  for (const InstanceId id : news.changed) track(id, turn);
}

void Ensemble::track(InstanceId id, Turn& turn) {
  const TrackingSummary& summary = facts_.summary(id);
  if (exists(id) && machine(id).tracking() != summary) {
    step_member(id, TrackingChanged{summary}, turn);
  }
}

void Ensemble::handle(const SourceChanged& input, Turn& turn) {
  if (!exists(input.instance)) return;
  // A fault ends with the new address in place.
  if (!input.address.empty()) {
    step_member(input.instance, PrimaryAddressChanged{input.address}, turn);
  }
  apply(facts_.obstacle(input.instance, Obstacle::no_source, input.address.empty()), turn);
}

void Ensemble::handle(const ObstacleChanged& input, Turn& turn) {
  if (!exists(input.instance)) return;
  apply(facts_.obstacle(input.instance, input.obstacle, input.present), turn);
}

void Ensemble::handle(const LinkChanged& input, Turn& turn) {
  apply(facts_.link(input.interface, input.up), turn);
}

void Ensemble::handle(const ScriptEnded& input, Turn& turn) {
  apply(facts_.script(input.name, input.result), turn);
}

void Ensemble::handle(const ScriptKnown& input, Turn& /*turn*/) {
  facts_.adopt_script(input.name, input.state);
}

void Ensemble::handle(const FileRead& input, Turn& turn) {
  apply(facts_.file(input.name, input.value), turn);
}

void Ensemble::handle(const ProcessesCounted& input, Turn& turn) {
  apply(facts_.processes(input.name, input.count, turn.now), turn);
}

void Ensemble::handle(const BfdChanged& input, Turn& turn) {
  apply(facts_.bfd(input.name, input.up), turn);
}

}  // namespace understudy::vrrp
