// A sync group (keepalived's vrrp_sync_group): instances that are master together, backup together
// and in FAULT together. A pure core that counts what its members want; the ensemble tells the
// members (ensemble.hpp).
//
// The rules: one faulty member puts all in FAULT until the last fault is gone. The group becomes
// master when every member wants to, and backup as soon as one of them gives way.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "daemon/base/types.hpp"
#include "vrrp/action.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// Number of an instance in its ensemble.
using InstanceId = Strong<struct InstanceIdTag, std::uint32_t>;
/// Number of a sync group in its ensemble: its place in the configuration in force.
using GroupId = Strong<struct GroupIdTag, std::uint32_t>;

/// What a member's machine is and wants.
struct Standing {
  RouterState state = RouterState::init;
  /// In FAULT by itself.
  bool faulty = false;
  /// A fault that scripts are told of, not only something unknown yet.
  bool failing = false;
  /// A backup that would be master if it were alone, or a master.
  bool wants_master = false;
  bool operator==(const Standing&) const = default;
};

/// What its group forbids a member at the moment.
struct Hold {
  /// To become master: others do not want to.
  bool master = false;
  /// To leave FAULT: others are faulty.
  bool recovery = false;
  bool operator==(const Hold&) const = default;
};

/// One sync group at run time.
class Group {
 public:
  /// `config` outlives the group or is shared with it; members in the order of the configuration.
  Group(std::shared_ptr<const SyncGroup> config, std::vector<InstanceId> members);

  [[nodiscard]] const SyncGroup& config() const { return *config_; }
  [[nodiscard]] const std::vector<InstanceId>& members() const { return members_; }
  /// The state all members have between two turns; init before the first.
  [[nodiscard]] RouterState state() const { return state_; }

  /// A member's standing has changed; the first time `before` is a default one.
  void count(const Standing& before, const Standing& after);
  /// What is forbidden to the member with this standing.
  [[nodiscard]] Hold hold(const Standing& member) const;
  /// Some member is in FAULT in a way that scripts are told of.
  [[nodiscard]] bool failing() const { return failing_ > 0; }
  [[nodiscard]] bool faulty() const { return faulty_ > 0; }
  /// Every member wants to be master.
  [[nodiscard]] bool all_want_master() const { return wanting_ == members_.size(); }

  /// Begins the group's way to `to`: the line that says so (none from init).
  [[nodiscard]] Actions announce(RouterState to) const;
  /// All members have reached `to`: tells scripts, FIFOs and mail.
  [[nodiscard]] Actions reach(RouterState to);

 private:
  std::shared_ptr<const SyncGroup> config_;
  std::vector<InstanceId> members_;
  RouterState state_ = RouterState::init;
  /// The last state that was mailed: none is mailed twice in a row.
  RouterState mailed_ = RouterState::init;
  std::uint32_t faulty_ = 0;
  std::uint32_t failing_ = 0;
  std::uint32_t wanting_ = 0;
};

}  // namespace understudy::vrrp
