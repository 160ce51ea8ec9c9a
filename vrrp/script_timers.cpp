#include "vrrp/script_timers.hpp"

#include <utility>

#include "vrrp/tracked_things.hpp"

namespace understudy::vrrp {

void ScriptTimers::configure(const VrrpConfig& config) {
  const auto used = referred_to(config, &TrackReferences::scripts);
  auto before = std::exchange(scripts_, {});
  for (const TrackScript& script : config.scripts) {
    if (!used.contains(script.name)) continue;
    auto& slot = scripts_[script.name];
    const auto old = before.find(script.name);
    if (old != before.end()) {
      // A run under way stays the only one, whatever changed about it.
      slot = std::move(old->second);
      slot->config = script;
    } else {
      slot = std::make_unique<Script>(loop_, script, [this](Script& self) { beat(self); });
      slot->timer.arm(loop_.now());
    }
  }
}

void ScriptTimers::beat(Script& script) {
  script.timer.arm(loop_.now() + script.config.interval);
  if (!script.running) return start(script);
  // Not news the first time: a run may end at its limit, which often is the interval.
  if (std::exchange(script.overdue, true)) {
    log_.detail("Track script {} is already running, expect idle - skipping run",
                script.config.name);
  }
}

void ScriptTimers::start(Script& script) {
  const TrackScript& config = script.config;
  script.running = true;
  script.overdue = false;
  const auto limit = config.timeout.count() > 0 ? config.timeout : config.interval;
  channel_.send(TrackScriptRun{config.name,
                               {config.command.argv, config.command.uid, config.command.gid},
                               static_cast<std::uint64_t>(limit.count())});
}

void ScriptTimers::ended(const std::string& name) {
  const auto found = scripts_.find(name);
  if (found == scripts_.end()) return;
  Script& script = *found->second;
  script.running = false;
  if (!script.overdue) return;
  start(script);
  script.timer.arm(loop_.now() + script.config.interval);
}

}  // namespace understudy::vrrp
