// Counts running processes, by the kernel's process events or, where it has none for us, by looking
// at /proc every second.
//
// A thread of normal priority does it: neither a storm of forks nor a long /proc delays the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/fd.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/run/process_match.hpp"

namespace understudy::run {

/// Receive buffer of the events' socket (process_monitor_rcv_bufs); 0 octets: the system's.
struct ProcessEventBuffer {
  std::uint32_t octets = 0;
  /// Exceed the system's limit.
  bool force = false;
};

/// The counts of the processes it is given.
class ProcessWatch {
 public:
  /// So many processes match `name` now; called from the loop, for each once and at each change.
  using OnCount = std::function<void(const std::string& name, unsigned count)>;

  /// `events`: a socket of open_process_events() that stays open, from before a network namespace
  /// was entered; -1: it is opened here.
  ProcessWatch(Loop& loop, Log& log, int events, OnCount on_count);
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;
  ~ProcessWatch();

  /// Counts these from now on, and tells all counts anew unless they are the same as before.
  void configure(std::vector<WatchedProcess> processes, ProcessEventBuffer buffer);

 private:
  struct Shared;
  void stop();
  void take();

  Loop& loop_;
  Log& log_;
  const int inherited_;
  OnCount on_count_;
  std::vector<WatchedProcess> processes_;
  /// The socket, if it is ours.
  Fd events_;
  /// It was said that there are no events.
  bool said_ = false;
  std::unique_ptr<Shared> shared_;
  std::unique_ptr<Watch> watch_;
  std::thread thread_;
};

}  // namespace understudy::run
