// What happens to hosts and the network.
#include <fmt/format.h>

#include <utility>

#include "tests/simulation/network.hpp"
#include "vrrp/freshness.hpp"

namespace understudy::vrrp::simulation {

using namespace std::chrono_literals;

void Network::disturb(const std::string& what) {
  note("---- " + what);
  disturbed_ = now_;
  unchecked_ = true;
}

std::vector<IpAddress> Network::sources_of(std::size_t number, const VrrpConfig& config) const {
  std::vector<IpAddress> sources;
  for (const InstanceConfig& one : config.instances) {
    sources.push_back(hosts_[number].slots[std::stoul(one.name)].source);
  }
  return sources;
}

/// All that a process finds out about its host.
void Network::tell_facts(std::size_t number) {
  const Host& host = hosts_[number];
  for (std::size_t segment = 0; segment < segments_; ++segment) {
    give(number, LinkChanged{fmt::format("eth{}", segment), host.link_up[segment]});
  }
  const auto result = [](bool success) {
    return ScriptResult{ScriptResult::How::exited, success ? 0 : 1};
  };
  for (const TrackScript& script : host.node->config().scripts) {
    give(number, ScriptEnded{script.name,
                             result(script.name == "fault" ? host.healthy : host.weight_counts)});
  }
}

void Network::begin(std::size_t number, std::vector<std::optional<MachineMemory>> memories) {
  Host& host = hosts_[number];
  host.node = std::make_unique<Ensemble>();
  for (std::size_t segment = 0; segment < segments_; ++segment) {
    (void)host.node->step(LinkChanged{fmt::format("eth{}", segment), host.link_up[segment]},
                          local(host, now_));
  }
  for (const TrackScript& script : host.config->scripts) {
    // As the page has it.
    const bool success = script.name == "fault" ? host.healthy : host.weight_counts;
    const ScriptState known{success ? 1U : 0U, true, false, success ? 0 : 1, true};
    (void)host.node->step(ScriptKnown{script.name, known}, local(host, now_));
  }
  Begin input;
  input.config = host.config;
  input.sources = sources_of(number, *host.config);
  input.memories = std::move(memories);
  give(number, input);
}

void Network::start(std::size_t number) {
  Host& host = hosts_[number];
  if (host.node) return;
  disturb(fmt::format("start {}", number));
  std::vector<std::optional<MachineMemory>> memories;
  const TimePoint here = local(host, now_);
  for (const InstanceConfig& one : host.config->instances) {
    Slot& slot = host.slots[std::stoul(one.name)];
    const bool known = slot.last_advert != TimePoint{} || slot.memory.timer_start != TimePoint{};
    memories.push_back(known ? fresh(one, slot.memory, slot.last_advert, here) : std::nullopt);
    if (!memories.back() || memories.back()->state != RouterState::backup) slot.bound_until = {};
  }
  begin(number, std::move(memories));
}

void Network::stop(std::size_t number) {
  Host& host = hosts_[number];
  if (!host.node || host.paused) return;
  disturb(fmt::format("stop {}", number));
  give(number, End{});
  crash(number);
}

void Network::crash(std::size_t number) {
  Host& host = hosts_[number];
  if (!host.node) return;
  kill(number);
  disturb(fmt::format("crash {}", number));
  for (Slot& slot : host.slots) {
    slot.holds_addresses = false;
    slot.memory = {};
    slot.last_advert = {};
  }
}

void Network::kill(std::size_t number) {
  Host& host = hosts_[number];
  if (!host.node) return;
  disturb(fmt::format("kill {}", number));
  host.node.reset();
  host.paused = false;
  if (host.next_config) host.config = std::exchange(host.next_config, nullptr);
  for (auto& socket : host.sockets) socket.clear();
  for (Slot& slot : host.slots) {
    slot.id.reset();
    slot.timer.reset();
    slot.state = RouterState::init;
  }
}

void Network::pause(std::size_t number, bool asleep) {
  Host& host = hosts_[number];
  if (!host.node || host.paused) return;
  disturb(fmt::format("{} {}", asleep ? "sleep" : "pause", number));
  host.paused = true;
  host.asleep = asleep;
  host.paused_since = now_;
}

void Network::resume(std::size_t number) {
  Host& host = hosts_[number];
  if (!host.paused) return;
  disturb(fmt::format("resume {}", number));
  host.paused = false;
  // After a sleep so long that its timer is late by more than the master down interval, a router
  // must listen for that long again before it takes over.
  for (Slot& slot : host.slots) {
    if (!slot.id) continue;
    const Machine& machine = host.node->machine(*slot.id);
    if (now_ - host.paused_since <= 2 * machine.master_down_interval() + 10ms) continue;
    const Duration learnt = machine.memory().master_interval;
    slot.bound_until =
        local(host, now_) +
        3 * (learnt.count() > 0 ? learnt : Duration(machine.config().advert_interval));
  }
  // What the loop looks at first after it wakes is anybody's guess; but adverts come before timers.
  if (random_.one_in(2)) tell_facts(number);
  for (std::size_t segment = 0; segment < segments_; ++segment) drain(number, segment);
  tell_facts(number);
  if (host.next_config) reload(number, VrrpConfig(*std::exchange(host.next_config, nullptr)));
}

/// FAULT forgets the master, and in version 3 its interval.
void Network::forget_bounds(std::size_t number) {
  for (Slot& slot : hosts_[number].slots) slot.bound_until = {};
}

void Network::set_link(std::size_t number, std::size_t segment, bool up) {
  Host& host = hosts_[number];
  if (host.link_up[segment] == up) return;
  disturb(fmt::format("link {} of {} {}", segment, number, up ? "up" : "down"));
  host.link_up[segment] = up;
  forget_bounds(number);
  if (host.node && !host.paused) give(number, LinkChanged{fmt::format("eth{}", segment), up});
}

void Network::set_health(std::size_t number, bool healthy) {
  Host& host = hosts_[number];
  if (host.healthy == healthy) return;
  disturb(fmt::format("health of {}: {}", number, healthy));
  host.healthy = healthy;
  forget_bounds(number);
  if (host.node && !host.paused) tell_facts(number);
}

void Network::set_weight(std::size_t number, bool counts) {
  Host& host = hosts_[number];
  if (host.weight_counts == counts) return;
  disturb(fmt::format("weight of {}: {}", number, counts));
  host.weight_counts = counts;
  if (host.node && !host.paused) tell_facts(number);
}

void Network::reload(std::size_t number, VrrpConfig config) {
  Host& host = hosts_[number];
  disturb(fmt::format("reload {}", number));
  note_intervals(config);
  auto next = std::make_shared<const VrrpConfig>(std::move(config));
  if (!host.node) {
    host.config = std::move(next);
    return;
  }
  if (host.paused) {
    host.next_config = std::move(next);
    return;
  }
  const auto before = std::exchange(host.config, std::move(next));
  forget_bounds(number);
  Reload input;
  input.config = host.config;
  input.difference = diff(*before, *host.config);
  input.sources = sources_of(number, *host.config);
  touched_.assign(routers(), true);
  for (const auto& pair : input.difference.kept) {
    const std::size_t router = std::stoul(host.config->instances[pair.after].name);
    touched_[router] = before->groups != host.config->groups;
  }
  for (const std::size_t place : input.difference.removed) {
    host.slots[std::stoul(before->instances[place].name)].last_advert = {};
  }
  give(number, input);
  // New scripts have not run yet.
  tell_facts(number);
}

void Network::partition(const std::vector<std::size_t>& parts) {
  std::string text = "parts";
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    hosts_[i].part = parts[i];
    text += fmt::format(" {}", parts[i]);
  }
  disturb(text);
}

void Network::set_weather(const Weather& weather) {
  weather_ = weather;
  disturb(fmt::format(
      "loss {}% duplicates {}% delay {} us", weather.loss_percent, weather.duplicate_percent,
      std::chrono::duration_cast<std::chrono::microseconds>(weather.longest_delay).count()));
}

}  // namespace understudy::vrrp::simulation
