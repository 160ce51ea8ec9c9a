// What the text says about VRRP before defaults: the keyword rows fill this, verify turns it into
// VrrpConfig. An empty optional means that the keyword was not there.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/interface_facts.hpp"
#include "daemon/global/draft.hpp"
#include "daemon/global/script_text.hpp"
#include "vrrp/config.hpp"
#include "vrrp/routing_draft.hpp"

namespace understudy::vrrp {

/// vrrp_script { }.
struct TrackScriptDraft {
  TrackScript script;
  ScriptText text;
  /// Its `user` does not exist: it must not run.
  bool user_unknown = false;
};

/// notify_* of an instance or a group.
struct NotifyDraft {
  std::optional<ScriptText> master;
  std::optional<ScriptText> backup;
  std::optional<ScriptText> fault;
  std::optional<ScriptText> stop;
  std::optional<ScriptText> deleted;
  bool tell_deletion = false;
  std::optional<ScriptText> master_rx_lower_pri;
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
  std::optional<unsigned> extra_interval;
  bool extra_all = false;
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
  /// Address and device of both.
  std::set<std::pair<IpAddress, std::string>> address_index;
  std::set<std::pair<IpAddress, std::string>> excluded_index;
  std::vector<Route> routes;
  std::vector<Rule> rules;
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
  Rare<TrackReferences> track;
  Rare<NotifyDraft> notify;
  Rare<UnicastConfig> unicast;
  Rare<VirtualMac> vmac;
  Rare<Ipvlan> ipvlan;
  /// Complete when hmac_given and its keys have the active one.
  Rare<HmacAuthentication> hmac;
  bool hmac_given = false;
  std::optional<std::uint8_t> down_timer_adverts;
  std::uint8_t timer_expired_backup = 0;
  std::uint8_t debug = 0;
  std::optional<bool> owner_ignore_adverts;
  std::optional<bool> v3_checksum_as_v2;
  bool track_source = false;
  bool promote_secondaries = false;
  /// The deprecated linkbeat_use_polling: its interface's link is polled.
  bool linkbeat_polling = false;
  unsigned kernel_rx_buf_size = 0;
  /// A keyword of unicast operation was used: an interface is then not required.
  bool unicast_configured = false;
};

/// vrrp_sync_group { }.
struct SyncGroupDraft {
  /// What it is part of.
  VrrpDraft* section = nullptr;
  std::string name;
  /// As written; nullopt: no `group` block.
  std::optional<std::vector<std::string>> members;
  Rare<TrackReferences> track;
  Rare<NotifyDraft> notify;
  std::optional<bool> smtp_alert;
  std::optional<bool> notify_priority_changes;
  bool tracking_weight = false;
};

/// track_group { }.
struct TrackGroupDraft {
  std::string name;
  /// nullopt: no `group` block.
  std::optional<std::vector<std::string>> members;
};

/// garp_group { }.
struct GarpGroupDraft {
  /// What it is part of.
  VrrpDraft* section = nullptr;
  GarpGroup group;
};

/// What a file with a key of auth_hmac was found to be.
struct KeyFile {
  /// Why it cannot be read; empty: it was.
  std::string problem;
  /// Its mode lets others than its owner at it.
  bool open_to_others = false;
  bool too_large = false;
  std::string content;
  bool operator==(const KeyFile&) const = default;
};

/// Reads a file of at most the size of a key.
[[nodiscard]] KeyFile load_key_file(const std::string& path);

/// Things found by name: the first one of a name counts.
using NameIndex = std::unordered_map<std::string, std::size_t>;

/// All of VRRP as written.
struct VrrpDraft {
  /// What the top level and global_defs say; complete before this section is read.
  const GlobalDraft* global = nullptr;
  /// Whether a bfd_instance of that name stands before a place in the text.
  std::function<bool(std::string_view name, parser::Location use)> bfd_defined;
  std::vector<TrackScriptDraft> scripts;
  std::vector<TrackProcess> processes;
  std::vector<SyncGroupDraft> groups;
  std::vector<InstanceDraft> instances;
  std::vector<GarpGroup> garp_groups;
  std::vector<InterfaceDelay> interface_delays;
  std::vector<LinkbeatInterface> linkbeat_interfaces;
  std::vector<TrackGroupDraft> static_groups;
  /// Names of the complete ones.
  std::unordered_set<std::string> track_groups;
  RoutingDraft routing;
  /// Of the vectors above, what is complete (of instances, groups: also what is being read).
  NameIndex script_index;
  NameIndex process_index;
  NameIndex group_index;
  NameIndex instance_index;
  /// Interface names given to use_vmac and use_ipvlan, and the instance each is for.
  std::unordered_map<std::string, std::string> vmac_names;
  /// Interfaces that are in a garp_group.
  std::unordered_set<std::string> garp_interfaces;
  /// The one being read.
  GarpGroupDraft garp_group;
  /// `interfaces` blocks of all of them so far.
  unsigned garp_interface_blocks = 0;
  /// Within the block being read: what is there already, kind and name.
  std::unordered_set<std::string> seen_in_block;
  /// Whether an interface exists, or need not.
  std::function<bool(const std::string&)> interface_exists;
  /// Whether there is one now.
  std::function<bool(const std::string&)> interface_is_there = [](const std::string&) {
    return false;
  };
  /// What there is to know of it.
  std::function<InterfaceFacts(const std::string&)> facts = [](const std::string&) {
    return InterfaceFacts{};
  };
  /// Reads a key, as load_key_file() does; or gives what it said when the text was first read.
  std::function<KeyFile(const std::string& path)> read_key_file = load_key_file;
  /// Whether there is a user to run a script as; complains if not.
  std::function<bool(const ScriptText&)> has_user;
  /// The first complaint about an interface that does not.
  std::string missing_interface;
};

}  // namespace understudy::vrrp
