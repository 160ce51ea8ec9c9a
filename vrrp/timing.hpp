// The timers of RFC 3768 section 6.1 (version 2) and RFC 5798 section 6.1 (version 3).
#pragma once

#include <chrono>
#include <cstdint>

#include "daemon/base/types.hpp"

namespace understudy::vrrp {

/// For messages.
[[nodiscard]] constexpr double in_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// Intervals without an advert after which the master is taken for dead, unless configured
/// otherwise (down_timer_adverts).
inline constexpr int kDownIntervals = 3;

/// How long a backup waits beyond three intervals, so that the best backup is the first. Version 2:
/// (256 - priority) / 256 seconds, whatever the interval. Version 3: that share of the master's
/// interval.
[[nodiscard]] constexpr Duration skew_time(std::uint8_t version, Priority priority,
                                           Duration master_interval) {
  const Duration unit = version == 3 ? master_interval : Duration(std::chrono::seconds(1));
  return unit * (256 - priority.value()) / 256;
}

/// How long a backup hears nothing before it becomes master.
[[nodiscard]] constexpr Duration master_down_interval(std::uint8_t version, Priority priority,
                                                      Duration master_interval,
                                                      int down_intervals = kDownIntervals) {
  return down_intervals * master_interval + skew_time(version, priority, master_interval);
}

}  // namespace understudy::vrrp
