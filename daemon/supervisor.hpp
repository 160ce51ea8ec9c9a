// The parent process: starts the children, keeps them alive, reloads and stops them, and has
// run::Notifier tell the world what they report. main.cpp makes it. It never waits for anything but
// its loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/channel.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/options.hpp"
#include "daemon/presence.hpp"
#include "daemon/reading.hpp"
#include "daemon/roles.hpp"
#include "daemon/run/notifier.hpp"
#include "daemon/run/script.hpp"

namespace understudy {

/// What the parent starts with.
struct SupervisorSetup {
  Options options;
  Reading reading;
  LoadOptions load;
  PidPaths pids;
  PidFile pid_file;
  /// Descriptor for report_start(); empty in the foreground.
  Fd waiting;
  /// A socket of run::open_process_events() from before a network namespace was entered; empty:
  /// the child opens one.
  Fd process_events;
};

/// The parent of all children.
class Supervisor {
 public:
  Supervisor(Loop& loop, Log& log, SupervisorSetup setup);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor();

  /// Runs until the daemon has stopped; returns its exit status.
  int run();

 private:
  struct Child;

  void start_configured();
  void start_child(Child& child);
  /// Has the libraries opened that a child would open anyway.
  void open_for_successors() const;
  [[noreturn]] void become_child(Child& child, Fd channel);
  void stop_child(Child& child);
  void child_ended(Child& child, int status);
  /// Sees to a successor of a child that ended, or to the end of everything.
  void succeed(Child& child, pid_t pid, int status);
  void schedule_respawn(Child& child, const std::string& how);
  void on_message(Child& child, Message message);
  void child_ready(Child& child);
  void run_track_script(Child& child, const TrackScriptRun& run);
  void on_signal(int signo);
  void reload();
  /// The end of reading at a reload.
  void take(Result<Reading> next);
  void refuse(const std::string& why);
  void apply_reload(Reading next);
  void reload_outcome(Child& child, const ReloadOutcome& outcome);
  void finish_reload_if_done();
  void end_reload();
  void stop(int status);
  void continue_stop();
  [[nodiscard]] bool wanted(const Role& role) const;
  [[nodiscard]] bool left_something(const Role& role) const;
  [[nodiscard]] bool any_child() const;
  [[nodiscard]] std::string page_path(const Role& role) const;

  Loop& loop_;
  Log& log_;
  Options options_;
  LoadOptions load_;
  PidPaths pids_;
  PidFile pid_file_;
  Fd waiting_;
  Fd process_events_;
  Reading reading_;
  std::uint64_t generation_ = 1;
  /// From the SIGHUP until every child has answered.
  bool reloading_ = false;
  /// At the beginning of a reload.
  std::unique_ptr<ReadingProcess> reader_;
  /// SIGHUP while a reload is under way: one more follows.
  bool reload_again_ = false;
  bool stopping_ = false;
  int exit_status_ = 0;
  Signals signals_;
  Children reaper_;
  run::ScriptRunner scripts_;
  run::Notifier notifier_;
  std::vector<std::unique_ptr<Child>> children_;
  /// Channels of children that have ended, until all they sent is read.
  std::vector<std::unique_ptr<Channel>> ended_channels_;
  std::optional<TimePoint> kill_children_at_;
  std::optional<TimePoint> give_up_telling_at_;
  Timer stop_timer_;
};

}  // namespace understudy
