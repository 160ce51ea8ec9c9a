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
#include "vrrp/standing.hpp"

namespace understudy::vrrp {

/// Number of an instance in its ensemble.
using InstanceId = Strong<struct InstanceIdTag, std::uint32_t>;
/// Number of a sync group in its ensemble: its place in the configuration in force.
using GroupId = Strong<struct GroupIdTag, std::uint32_t>;

/// One sync group at run time.
class Group {
 public:
  /// `config` outlives the group or is shared with it; members in the order of the configuration.
  Group(std::shared_ptr<const SyncGroup> config, std::vector<InstanceId> members);

  [[nodiscard]] const SyncGroup& config() const { return *config_; }
  [[nodiscard]] const std::vector<InstanceId>& members() const { return members_; }
  /// The state all members have between two turns; init before the first.
  [[nodiscard]] RouterState state() const { return state_; }

  /// Goes on from the group of that name in the configuration until now.
  void continue_from(const Group& before);

  /// A member's standing has changed; the first time `before` is a default one.
  void count(const Standing& before, const Standing& after);
  /// What is forbidden to the member with this standing.
  [[nodiscard]] Hold hold(const Standing& member) const;
  /// Some member is in FAULT in a way that scripts are told of.
  [[nodiscard]] bool failing() const { return failing_ > 0; }
  [[nodiscard]] bool faulty() const { return faulty_ > 0; }
  /// It is in a FAULT that is to be told of and was not yet.
  [[nodiscard]] bool untold() const {
    return state_ == RouterState::fault && failing_ > 0 && !told_;
  }
  /// Every member wants to be master.
  [[nodiscard]] bool all_want_master() const { return wanting_ == members_.size(); }

  /// Begins the group's way to `to`: the line that says so (none from init).
  [[nodiscard]] Actions announce(RouterState to) const;
  /// All members have reached `to`: tells scripts, FIFOs and mail. A FAULT that is only something
  /// unknown is told of when it becomes a real one.
  [[nodiscard]] Actions reach(RouterState to);
  /// A member heard a lesser master: whether the others are to announce their addresses again too,
  /// which they do at most once in `interval`.
  [[nodiscard]] bool spreads_overlap(TimePoint now, Duration interval);

 private:
  std::shared_ptr<const SyncGroup> config_;
  std::vector<InstanceId> members_;
  RouterState state_ = RouterState::init;
  /// The last state that was mailed: none is mailed twice in a row.
  RouterState mailed_ = RouterState::init;
  /// Somebody was told of state_.
  bool told_ = false;
  TimePoint overlapped_;
  std::uint32_t faulty_ = 0;
  std::uint32_t failing_ = 0;
  std::uint32_t wanting_ = 0;
};

}  // namespace understudy::vrrp
