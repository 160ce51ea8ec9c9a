// Running scripts: without a shell, as their user, in a process group of their own, and never
// longer than they may.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/messages.hpp"
#include "daemon/run/script_guard.hpp"

namespace understudy::run {

/// Names a run of a script; 0 is none.
using ScriptId = std::uint64_t;

/// Runs scripts as children of this process, which has to be single-threaded. A script whose daemon
/// dies is ended by the guard. At most kMostScripts run at once, more wait.
class ScriptRunner {
 public:
  /// `code` is as in TrackScriptResult.
  using Done = std::function<void(ScriptEnd end, int code)>;

  ScriptRunner(Loop& loop, Log& log, Children& children);
  ScriptRunner(const ScriptRunner&) = delete;
  ScriptRunner& operator=(const ScriptRunner&) = delete;
  /// Calls no Done. What runs gets SIGTERM and, after kScriptGrace, SIGKILL.
  ~ScriptRunner();

  /// Runs `command`. After `timeout` (0: none) `done` is told timed_out at once and the script's
  /// group gets SIGTERM, after kScriptGrace SIGKILL; else `done` is called when it has ended, never
  /// from within run().
  ScriptId run(const ScriptCommand& command, Duration timeout, Done done);
  /// One run at a time of a tracking script: if the last run of this name has not gone yet (it does
  /// not even die), the answer is timed_out and nothing is started.
  void run_tracking(const std::string& name, const ScriptCommand& command, Duration timeout,
                    Done done);
  /// SIGTERM to its group, SIGKILL after kScriptGrace; `done` is called when it has ended.
  void terminate(ScriptId id);
  /// Whether its first process has not ended yet.
  [[nodiscard]] bool running(ScriptId id) const;
  /// terminate() for all; those not started yet are answered with not_started, ECANCELED.
  void stop_all();
  /// Nothing runs or waits.
  [[nodiscard]] bool idle() const;

  /// With security on (enable_script_security), a script is looked at again each time before it is
  /// executed; one that others may change is not started (EPERM).
  void set_security(bool on) { security_ = on; }

 private:
  struct Run;
  void start_waiting();
  Result<void> start(Run& run);
  [[noreturn]] void become_script(const Run& run, pid_t daemon);
  void time_out(Run& run);
  void force(Run& run);
  void ended(ScriptId id, int status);
  void finish(ScriptId id, ScriptEnd end, int code);
  void log_failure(const ScriptCommand& command, int error);

  Loop& loop_;
  Log& log_;
  Children& children_;
  ScriptGuard guard_;
  bool security_ = false;
  ScriptId next_id_ = 1;
  std::map<ScriptId, std::unique_ptr<Run>> runs_;
  /// Not started yet.
  std::deque<ScriptId> waiting_;
  Timer starter_;
  /// Runs of tracking scripts that have not ended.
  std::map<std::string, ScriptId> tracking_;
  /// Why a program could not be started the last time, so that it is logged once.
  std::map<std::string, int> failures_;
};

}  // namespace understudy::run
