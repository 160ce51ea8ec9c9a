// Whether a tracked process has its quorum: a count of processes, and delays before a change of it
// is believed. Pure.
#pragma once

#include <optional>

#include "daemon/base/types.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// One vrrp_track_process. Before the first count it has no quorum, and the first is believed at
/// once.
class ProcessQuorum {
 public:
  /// There are `count` processes now. More of them are believed after fork_delay, fewer after
  /// terminate_delay; a change that is undone within its delay never was.
  void counted(const TrackProcess& config, unsigned count, TimePoint now);
  /// A reload: the delays under way go on, the limits are the new ones.
  void reconfigure(const TrackProcess& config);
  /// deadline() is reached.
  void expire(const TrackProcess& config, TimePoint now);

  [[nodiscard]] std::optional<TimePoint> deadline() const { return deadline_; }
  [[nodiscard]] bool reached() const { return reached_; }
  [[nodiscard]] bool known() const { return count_.has_value(); }
  [[nodiscard]] unsigned count() const { return count_.value_or(0); }

 private:
  std::optional<unsigned> count_;
  bool reached_ = false;
  std::optional<TimePoint> deadline_;
};

}  // namespace understudy::vrrp
