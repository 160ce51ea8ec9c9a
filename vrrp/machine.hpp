// The state machine of one virtual router (RFC 3768 section 6.4), a pure core.
//
// step() takes an event and the time, and says what to do; deadline() says when to call step() with
// TimerExpired. It owns no socket, clock or log, so whole networks run in a test under virtual
// time.
#pragma once

#include <memory>
#include <optional>

#include "daemon/base/types.hpp"
#include "vrrp/action.hpp"
#include "vrrp/event.hpp"

namespace understudy::vrrp {

/// One virtual router.
class Machine {
 public:
  /// `primary` is the source address of our adverts; it breaks ties (RFC 3768 section 6.4.3).
  Machine(std::shared_ptr<const InstanceConfig> config, IpAddress primary);

  /// Handles one event at `now` (never earlier than before) and returns what to do, in order. On
  /// becoming master the advert comes first.
  [[nodiscard]] Actions step(const Event& event, TimePoint now);
  /// When TimerExpired is due; nullopt: nothing is.
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  [[nodiscard]] RouterState state() const { return state_; }
  /// Configured priority plus tracking weight, within 1..254 (255 stays 255).
  [[nodiscard]] Priority effective_priority() const;
  /// Master down interval now in force (RFC 3768 section 6.1).
  [[nodiscard]] Duration master_down_interval() const;
  [[nodiscard]] const InstanceConfig& config() const { return *config_; }

 private:
  std::shared_ptr<const InstanceConfig> config_;
  IpAddress primary_;
  RouterState state_ = RouterState::init;
};

}  // namespace understudy::vrrp
