#include "vrrp/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "vrrp/verify_instance.hpp"

namespace understudy::vrrp {

namespace {

using parser::Diagnostics;
using parser::Location;
using parser::Severity;

/// Whether an instance has what none can do without.
bool has_minimum(const InstanceDraft& draft, Diagnostics& diagnostics, std::string& why) {
  if (draft.vrid == 0) {
    why = fmt::format("({}) the virtual router id must be set", draft.name);
  } else if (draft.interface.empty() && !draft.unicast_configured) {
    why = fmt::format("({}) Unknown interface!", draft.name);
  } else {
    return true;
  }
  diagnostics.add(Severity::error, Location{}, why);
  return false;
}

/// Two virtual routers with one id, one group and one interface would answer each other.
bool ids_conflict(const std::vector<InstanceConfig>& instances, Diagnostics& diagnostics,
                  std::string& why) {
  bool conflict = false;
  for (auto first = instances.begin(); first != instances.end(); ++first) {
    for (auto second = std::next(first); second != instances.end(); ++second) {
      if (first->vrid != second->vrid || first->interface != second->interface ||
          first->mcast_group != second->mcast_group) {
        continue;
      }
      auto message = fmt::format("{} and {} both use VRID {} with IPv{} on interface {}",
                                 first->name, second->name, first->vrid.value(),
                                 first->mcast_group.is_v6() ? 6 : 4, first->interface);
      diagnostics.add(Severity::error, Location{}, message);
      if (!conflict) why = std::move(message);
      conflict = true;
    }
  }
  return conflict;
}

/// Gives each tracking script its user; that there is one was seen when it was read.
void take_scripts(VrrpDraft& draft, ScriptUsers& users, VrrpConfig& config) {
  for (auto& [script, text, user_unknown] : draft.scripts) {
    script.command = users.call<ScriptCall>(text, "vrrp");
    config.scripts.push_back(std::move(script));
  }
}

/// A tracking script whose program is not there is not tracked: a machine where it is not installed
/// yet serves all the same.
void drop_missing_scripts(VrrpConfig& config, std::vector<InstanceDraft>& instances,
                          Diagnostics& diagnostics) {
  std::erase_if(config.scripts, [&](const TrackScript& script) {
    const auto& argv = script.command.argv;
    if (argv[0].starts_with('<') || script_exists(argv)) return false;
    diagnostics.add(
        Severity::error, Location{},
        fmt::format("Disabling track script {} since not found/accessible", script.name));
    for (auto& instance : instances) {
      std::erase_if(instance.track_scripts,
                    [&](const TrackReference& reference) { return reference.name == script.name; });
    }
    return true;
  });
}

/// Tracking scripts that no instance refers to are not run.
void drop_unused_scripts(VrrpConfig& config, Diagnostics& diagnostics) {
  std::erase_if(config.scripts, [&](const TrackScript& script) {
    const bool used = std::ranges::any_of(config.instances, [&](const InstanceConfig& instance) {
      return std::ranges::any_of(instance.track_scripts, [&](const TrackReference& reference) {
        return reference.name == script.name;
      });
    });
    if (!used) {
      diagnostics.add(Severity::note, Location{},
                      fmt::format("Warning - script {} is not used", script.name));
    }
    return !used;
  });
}

}  // namespace

Verified verify(VrrpDraft draft, const GlobalConfig& global, ScriptUsers& users,
                Diagnostics& diagnostics) {
  Verified verified;
  take_scripts(draft, users, verified.config);
  if (draft.instances.empty()) return verified;
  drop_missing_scripts(verified.config, draft.instances, diagnostics);
  // As the original: one that lacks the minimum stops the checks of all.
  for (const auto& instance : draft.instances) {
    if (!has_minimum(instance, diagnostics, verified.cannot_run)) return verified;
  }
  for (auto& instance : draft.instances) {
    auto complete = complete_instance(std::move(instance), global, users, diagnostics);
    if (!complete) {
      verified.cannot_run = complete.error().message;
      return verified;
    }
    if (complete->mcast_group.is_v6()) {
      diagnostics.add(Severity::note, Location{},
                      fmt::format("({}) IPv6 adverts are not supported in this version yet: the "
                                  "instance does not run",
                                  complete->name));
      continue;
    }
    verified.config.instances.push_back(*std::move(complete));
  }
  if (ids_conflict(verified.config.instances, diagnostics, verified.cannot_run)) return verified;
  drop_unused_scripts(verified.config, diagnostics);
  return verified;
}

}  // namespace understudy::vrrp
