// One virtual router as it runs in the process: its machine and what serves it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "daemon/base/loop.hpp"
#include "vrrp/machine.hpp"
#include "vrrp/wire_state.hpp"

namespace understudy::vrrp {

/// State of a virtual router that is not its machine's: timers, counters on the wire.
struct Instance {
  Instance(Loop& loop, std::shared_ptr<const InstanceConfig> config, IpAddress primary,
           std::function<void(Instance&)> on_deadline)
      : machine(std::move(config), primary),
        source(primary),
        timer(loop, [this, call = std::move(on_deadline)] { call(*this); }) {}

  [[nodiscard]] const InstanceConfig& config() const { return machine.config(); }

  Machine machine;
  /// Of our adverts. An interface that lost its address still says with it that we leave.
  IpAddress source;
  /// Fires at machine.deadline().
  Timer timer;
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
  WireState wire;
};

}  // namespace understudy::vrrp
