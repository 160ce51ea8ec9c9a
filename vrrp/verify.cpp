#include "vrrp/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "vrrp/runnable.hpp"
#include "vrrp/verify_groups.hpp"
#include "vrrp/verify_instance.hpp"
#include "vrrp/verify_routing.hpp"

namespace understudy::vrrp {

namespace {

using parser::Diagnostics;
using parser::Location;
using parser::Severity;
using Names = std::unordered_set<std::string>;

/// Whether an instance has what none can do without.
bool has_minimum(const InstanceDraft& draft, Diagnostics& diagnostics, std::string& why) {
  if (draft.vrid == 0) {
    why = fmt::format("({}) the virtual router id must be set", draft.name);
  } else if (draft.interface.empty() && !draft.unicast_configured) {
    why = fmt::format("({}) Unknown interface!", draft.name);
  } else if (draft.interface.empty() && draft.vmac->used) {
    why = fmt::format("({}) cannot use VMAC if no interface specified", draft.name);
  } else {
    return true;
  }
  diagnostics.add(Severity::error, Location{}, why);
  return false;
}

/// Gives each tracking script its user; that there is one was seen when it was read.
void take_scripts(VrrpDraft& draft, ScriptUsers& users, VrrpConfig& config) {
  for (auto& [script, text, user_unknown] : draft.scripts) {
    script.command = users.call<ScriptCall>(text, "vrrp");
    if (script.timeout == std::chrono::microseconds(0)) script.timeout = script.interval;
    config.scripts.push_back(std::move(script));
  }
}

/// Takes the references to scripts of those names away.
template <typename Draft>
void forget_scripts(std::vector<Draft>& drafts, const Names& names) {
  for (Draft& draft : drafts) {
    if (draft.track->scripts.empty()) continue;
    std::erase_if(draft.track.edit().scripts,
                  [&](const TrackReference& reference) { return names.contains(reference.name); });
  }
}

/// A tracking script whose program is not there is not tracked: a machine where it is not installed
/// yet serves all the same.
void drop_missing_scripts(VrrpConfig& config, VrrpDraft& draft, Diagnostics& diagnostics) {
  Names missing;
  std::erase_if(config.scripts, [&](const TrackScript& script) {
    const auto& argv = script.command.argv;
    if (argv[0].starts_with('<') || script_exists(argv)) return false;
    diagnostics.add(
        Severity::error, Location{},
        fmt::format("Disabling track script {} since not found/accessible", script.name));
    missing.insert(script.name);
    return true;
  });
  if (missing.empty()) return;
  forget_scripts(draft.instances, missing);
  forget_scripts(draft.groups, missing);
}

/// Tracking scripts that nothing refers to are not run.
void note_unused_scripts(const VrrpConfig& config, Diagnostics& diagnostics) {
  Names used;
  const auto use = [&](const TrackReferences& track) {
    for (const TrackReference& reference : track.scripts) used.insert(reference.name);
  };
  for (const InstanceConfig& instance : config.instances) use(*instance.track);
  for (const SyncGroup& group : config.groups) use(*group.track);
  for (const TrackScript& script : config.scripts) {
    if (used.contains(script.name)) continue;
    diagnostics.add(Severity::note, Location{},
                    fmt::format("Warning - script {} is not used", script.name));
  }
}

/// Completes the instances; gives why one of them cannot run at all.
std::string complete_instances(VrrpDraft& draft, const Membership& membership,
                               const GlobalConfig& global, ScriptUsers& users,
                               Diagnostics& diagnostics, VrrpConfig& config) {
  config.instances.reserve(draft.instances.size());
  for (std::size_t at = 0; at < draft.instances.size(); ++at) {
    const std::size_t group = membership.group_of[at];
    const Surroundings around{global, group == Membership::kNone ? nullptr : &draft.groups[group],
                              users, diagnostics};
    auto complete = complete_instance(std::move(draft.instances[at]), around);
    if (!complete) return complete.error().message;
    config.instances.push_back(*std::move(complete));
  }
  return {};
}

}  // namespace

Verified verify(VrrpDraft draft, const GlobalConfig& global, ScriptUsers& users,
                Diagnostics& diagnostics) {
  Verified verified;
  VrrpConfig& config = verified.config;
  // They were part of the section before it was moved here.
  for (InstanceDraft& instance : draft.instances) instance.section = &draft;
  take_scripts(draft, users, config);
  config.processes = std::move(draft.processes);
  if (!draft.instances.empty()) drop_missing_scripts(config, draft, diagnostics);
  // As the original: one that lacks the minimum stops the checks of all.
  std::vector<std::string> polled;
  for (const auto& instance : draft.instances) {
    if (!has_minimum(instance, diagnostics, verified.cannot_run)) return verified;
    if (instance.linkbeat_polling && !instance.interface.empty())
      polled.push_back(instance.interface);
  }
  const Membership membership = find_members(draft, diagnostics);
  verified.cannot_run = complete_instances(draft, membership, global, users, diagnostics, config);
  if (!verified.cannot_run.empty()) return verified;
  verified.cannot_run = find_conflicts(draft, config, diagnostics);
  if (!verified.cannot_run.empty()) return verified;
  disable_vmac_conflicts(membership, diagnostics, config);
  complete_track_groups(draft, diagnostics, config);
  complete_groups(draft, membership, global, users, diagnostics, config);
  complete_interfaces(draft, polled, diagnostics, config);
  complete_static(std::move(draft.routing), config, diagnostics);
  note_unused_scripts(config, diagnostics);
  for (const InstanceConfig& instance : config.instances) {
    if (const auto why = why_not_runnable(instance); !why.empty()) {
      diagnostics.add(Severity::note, Location{}, fmt::format("({}) {}", instance.name, why));
    }
  }
  return verified;
}

}  // namespace understudy::vrrp
