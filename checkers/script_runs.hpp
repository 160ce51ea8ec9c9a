// Scripts of checks. The parent runs them: it can become another user, and what it started is ended
// whatever becomes of us.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "daemon/base/messages.hpp"
#include "daemon/base/types.hpp"

namespace understudy::checkers {

/// Asks the parent for runs of scripts and hands their outcomes to who asked. Each asker has a
/// place, and in each place one script runs at a time.
class ScriptRuns {
 public:
  using Send = std::function<void(const TrackScriptRun&)>;
  /// `code` is as in TrackScriptResult.
  using Done = std::function<void(ScriptEnd end, int code)>;
  using Place = std::size_t;

  /// `prefix`: what the names of our runs begin with, so that the parent takes them for nobody
  /// else's.
  ScriptRuns(std::string prefix, Send send);

  /// A place of its own for an asker; `done` is called with every outcome.
  Place open(Done done);
  /// Runs a script; after `timeout` it gets SIGTERM and, if that does not help, SIGKILL, with its
  /// process group. While an abandoned run has not ended yet, it waits for that.
  void run(Place place, const ScriptCommand& command, Duration timeout);
  /// Nothing is told of the run under way; it may go on until its timeout.
  void abandon(Place place);
  /// The asker is gone. The place is given to another once its run has ended.
  void close(Place place);
  /// An outcome from the parent; one that is not ours is ignored.
  void on_result(const TrackScriptResult& result);

 private:
  struct Slot {
    Done done;
    /// The parent owes an outcome.
    bool running = false;
    bool abandoned = false;
    /// To be run when the abandoned one has ended; without words: nothing.
    TrackScriptRun next;
    bool open = false;
  };
  void send(Place place, const TrackScriptRun& run);

  std::string prefix_;
  Send send_;
  std::vector<Slot> slots_;
};

}  // namespace understudy::checkers
