// What ends the scripts of a daemon that died.
//
// A small process beside the daemon sleeps until the daemon is gone, however it went (kill -9 too),
// and then ends every script that was still running, with all its process group. PR_SET_PDEATHSIG
// on the script alone would leave behind what the script had started.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <optional>

#include "daemon/base/loop.hpp"
#include "daemon/base/result.hpp"

namespace understudy::run {

/// Scripts that may run at once; more wait their turn.
inline constexpr std::size_t kMostScripts = 256;
/// Between SIGTERM and SIGKILL.
inline constexpr Duration kScriptGrace = std::chrono::seconds(2);

/// A line of the table that daemon, scripts being started and guard share.
struct GuardedScript {
  /// Process group; 0: nothing runs here. Written by the new process itself before it becomes the
  /// script, so there is no moment when a running script is not in the table.
  std::atomic<pid_t> group;
  /// Why the program could not be executed (errno); 0 if it was.
  std::atomic<int> start_error;
};

/// The shared table and the guard. The guard is started with the first script and again should
/// somebody have killed it.
class ScriptGuard {
 public:
  explicit ScriptGuard(Children& children);
  ScriptGuard(const ScriptGuard&) = delete;
  ScriptGuard& operator=(const ScriptGuard&) = delete;
  /// Leaves what still runs to the guard, which ends it and then itself.
  ~ScriptGuard();

  /// Starts the guard if it does not run; an error if it cannot be.
  Result<void> start();
  /// A free line, nullopt when kMostScripts run.
  std::optional<std::size_t> claim();
  void release(std::size_t line);
  [[nodiscard]] GuardedScript& at(std::size_t line);

 private:
  struct Table;
  [[noreturn]] void watch_over(pid_t daemon);
  void end_scripts();

  Children& children_;
  Table* table_ = nullptr;
  pid_t owner_;
  pid_t pid_ = 0;
};

}  // namespace understudy::run
