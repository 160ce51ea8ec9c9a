// How much the kernel prefers this process: real-time priority, nice value, memory that is not
// swapped.
#pragma once

#include <cstdint>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"

namespace understudy::run {

/// What a process asks for.
struct SchedulingRequest {
  /// SCHED_RR priority 1..99 (sched(7)); 0: normal scheduling.
  int real_time_priority = 0;
  /// CPU time in microseconds that a real-time process may use without sleeping (RLIMIT_RTTIME,
  /// getrlimit(2)); 0: kDefaultLimit.
  std::uint64_t real_time_limit_us = 0;
  /// -20..19; used where the process is not real-time.
  int nice = 0;
  /// mlockall(2) present and future memory.
  bool no_swap = false;
  bool operator==(const SchedulingRequest&) const = default;
};

/// Real-time priority for the beginning of a process, until Scheduling::apply() says how it is to
/// run. Where it is refused nothing is said: that will.
void hurry(const SchedulingRequest& request);

/// Applies a request and watches over it: a process that passes its limit becomes a normal one, and
/// says so, instead of being killed or starving the machine.
class Scheduling {
 public:
  static constexpr std::uint64_t kDefaultLimit = 500'000;
  /// Nice value where real-time scheduling is refused and none is configured.
  static constexpr int kFallbackNice = -20;

  Scheduling(Loop& loop, Log& log);
  /// May be called again with another request, after a reload.
  void apply(const SchedulingRequest& request);

 private:
  void become_real_time(const SchedulingRequest& request);
  void become_normal(int nice);
  void lock_memory(bool lock);
  void overran();

  Log& log_;
  SchedulingRequest applied_;
  Signals demoted_;
};

}  // namespace understudy::run
