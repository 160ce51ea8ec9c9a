// One virtual router as it runs in the process: its machine and what serves it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "daemon/base/loop.hpp"
#include "vrrp/authentication.hpp"
#include "vrrp/garp_schedule.hpp"
#include "vrrp/machine.hpp"

namespace understudy::vrrp {

/// State of a virtual router that is not its machine's: timers, counters on the wire.
struct Instance {
  Instance(Loop& loop, std::shared_ptr<const InstanceConfig> config, IpAddress primary,
           GarpSchedule schedule, std::function<void(Instance&)> on_deadline,
           std::function<void(Instance&)> on_announcements)
      : machine(std::move(config), primary),
        source(primary),
        garp(std::move(schedule)),
        timer(loop, [this, call = std::move(on_deadline)] { call(*this); }),
        garp_timer(loop, [this, call = std::move(on_announcements)] { call(*this); }) {}

  [[nodiscard]] const InstanceConfig& config() const { return machine.config(); }

  Machine machine;
  /// Of our adverts. An interface that lost its address still says with it that we leave.
  IpAddress source;
  GarpSchedule garp;
  /// Fires at machine.deadline().
  Timer timer;
  /// Fires at garp.deadline().
  Timer garp_timer;
  /// Identification of the last IPv4 packet sent; the first is 1.
  std::uint16_t packet_id = 0;
  /// When the last advert left; epoch: none did.
  TimePoint last_advert;
  /// errno of the last send that failed, until one succeeds: said once.
  int send_error = 0;
  /// What tracking said last.
  TrackingSummary tracking;
  /// Turns for which an expired timer has waited for adverts that are not read yet.
  unsigned deferrals = 0;
  /// Refused adverts already complained of since the master changed.
  std::set<RejectionReason> complaints;
  IpAddress complained_under;
};

}  // namespace understudy::vrrp
