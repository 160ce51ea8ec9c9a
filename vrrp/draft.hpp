// What the text says about VRRP before defaults: the keyword rows fill this, verify turns it into
// VrrpConfig. An empty optional means that the keyword was not there.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/global/draft.hpp"
#include "daemon/global/script_text.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// vrrp_script { }.
struct TrackScriptDraft {
  TrackScript script;
  ScriptText text;
  /// Its `user` does not exist: it must not run.
  bool user_unknown = false;
};

/// notify_* of an instance.
struct NotifyDraft {
  std::optional<ScriptText> master;
  std::optional<ScriptText> backup;
  std::optional<ScriptText> fault;
  std::optional<ScriptText> stop;
  std::optional<ScriptText> any;
};

/// garp_* of an instance, seconds and counts.
struct GarpDraft {
  std::optional<unsigned> delay;
  std::optional<unsigned> repeat;
  std::optional<unsigned> refresh;
  std::optional<unsigned> refresh_repeat;
  std::optional<unsigned> lower_prio_delay;
  std::optional<unsigned> lower_prio_repeat;
};

struct VrrpDraft;

/// vrrp_instance { }.
struct InstanceDraft {
  /// What it is part of; for names that must be known before they are used.
  VrrpDraft* section = nullptr;
  std::string name;
  /// nullopt: derived from the priority.
  std::optional<RouterState> state;
  std::string interface;
  std::uint8_t vrid = 0;
  /// nullopt: derived from the state.
  std::optional<std::uint8_t> priority;
  /// 0: vrrp_version of global_defs.
  std::uint8_t version = 0;
  /// Of the first address; decides what else may be there.
  Family family = Family::none;
  std::optional<std::chrono::microseconds> advert_interval;
  Authentication authentication = Authentication::none;
  std::string password;
  std::optional<IpAddress> mcast_source;
  std::optional<IpAddress> mcast_group;
  std::vector<VirtualAddress> addresses;
  std::vector<VirtualAddress> excluded;
  bool no_addresses = false;
  bool nopreempt = false;
  std::chrono::microseconds preempt_delay{0};
  std::optional<bool> strict;
  std::optional<bool> accept;
  std::optional<bool> skip_check_adv_addr;
  bool dont_track_primary = false;
  std::optional<bool> lower_prio_no_advert;
  std::optional<bool> higher_prio_send_advert;
  std::optional<bool> smtp_alert;
  std::optional<bool> notify_priority_changes;
  GarpDraft garp;
  std::vector<TrackReference> track_interfaces;
  std::vector<TrackReference> track_scripts;
  NotifyDraft notify;
  /// A keyword of unicast operation was used: an interface is then not required.
  bool unicast_configured = false;
  /// unicast_peer has entries.
  bool unicast_peers = false;
  /// A source address was given.
  bool source_given = false;
};

/// All of VRRP as written.
struct VrrpDraft {
  /// What the top level and global_defs say; complete before this section is read.
  const GlobalDraft* global = nullptr;
  /// Whether a bfd_instance of that name stands before a place in the text.
  std::function<bool(std::string_view name, parser::Location use)> bfd_defined;
  std::vector<TrackScriptDraft> scripts;
  std::vector<InstanceDraft> instances;
  /// Whether an interface exists, or need not.
  std::function<bool(const std::string&)> interface_exists;
  /// Whether there is a user to run a script as; complains if not.
  std::function<bool(const ScriptText&)> has_user;
  /// The first complaint about an interface that does not.
  std::string missing_interface;
};

}  // namespace understudy::vrrp
