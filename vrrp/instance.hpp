// One virtual router as it runs in the process: its machine and what serves it.
#pragma once

#include <cstdint>

#include "daemon/base/loop.hpp"
#include "vrrp/machine.hpp"
#include "vrrp/sync_group.hpp"
#include "vrrp/wire_state.hpp"

namespace understudy::vrrp {

struct Instance;

/// Whoever looks after the timers of instances.
class DeadlineKeeper {
 public:
  DeadlineKeeper() = default;
  DeadlineKeeper(const DeadlineKeeper&) = delete;
  DeadlineKeeper& operator=(const DeadlineKeeper&) = delete;
  virtual ~DeadlineKeeper() = default;
  /// The instance's timer has fired.
  virtual void expire(Instance& instance) = 0;
};

/// State of a virtual router that is not its machine's: timers, counters on the wire.
struct Instance {
  Instance(Loop& loop, DeadlineKeeper& keeper, InstanceId number, const Machine& its_machine)
      : machine(its_machine),
        id(number),
        source(its_machine.primary()),
        timer(loop, [this, &keeper] { keeper.expire(*this); }) {}

  [[nodiscard]] const InstanceConfig& config() const { return machine.config(); }

  /// The ensemble's, where it is changed.
  const Machine& machine;
  const InstanceId id;
  /// Of our adverts. An interface that lost its address still says with it that we leave.
  IpAddress source;
  /// Fires at the machine's deadline, or before it: then it is armed again.
  Timer timer;
  /// When the last advert left; epoch: none did.
  TimePoint last_advert;
  /// errno of the last send that failed, until one succeeds: said once.
  int send_error = 0;
  /// Turns for which an expired timer has waited for adverts that are not read yet.
  std::uint16_t deferrals = 0;
  /// Identification of the last IPv4 packet sent; the first is 1.
  std::uint16_t packet_id = 0;
  WireState wire;
};

}  // namespace understudy::vrrp
