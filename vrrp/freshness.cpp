#include "vrrp/freshness.hpp"

#include <algorithm>

#include "vrrp/timing.hpp"

namespace understudy::vrrp {
namespace {

bool is_fresh_master(const InstanceConfig& config, TimePoint last_advert, TimePoint now) {
  // The shortest patience a peer can have: the highest priority below the owner's.
  const Duration patience =
      master_down_interval(config.version, Priority(kOwnerPriority.value() - 1),
                           config.advert_interval, config.down_timer_adverts);
  return last_advert <= now && now - last_advert < patience;
}

/// What is left of a backup's patience.
std::optional<MachineMemory> fresh_backup(const InstanceConfig& config, MachineMemory memory,
                                          TimePoint now) {
  const Duration interval = memory.master_interval.count() > 0 ? memory.master_interval
                                                               : Duration(config.advert_interval);
  const Duration patience =
      master_down_interval(config.version, config.priority, interval, config.down_timer_adverts);
  if (memory.timer_start > now || now - memory.timer_start >= patience) return std::nullopt;
  const Duration listening = interval + skew_time(config.version, config.priority, interval);
  memory.timer_start = std::max(memory.timer_start, now - (patience - listening));
  return memory;
}

}  // namespace

std::optional<MachineMemory> fresh(const InstanceConfig& config, const MachineMemory& memory,
                                   TimePoint last_advert, TimePoint now) {
  switch (memory.state) {
    case RouterState::master:
      return is_fresh_master(config, last_advert, now) ? std::optional(memory) : std::nullopt;
    case RouterState::backup:
      return fresh_backup(config, memory, now);
    default:
      return std::nullopt;
  }
}

}  // namespace understudy::vrrp
