// The ensemble's beginning, its reloads and its end.
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "vrrp/ensemble.hpp"
#include "vrrp/timing.hpp"

namespace understudy::vrrp {
namespace {

/// An instance of a configuration, and with it the whole of it.
std::shared_ptr<const InstanceConfig> part_of(const std::shared_ptr<const VrrpConfig>& config,
                                              std::size_t place) {
  return {config, &config->instances[place]};
}

}  // namespace

// ---- Beginning

void Ensemble::handle(const Begin& input, Turn& turn) {
  assert(config_ == nullptr);
  config_ = input.config;
  for (std::size_t place = 0; place < config_->instances.size(); ++place) {
    add(place, input.sources[place]);
  }
  facts_.configure(config_, order_, false);
  form_groups();
  for (const InstanceId id : order_) count_from(id, first_standing(id));
  if (input.delay > Duration::zero()) {
    delayed_until_ = turn.now + input.delay;
    turn.outcome.push_back(
        {{}, {LogLine{fmt::format("Delaying startup for {:g} seconds", in_seconds(input.delay))}}});
  }
  // Those that go on come first: their peers are waiting.
  const auto memories = usable(input.memories);
  for (std::size_t place = 0; place < memories.size(); ++place) {
    const InstanceId id = order_[place];
    if (memories[place]) step_alone(id, Resumed{facts_.summary(id), *memories[place]}, turn);
  }
  tell_first(turn);
  for (const InstanceId id : order_) {
    if (machine(id).state() == RouterState::init) begin_instance(id, turn);
  }
  for (std::uint32_t at = 0; at < groups_.size(); ++at) settle(GroupId(at), turn);
}

/// The memories that can be gone on from: of a group only those of all members in the same state.
std::vector<std::optional<MachineMemory>> Ensemble::usable(
    const std::vector<std::optional<MachineMemory>>& memories) const {
  auto usable = memories;
  usable.resize(order_.size());
  std::vector<std::size_t> places(machines_.size());
  for (std::size_t place = 0; place < order_.size(); ++place) places[order_[place].value()] = place;
  for (const Group& group : groups_) {
    const auto memory_of = [&](InstanceId id) -> auto& { return usable[places[id.value()]]; };
    const auto& first = memory_of(group.members().front());
    const bool agree = std::ranges::all_of(group.members(), [&](InstanceId id) {
      return memory_of(id) && memory_of(id)->state == first->state;
    });
    if (agree) continue;
    for (const InstanceId id : group.members()) memory_of(id).reset();
  }
  return usable;
}

/// As the original: groups that start as backup are told of before their members.
void Ensemble::tell_first(Turn& turn) {
  for (std::uint32_t at = 0; at < groups_.size(); ++at) {
    Group& group = groups_[at];
    const auto owner = [&](InstanceId id) { return machine(id).config().owner(); };
    const bool begins_as_master = !delayed_until_ && std::ranges::all_of(group.members(), owner);
    const bool goes_on = machine(group.members().front()).state() != RouterState::init;
    if (group.faulty() || begins_as_master || goes_on) continue;
    turn.outcome.push_back({GroupId(at), group.reach(RouterState::backup)});
  }
}

void Ensemble::begin_instance(InstanceId id, Turn& turn) {
  const TrackingSummary& summary = facts_.summary(id);
  if (summary.failing > 0) {
    Actions lines;
    for (auto& line : facts_.faults(id)) lines.push_back(LogLine{std::move(line)});
    turn.outcome.push_back({id, std::move(lines)});
  }
  step_alone(id, Started{summary, delayed_until_.has_value()}, turn);
}

/// Members that came to different states by themselves agree.
void Ensemble::settle(GroupId id, Turn& turn) {
  const Group& group = groups_[id.value()];
  RouterState to = RouterState::backup;
  if (group.faulty()) {
    to = RouterState::fault;
  } else if (group.state() == RouterState::master || group.all_want_master()) {
    to = RouterState::master;
  }
  synchronise(id, to, std::nullopt, turn);
}

void Ensemble::add(std::size_t place, const IpAddress& source) {
  const InstanceId id = free_id();
  if (id.value() == machines_.size()) {
    machines_.emplace_back();
    memberships_.emplace_back();
  }
  machines_[id.value()] = std::make_unique<Machine>(part_of(config_, place), source);
  memberships_[id.value()] = {};
  if (order_.size() <= place) order_.resize(place + 1);
  order_[place] = id;
  facts_.obstacle(id, Obstacle::no_source, source.empty());
}

InstanceId Ensemble::free_id() {
  while (lowest_free_ < machines_.size() && machines_[lowest_free_] != nullptr) ++lowest_free_;
  return InstanceId(lowest_free_);
}

void Ensemble::form_groups() {
  std::map<std::string_view, InstanceId> ids;
  for (std::size_t place = 0; place < order_.size(); ++place) {
    memberships_[order_[place].value()] = {};
    ids.emplace(config_->instances[place].name, order_[place]);
  }
  const auto before = std::exchange(groups_, {});
  for (const SyncGroup& config : config_->groups) {
    std::vector<InstanceId> members;
    for (const std::string& name : config.members) {
      if (const auto found = ids.find(name); found != ids.end()) members.push_back(found->second);
    }
    if (members.empty()) continue;
    const GroupId id(static_cast<std::uint32_t>(groups_.size()));
    for (const InstanceId member : members) memberships_[member.value()].group = id;
    groups_.emplace_back(std::shared_ptr<const SyncGroup>(config_, &config), std::move(members));
    const auto old = std::ranges::find_if(
        before, [&](const Group& group) { return group.config().name == config.name; });
    if (old != before.end()) groups_.back().continue_from(*old);
  }
}

void Ensemble::count_from(InstanceId id, const Standing& standing) {
  Membership& membership = memberships_[id.value()];
  if (!membership.group) return;
  groups_[membership.group->value()].count(membership.counted, standing);
  membership.counted = standing;
}

// ---- Startup delay

void Ensemble::end_delay(Turn& turn) {
  delayed_until_.reset();
  for (const InstanceId id : order_) step_member(id, DelayOver{}, turn);
}

void Ensemble::change_delay(Duration by, Turn& turn) {
  if (!delayed_until_) return;
  *delayed_until_ += by;
  if (turn.now >= *delayed_until_) {
    turn.outcome.push_back({{}, {LogLine{"Reduced delayed start passed"}}});
    end_delay(turn);
  } else {
    turn.outcome.push_back({{},
                            {LogLine{fmt::format("Delaying startup for a further {:g} seconds",
                                                 in_seconds(*delayed_until_ - turn.now))}}});
  }
}

// ---- Reload and end

void Ensemble::free_leaving() {
  for (const InstanceId id : std::exchange(leaving_, {})) {
    machines_[id.value()].reset();
    lowest_free_ = std::min(lowest_free_, id.value());
  }
}

void Ensemble::handle(const Reload& input, Turn& turn) {
  free_leaving();
  const std::vector<InstanceId> before = std::exchange(order_, {});
  for (const std::size_t place : input.difference.removed) {
    step_alone(before[place], Stopped{true}, turn);
    facts_.forget(before[place]);
    leaving_.push_back(before[place]);
  }
  config_ = input.config;
  order_.resize(config_->instances.size());
  const auto move = [&](const InstancePair& pair) {
    order_[pair.after] = before[pair.before];
    facts_.obstacle(order_[pair.after], Obstacle::no_source, input.sources[pair.after].empty());
  };
  std::ranges::for_each(input.difference.kept, move);
  std::ranges::for_each(input.difference.changed, move);
  for (const std::size_t place : input.difference.added) add(place, input.sources[place]);
  const auto lines = facts_.configure(config_, order_, true);
  if (!lines.empty()) turn.outcome.push_back({{}, Actions(lines.begin(), lines.end())});
  form_groups();
  for (const InstanceId id : order_) count_from(id, first_standing(id));

  for (const auto& pair : input.difference.kept) {
    machines_[order_[pair.after].value()]->share(part_of(config_, pair.after));
  }
  for (const auto& pair : input.difference.changed) {
    step_alone(order_[pair.after], Reconfigured{part_of(config_, pair.after)}, turn);
  }
  change_delay(input.delay_change, turn);
  for (std::size_t place = 0; place < order_.size(); ++place) {
    update(order_[place], input.sources[place], turn);
  }
  for (std::uint32_t at = 0; at < groups_.size(); ++at) settle(GroupId(at), turn);
  if (input.tell_states) remind(turn);
}

/// How an instance is counted before it has heard of its new surroundings.
Standing Ensemble::first_standing(InstanceId id) const {
  if (machine(id).state() != RouterState::init) return machine(id).standing();
  const TrackingSummary& sum = facts_.summary(id);
  return {RouterState::init, sum.failing + sum.pending > 0, sum.failing > 0, false};
}

/// What a reload changes around an instance.
void Ensemble::update(InstanceId id, const IpAddress& source, Turn& turn) {
  if (machine(id).state() == RouterState::init) {
    begin_instance(id, turn);
    return;
  }
  if (!source.empty() && source != machine(id).primary()) {
    step_alone(id, PrimaryAddressChanged{source}, turn);
  }
  if (machine(id).tracking() != facts_.summary(id)) {
    step_alone(id, TrackingChanged{facts_.summary(id)}, turn);
  }
  // It may have left a group that held it.
  if (!group_of(id)) step_alone(id, GroupChanged{}, turn);
}

/// Tells the FIFOs the state of all that had no news in this turn.
void Ensemble::remind(Turn& turn) {
  std::set<Subject> told;
  for (const Deeds& deeds : turn.outcome) {
    const bool news = std::ranges::any_of(deeds.actions, [](const Action& action) {
      const auto* notify = std::get_if<Notify>(&action);
      return notify != nullptr && notify->news == Notify::News::state;
    });
    if (news) told.insert(deeds.of);
  }
  const auto tell = [&](Subject subject, RouterState state, Priority priority) {
    if (told.contains(subject)) return;
    turn.outcome.push_back({subject, {Notify{state, priority, false, Notify::News::reminder}}});
  };
  for (std::uint32_t at = 0; at < groups_.size(); ++at) {
    tell(GroupId(at), groups_[at].state(), Priority(0));
  }
  for (const InstanceId id : order_) {
    tell(id, machine(id).state(), machine(id).effective_priority());
  }
}

void Ensemble::handle(const End& /*input*/, Turn& turn) {
  for (const InstanceId id : order_) step_alone(id, Stopped{}, turn);
  for (std::uint32_t at = 0; at < groups_.size(); ++at) {
    turn.outcome.push_back({GroupId(at), groups_[at].reach(RouterState::stop)});
  }
}

}  // namespace understudy::vrrp
