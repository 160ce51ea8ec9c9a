#include "vrrp/verify_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>

namespace understudy::vrrp {

namespace {

using parser::Diagnostics;
using parser::Location;
using parser::Severity;
using Microseconds = std::chrono::microseconds;

/// What the members say they start as: all as masters and owners, or a backup is among them.
enum class Wanted : std::uint8_t { nothing, master, backup };

Wanted wanted_state(const InstanceDraft& instance) {
  return instance.state == RouterState::master && instance.priority == kOwnerPriority.value()
             ? Wanted::master
             : Wanted::backup;
}

/// The members of one group, in the order they are named.
std::vector<std::size_t> members_of(std::size_t at, const VrrpDraft& draft, Membership& membership,
                                    Diagnostics& diagnostics) {
  const SyncGroupDraft& group = draft.groups[at];
  std::vector<std::size_t> members;
  Wanted state = Wanted::nothing;
  const auto complain = [&](std::string message) {
    diagnostics.add(Severity::error, Location{}, std::move(message));
  };
  for (const std::string& name : *group.members) {
    const auto found = draft.instance_index.find(name);
    if (found == draft.instance_index.end()) {
      complain(fmt::format("Virtual router {} specified in sync group {} doesn't exist - ignoring",
                           name, group.name));
      continue;
    }
    if (membership.group_of[found->second] != Membership::kNone) {
      complain(
          fmt::format("Virtual router {} cannot exist in more than one sync group; ignoring {}",
                      name, group.name));
      continue;
    }
    membership.group_of[found->second] = at;
    members.push_back(found->second);
    const InstanceDraft& instance = draft.instances[found->second];
    if (state == Wanted::master && instance.state == RouterState::backup) {
      complain(
          fmt::format("Sync group {} has some member(s) as address owner and some not as address "
                      "owner. This won't work.",
                      group.name));
    }
    if (state != Wanted::backup) state = wanted_state(instance);
  }
  if (members.empty()) {
    complain(
        fmt::format("Sync group {}, no matching virtual router found in group declaration - "
                    "removing",
                    group.name));
  } else if (members.size() == 1) {
    complain(
        fmt::format("Sync group {} has only 1 virtual router(s) - this probably isn't what "
                    "you want",
                    group.name));
  }
  return members;
}

/// With an address owner among the members no weight can count.
void clear_weights(const std::string& group, TrackReferences& track, Diagnostics& diagnostics) {
  const auto clear = [&](std::vector<TrackReference>& references, std::string_view kind,
                         std::string_view done) {
    for (TrackReference& reference : references) {
      if (reference.weight.value_or(0) == 0) continue;
      diagnostics.add(Severity::error, Location{},
                      fmt::format("({}) Cannot have weighted track {} '{}' with member having "
                                  "priority {} - {}",
                                  group, kind, reference.name, kOwnerPriority.value(), done));
      reference.weight = 0;
    }
  };
  clear(track.scripts, "script", "clearing weight");
  clear(track.files, "file", "setting weight 0");
  clear(track.processes, "process", "setting weight 0");
  clear(track.bfds, "bfd", "setting weight 0");
  clear(track.interfaces, "interface", "clearing weight");
}

/// A link that counts for an instance may not count for its group as well.
void report_tracked_twice(const SyncGroup& group, const InstanceConfig& member,
                          Diagnostics& diagnostics) {
  std::unordered_set<std::string_view> own;
  if (!member.dont_track_primary) own.insert(member.interface);
  for (const TrackReference& reference : member.track->interfaces) own.insert(reference.name);
  for (const TrackReference& reference : group.track->interfaces) {
    if (!own.contains(reference.name)) continue;
    diagnostics.add(Severity::error, Location{},
                    fmt::format("({}) track_interface {} is configured on VRRP instance and sync "
                                "group. Remove vrrp instance or sync group config",
                                member.name, reference.name));
  }
}

/// A delay must end before an instance on that interface would miss its master. Gives whether it
/// was changed.
bool shorten(InterfaceDelay& delay, const InstanceConfig& instance) {
  constexpr int kSkewParts = 256;
  if (instance.down_timer_adverts == 1) {
    const bool any = delay.up != Microseconds(0) || delay.down != Microseconds(0);
    delay.up = delay.down = Microseconds(0);
    return any;
  }
  const Microseconds longest = (instance.down_timer_adverts - 1) * instance.advert_interval -
                               instance.advert_interval / kSkewParts;
  if (delay.down <= longest) return false;
  if (delay.up == delay.down) delay.up = longest;
  delay.down = longest;
  return true;
}

void fit_delays(const VrrpDraft& draft, std::map<std::string, InterfaceDelay>& delays,
                const VrrpConfig& config, Diagnostics& diagnostics) {
  if (delays.empty()) return;
  for (const InstanceConfig& instance : config.instances) {
    if (instance.interface.empty()) continue;
    const InterfaceFacts facts = draft.facts(instance.interface);
    const auto found = delays.find(facts.base.empty() ? instance.interface : facts.base);
    if (found == delays.end() || !shorten(found->second, instance)) continue;
    diagnostics.add(
        Severity::note, Location{},
        instance.down_timer_adverts == 1
            ? fmt::format("{}: cannot use debounce timers with down_timer_adverts = 1 - resetting",
                          instance.name)
            : fmt::format("{}: interface {} debounce timer(s) not less that {} * advert_int - "
                          "resetting",
                          instance.name, instance.interface, instance.down_timer_adverts - 1));
  }
}

}  // namespace

Membership find_members(const VrrpDraft& draft, Diagnostics& diagnostics) {
  Membership membership;
  membership.group_of.assign(draft.instances.size(), Membership::kNone);
  for (std::size_t at = 0; at < draft.groups.size(); ++at) {
    membership.members.push_back(members_of(at, draft, membership, diagnostics));
  }
  return membership;
}

void complete_groups(VrrpDraft& draft, const Membership& membership, const GlobalConfig& global,
                     ScriptUsers& users, Diagnostics& diagnostics, VrrpConfig& config) {
  for (std::size_t at = 0; at < draft.groups.size(); ++at) {
    const auto& members = membership.members[at];
    if (members.empty()) continue;
    SyncGroupDraft& from = draft.groups[at];
    SyncGroup& group = config.groups.emplace_back();
    group.name = std::move(from.name);
    bool has_owner = false;
    for (const std::size_t member : members) {
      group.members.push_back(config.instances[member].name);
      has_owner = has_owner || config.instances[member].owner();
    }
    group.track = std::move(from.track);
    if (has_owner) clear_weights(group.name, group.track.edit(), diagnostics);
    if (!group.track->interfaces.empty()) {
      for (const std::size_t member : members) {
        report_tracked_twice(group, config.instances[member], diagnostics);
      }
    }
    group.notify = complete_notify(*from.notify, users);
    group.smtp_alert = from.smtp_alert.value_or(
        global.smtp_alert_vrrp.value_or(global.smtp_alert.value_or(false)));
    group.smtp_alert_faults = !global.no_email_faults;
    group.notify_priority_changes =
        from.notify_priority_changes.value_or(global.vrrp_notify_priority_changes);
    group.tracking_weight = from.tracking_weight;
  }
}

void complete_track_groups(VrrpDraft& draft, Diagnostics& diagnostics, VrrpConfig& config) {
  const auto note = [&](std::string message) {
    diagnostics.add(Severity::note, Location{}, std::move(message));
  };
  for (TrackGroupDraft& draft_group : draft.static_groups) {
    TrackGroup group{std::move(draft_group.name), {}};
    for (std::string& name : *draft_group.members) {
      if (draft.instance_index.contains(name)) {
        group.members.push_back(std::move(name));
      } else {
        note(fmt::format("vrrp instance {} specified in track group {} doesn't exist - ignoring",
                         name, group.name));
      }
    }
    if (group.members.empty()) {
      note(fmt::format("Static track group {} has no VRRP instance(s)", group.name));
    } else {
      config.track_groups.push_back(std::move(group));
    }
  }
}

void complete_interfaces(VrrpDraft& draft, const std::vector<std::string>& polled,
                         Diagnostics& diagnostics, VrrpConfig& config) {
  std::map<std::string, InterfaceDelay> delays;
  for (InterfaceDelay& delay : draft.interface_delays) {
    delays.insert_or_assign(delay.interface, delay);
  }
  fit_delays(draft, delays, config, diagnostics);
  for (auto& [name, delay] : delays) config.interface_delays.push_back(std::move(delay));

  std::map<std::string, LinkbeatInterface> linkbeat;
  for (LinkbeatInterface& entry : draft.linkbeat_interfaces) {
    linkbeat.insert_or_assign(entry.interface, entry);
  }
  for (const std::string& name : polled) linkbeat.emplace(name, LinkbeatInterface{name});
  for (auto& [name, entry] : linkbeat) config.linkbeat_interfaces.push_back(std::move(entry));
  config.garp_groups = std::move(draft.garp_groups);
}

}  // namespace understudy::vrrp
