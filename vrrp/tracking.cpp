#include "vrrp/tracking.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

namespace understudy::vrrp {
namespace {

/// What a weighted fact adds to the priority: a positive weight while it is up, a negative one
/// while it is down; reverse turns the sign.
int contribution(int weight, bool reverse, bool up) {
  const bool counts = weight > 0 ? up : !up;
  if (!counts) return 0;
  return reverse ? -weight : weight;
}

/// An interface an instance depends on.
struct TrackedInterface {
  std::string name;
  int weight = 0;
  bool reverse = false;
};

/// Its own interface, those its addresses are on, and those of track_interface, each once.
std::vector<TrackedInterface> tracked_interfaces(const InstanceConfig& instance) {
  std::vector<TrackedInterface> tracked;
  std::set<std::string, std::less<>> seen;
  for (const TrackReference& reference : instance.track->interfaces) {
    tracked.push_back({reference.name, reference.weight.value_or(0), reference.reverse});
    seen.insert(reference.name);
  }
  const auto add = [&](const std::string& name) {
    if (!name.empty() && seen.insert(name).second) tracked.push_back({name, 0, false});
  };
  if (instance.dont_track_primary) {
    seen.insert(instance.interface);
  } else {
    add(instance.interface);
  }
  for (const VirtualAddress& address : instance.addresses) add(address.device);
  for (const VirtualAddress& address : instance.excluded) add(address.device);
  return tracked;
}

/// Why a script counts as failed: "(exited with status 1)".
std::string failure_line(const std::string& name, const ScriptResult& result) {
  switch (result.how) {
    case ScriptResult::How::exited:
      return fmt::format("VRRP_Script({}) failed (exited with status {})", name, result.code);
    case ScriptResult::How::signalled:
      return fmt::format("VRRP_Script({}) failed (due to signal {})", name, result.code);
    case ScriptResult::How::timed_out:
      return fmt::format("VRRP_Script({}) timed_out", name);
  }
  return {};
}

}  // namespace

Tracking::Tracking(const VrrpConfig& config) {
  for (const TrackScript& script : config.scripts) {
    scripts_.emplace(script.name, Script{script, initial_state(script, false)});
  }
}

// ---- News

TrackingUpdate Tracking::link(std::string_view interface, bool up) {
  const auto [position, is_new] = links_.try_emplace(std::string(interface), up);
  if (is_new) return {{}, true};  // an inventory, not news
  if (position->second == up) return {};
  position->second = up;
  return {{fmt::format("Netlink reports {} {}", interface, up ? "up" : "down")}, true};
}

TrackingUpdate Tracking::script(std::string_view name, const ScriptResult& result) {
  const auto position = scripts_.find(name);
  if (position == scripts_.end()) return {};
  Script& script = position->second;
  TrackingUpdate update;
  if (result.how == ScriptResult::How::exited) {
    if (result.code != script.state.last_status) {
      update.lines.push_back(fmt::format("Script `{}` now returning {}", name, result.code));
    }
    script.state.last_status = result.code;
  }
  if (result.success()) {
    update.changed = count(script.config, result, script.state);
    if (update.changed) update.lines.push_back(fmt::format("VRRP_Script({}) succeeded", name));
  } else {
    update.changed = count(script.config, result, script.state);
    // The first failure is said even where init_fail has assumed it.
    if (update.changed || !script.state.ran) {
      update.lines.push_back(failure_line(script.config.name, result));
    }
  }
  script.state.ran = true;
  return update;
}

// ---- Reload and respawn

std::vector<std::string> Tracking::reconfigure(const VrrpConfig& config) {
  std::vector<std::string> lines;
  std::map<std::string, Script, std::less<>> scripts;
  for (const TrackScript& script : config.scripts) {
    const auto old = scripts_.find(script.name);
    Script next{script, initial_state(script, true)};
    if (old != scripts_.end() && old->second.config.command == script.command) {
      next.state = rescaled(old->second.state, old->second.config, script);
      if (next.state.known) {
        lines.push_back(fmt::format(
            "VRRP_Script({}) considered {} on reload", script.name,
            health(script, next.state) == ScriptHealth::up ? "successful" : "unsuccessful"));
      }
    }
    scripts.emplace(script.name, std::move(next));
  }
  scripts_ = std::move(scripts);
  return lines;
}

std::map<std::string, ScriptState, std::less<>> Tracking::script_states() const {
  std::map<std::string, ScriptState, std::less<>> states;
  for (const auto& [name, script] : scripts_) states.emplace(name, script.state);
  return states;
}

void Tracking::adopt(std::string_view name, const ScriptState& state) {
  const auto position = scripts_.find(name);
  if (position == scripts_.end()) return;
  position->second.state = adopted(position->second.config, state);
}

// ---- What it means

bool Tracking::is_up(std::string_view interface) const {
  const auto position = links_.find(interface);
  return position != links_.end() && position->second;
}

TrackingSummary Tracking::summary(const InstanceConfig& instance) const {
  TrackingSummary sum;
  add_interfaces(instance, sum);
  add_scripts(instance, sum);
  return sum;
}

void Tracking::add_interfaces(const InstanceConfig& instance, TrackingSummary& sum) const {
  for (const TrackedInterface& tracked : tracked_interfaces(instance)) {
    const bool up = is_up(tracked.name);
    if (tracked.weight != 0) {
      sum.weight += contribution(tracked.weight, tracked.reverse, up);
    } else if (up == tracked.reverse) {
      ++sum.failing;
    }
  }
}

void Tracking::add_scripts(const InstanceConfig& instance, TrackingSummary& sum) const {
  for (const TrackReference& reference : instance.track->scripts) {
    const auto position = scripts_.find(reference.name);
    if (position == scripts_.end()) continue;  // verification removes such references
    const TrackScript& config = position->second.config;
    const ScriptHealth now = health(config, position->second.state);
    const int weight = reference.weight.value_or(config.weight);
    const bool reverse = reference.weight ? reference.reverse : config.reverse;
    if (now == ScriptHealth::presumed_up) continue;
    if (now == ScriptHealth::pending) {
      if (weight == 0) ++sum.pending;
      continue;
    }
    const bool up = now == ScriptHealth::up;
    if (weight != 0) {
      sum.weight += contribution(weight, reverse, up);
    } else if (up == reverse) {
      ++sum.failing;
    }
  }
}

std::vector<std::string> Tracking::faults(const InstanceConfig& instance) const {
  std::vector<std::string> lines;
  for (const TrackedInterface& tracked : tracked_interfaces(instance)) {
    if (tracked.weight == 0 && is_up(tracked.name) == tracked.reverse) {
      lines.push_back(fmt::format("({}): entering FAULT state (interface {} down)", instance.name,
                                  tracked.name));
    }
  }
  for (const TrackReference& reference : instance.track->scripts) {
    const auto position = scripts_.find(reference.name);
    if (position == scripts_.end()) continue;
    const Script& script = position->second;
    const int weight = reference.weight.value_or(script.config.weight);
    const bool reverse = reference.weight ? reference.reverse : script.config.reverse;
    const ScriptHealth bad = reverse ? ScriptHealth::up : ScriptHealth::down;
    if (weight == 0 && health(script.config, script.state) == bad) {
      lines.push_back(fmt::format("({}): entering FAULT state due to script {}", instance.name,
                                  reference.name));
    }
  }
  return lines;
}

}  // namespace understudy::vrrp
