// Groups of instances, and what interfaces are told: checks across blocks.
#pragma once

#include <vector>

#include "daemon/global/config.hpp"
#include "parser/diagnostics.hpp"
#include "vrrp/config.hpp"
#include "vrrp/draft.hpp"
#include "vrrp/verify_instance.hpp"

namespace understudy::vrrp {

/// Which sync group each instance is in.
struct Membership {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  /// By position in VrrpDraft::instances: the position in VrrpDraft::groups, or kNone.
  std::vector<std::size_t> group_of;
  /// By position in VrrpDraft::groups: the positions of the members.
  std::vector<std::vector<std::size_t>> members;
};

/// Finds the members of the sync groups; reports names that are none and groups that make no sense.
[[nodiscard]] Membership find_members(const VrrpDraft& draft, parser::Diagnostics& diagnostics);

/// Completes the groups that have members. `config.instances` has those of the draft in order.
void complete_groups(VrrpDraft& draft, const Membership& membership, const GlobalConfig& global,
                     ScriptUsers& users, parser::Diagnostics& diagnostics, VrrpConfig& config);

/// Completes the track groups; names without an instance, and groups of only such, are noted and
/// left out.
void complete_track_groups(VrrpDraft& draft, parser::Diagnostics& diagnostics, VrrpConfig& config);

/// Completes what is said of interfaces; delays must fit the instances on them. `polled`:
/// interfaces whose links instances want to be asked for.
void complete_interfaces(VrrpDraft& draft, const std::vector<std::string>& polled,
                         parser::Diagnostics& diagnostics, VrrpConfig& config);

/// Reports virtual routers that would answer each other. Gives the first such report; empty: none.
[[nodiscard]] std::string find_conflicts(const VrrpDraft& draft, const VrrpConfig& config,
                                         parser::Diagnostics& diagnostics);

/// Two instances with one virtual interface, if they are no sync group, are reported, and one of
/// them does not run.
void disable_vmac_conflicts(const Membership& membership, parser::Diagnostics& diagnostics,
                            VrrpConfig& config);

}  // namespace understudy::vrrp
