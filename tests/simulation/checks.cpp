// What must hold in every run.
#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/network.hpp"
#include "tests/support/vrrp_values.hpp"
#include "vrrp/timing.hpp"

namespace understudy::vrrp::simulation {
namespace {

using namespace std::chrono_literals;

double seconds(TimePoint at) {
  return std::chrono::duration<double>(at.time_since_epoch() - std::chrono::hours(1)).count();
}

bool tracks(const TrackReferences& track, std::string_view script) {
  return std::ranges::find(track.scripts, script, &TrackReference::name) != track.scripts.end();
}

}  // namespace

// ---- Transitions and their causes

std::vector<std::vector<std::size_t>> Network::units(const Host& host) {
  std::vector<std::vector<std::size_t>> units;
  if (!host.node) return units;
  for (const Group& group : host.node->groups()) {
    auto& unit = units.emplace_back();
    for (const InstanceId id : group.members()) unit.push_back(host.router_of[id.value()]);
  }
  for (const InstanceId id : host.node->instances()) {
    if (!host.node->group_of(id)) units.push_back({host.router_of[id.value()]});
  }
  return units;
}

/// Every transition has a cause, and the members of a group make it together.
void Network::judge(std::size_t number, const Input& input) const {
  const Host& host = hosts_[number];
  for (const auto& unit : units(host)) {
    const Slot& first = host.slots[unit.front()];
    bool changed = false;
    for (const std::size_t router : unit) {
      const Slot& slot = host.slots[router];
      changed = changed || slot.state != slot.before;
      if (slot.state == first.state) continue;
      throw Violation{fmt::format("host {} has split a group: {} {} but {} {}", number, router,
                                  name(slot.state), unit.front(), name(first.state))};
    }
    if (!changed || has_cause(host, input, unit)) continue;
    throw Violation{fmt::format("host {}: {} went from {} to {} without a cause at {:.6f}", number,
                                unit.front(), name(first.before), name(first.state),
                                seconds(now_))};
  }
}

bool Network::has_cause(const Host& host, const Input& input,
                        const std::vector<std::size_t>& unit) const {
  if (std::holds_alternative<Begin>(input)) return true;
  if (std::holds_alternative<End>(input)) return true;
  if (std::holds_alternative<Reload>(input)) {
    return std::ranges::any_of(unit, [&](std::size_t router) { return touched_[router]; });
  }
  const RouterState from = host.slots[unit.front()].before;
  const RouterState to = host.slots[unit.front()].state;
  if (from == RouterState::fault || to == RouterState::fault) {
    return std::holds_alternative<LinkChanged>(input) || std::holds_alternative<ScriptEnded>(input);
  }
  const auto* event = std::get_if<InstanceEvent>(&input);
  if (event == nullptr) return false;
  const std::size_t leader = host.router_of[event->instance.value()];
  if (std::ranges::find(unit, leader) == unit.end()) return false;
  return to == RouterState::backup ? may_give_way(host, *event) : may_take_over(host, *event, unit);
}

bool Network::may_give_way(const Host& host, const InstanceEvent& event) const {
  const auto* advert = std::get_if<AdvertReceived>(&event.event);
  if (advert == nullptr) return false;
  const Machine& machine = host.node->machine(event.instance);
  const Priority ours = machine.effective_priority();
  return advert->advert.priority > ours ||
         (advert->advert.priority == ours && advert->source > machine.primary());
}

/// Silence of better masters for three of their intervals, whatever the skew, on all members'
/// segments. Where intervals differ or did so (adverts may overtake each other), version 3 lets a
/// lesser master's shorter one end the wait sooner.
bool Network::may_take_over(const Host& host, const InstanceEvent& event,
                            const std::vector<std::size_t>& unit) const {
  if (!std::holds_alternative<TimerExpired>(event.event)) return false;
  return std::ranges::all_of(unit, [&](std::size_t router) {
    return local(host, now_) >= host.slots[router].bound_until || mixed_[router];
  });
}

// ---- The settled network

const InstanceConfig* Network::config_of(const Host& host, std::size_t router) {
  const std::string wanted = std::to_string(router);
  const auto found = std::ranges::find(host.config->instances, wanted, &InstanceConfig::name);
  return found == host.config->instances.end() ? nullptr : &*found;
}

std::vector<std::size_t> Network::unit_of(const Host& host, std::size_t router) {
  for (const SyncGroup& group : host.config->groups) {
    if (std::ranges::find(group.members, std::to_string(router)) == group.members.end()) continue;
    std::vector<std::size_t> unit;
    for (const std::string& member : group.members) unit.push_back(std::stoul(member));
    std::ranges::sort(unit);
    return unit;
  }
  return {router};
}

bool Network::intervals_differ(std::size_t router) const {
  const InstanceConfig* first = nullptr;
  for (const Host& host : hosts_) {
    const InstanceConfig* config = config_of(host, router);
    if (config == nullptr) continue;
    if (first != nullptr && config->advert_interval != first->advert_interval) return true;
    first = config;
  }
  return false;
}

bool Network::able(const Host& host, std::size_t router) const {
  if (!host.node || host.paused || config_of(host, router) == nullptr) return false;
  return std::ranges::all_of(unit_of(host, router), [&](std::size_t member) {
    bool needs_health = tracks(*config_of(host, member)->track, "fault");
    for (const SyncGroup& group : host.config->groups) {
      const auto& members = group.members;
      if (std::ranges::find(members, std::to_string(member)) == members.end()) continue;
      needs_health = needs_health || tracks(*group.track, "fault");
    }
    return host.link_up[segment_of_[member]] && (host.healthy || !needs_health);
  });
}

/// Whether the configurations of all hosts are such that the network settles: with sync groups of
/// other members on other hosts, or with members whose priorities contradict each other, it need
/// not.
bool Network::consistent() const {
  for (std::size_t router = 0; router < routers(); ++router) {
    const Host* first = nullptr;
    for (const Host& host : hosts_) {
      const InstanceConfig* config = config_of(host, router);
      if (config == nullptr) continue;
      if (config->version == 2 && intervals_differ(router)) return false;
      if (first != nullptr && unit_of(host, router) != unit_of(*first, router)) return false;
      first = &host;
    }
  }
  for (const Host& a : hosts_) {
    for (const Host& b : hosts_) {
      if (&a < &b && contradict(a, b)) return false;
    }
  }
  return true;
}

/// Whether of two hosts each has the better priority for some members of one group.
bool Network::contradict(const Host& a, const Host& b) const {
  const auto priority = [](const Host& host, std::size_t router) {
    const auto& id = host.slots[router].id;
    return host.node && id ? host.node->machine(*id).effective_priority()
                           : config_of(host, router)->priority;
  };
  for (std::size_t router = 0; router < routers(); ++router) {
    if (config_of(a, router) == nullptr || config_of(b, router) == nullptr) continue;
    for (const std::size_t other : unit_of(a, router)) {
      const auto here = priority(a, router) <=> priority(b, router);
      if (here != (priority(a, other) <=> priority(b, other))) return true;
    }
  }
  return false;
}

std::vector<std::size_t> Network::candidates(std::size_t router, std::size_t part) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    if (hosts_[i].part == part && able(hosts_[i], router)) found.push_back(i);
  }
  return found;
}

std::vector<std::size_t> Network::masters(std::size_t router, std::size_t part) const {
  std::vector<std::size_t> found = candidates(router, part);
  std::erase_if(found, [&](std::size_t i) {
    return hosts_[i].node->machine(*hosts_[i].slots[router].id).state() != RouterState::master;
  });
  return found;
}

/// Backups may go by what an earlier configuration's adverts said: all intervals there ever were
/// count.
void Network::note_intervals(const VrrpConfig& configuration) {
  for (const InstanceConfig& config : configuration.instances) {
    const Duration down = master_down_interval(config.version, Priority(1), config.advert_interval,
                                               config.down_timer_adverts);
    // Packets of bad weather may still be under way; clocks differ.
    Duration one = down + config.advert_interval + 500ms;
    if (config.preempt_delay.count() > 0) {
      one += config.preempt_delay + config.advert_interval + down;
    }
    settling_ = std::max(settling_, one);
    auto& interval = intervals_[std::stoul(config.name)];
    if (interval.count() == 0) interval = config.advert_interval;
    if (interval != config.advert_interval) mixed_[std::stoul(config.name)] = true;
  }
}

void Network::check_settled() const {
  if (weather_.loss_percent > 0 || weather_.longest_delay > 10ms || !consistent()) return;
  for (std::size_t router = 0; router < routers(); ++router) {
    for (std::size_t part = 0; part < hosts_.size(); ++part) check_settled(router, part);
  }
}

void Network::check_settled(std::size_t router, std::size_t part) const {
  const auto able = candidates(router, part);
  if (able.empty()) return;
  const auto ruling = masters(router, part);
  if (ruling.size() != 1) {
    throw Violation{fmt::format("{} has {} masters in part {} at {:.6f}", router, ruling.size(),
                                part, seconds(now_))};
  }
  const auto machine = [&](std::size_t host, std::size_t which) -> const Machine& {
    return hosts_[host].node->machine(*hosts_[host].slots[which].id);
  };
  const Priority best = machine(ruling[0], router).effective_priority();
  for (const std::size_t i : able) {
    const bool preempts = std::ranges::all_of(unit_of(hosts_[i], router), [&](std::size_t member) {
      const InstanceConfig& config = machine(i, member).config();
      return !config.nopreempt || config.owner();
    });
    if (!preempts || machine(i, router).effective_priority() <= best) continue;
    throw Violation{fmt::format("host {} should be master of {} in part {} at {:.6f}", i, router,
                                part, seconds(now_))};
  }
}

void Network::check_neighbours() const {
  if (!consistent()) return;
  for (std::size_t router = 0; router < routers(); ++router) {
    const auto ruling = masters(router, 0);
    for (std::size_t i = 0; i < hosts_.size() && !ruling.empty(); ++i) {
      if (hosts_[i].part != 0 || hosts_[i].slots[router].neighbour_cache == ruling[0]) continue;
      throw Violation{fmt::format("the neighbour of host {} has not learnt that {} is master of {}",
                                  i, ruling[0], router)};
    }
  }
}

std::uint64_t Network::transitions() const {
  std::uint64_t sum = 0;
  for (const Host& host : hosts_) {
    if (!host.node) continue;
    for (const InstanceId id : host.node->instances()) {
      const Counters& counters = host.node->machine(id).counters();
      sum += counters.became_master + counters.released_master;
    }
  }
  return sum;
}

}  // namespace understudy::vrrp::simulation
