// Completing one instance: its defaults, and the repairs within it.
#pragma once

#include "daemon/base/result.hpp"
#include "daemon/global/config.hpp"
#include "daemon/global/script_text.hpp"
#include "parser/diagnostics.hpp"
#include "vrrp/config.hpp"
#include "vrrp/draft.hpp"

namespace understudy::vrrp {

/// What completing an instance needs besides its draft.
struct Surroundings {
  const GlobalConfig& global;
  /// The sync group it is in; nullptr: none.
  const SyncGroupDraft* group;
  ScriptUsers& users;
  parser::Diagnostics& diagnostics;
};

/// Fills in every default and repairs what contradicts itself; each repair is reported. The error
/// is the reported reason why this instance cannot run at all.
[[nodiscard]] Result<InstanceConfig> complete_instance(InstanceDraft draft,
                                                       const Surroundings& around);

/// "10.0.0.1/24"; without the length of a host.
[[nodiscard]] std::string text_of(const VirtualAddress& address);

/// The scripts of an instance or a group, with the users they run as.
[[nodiscard]] Rare<NotifyScripts> complete_notify(const NotifyDraft& draft, ScriptUsers& users);

}  // namespace understudy::vrrp
