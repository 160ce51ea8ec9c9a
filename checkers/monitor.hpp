// One check of one real server, for ever: start a probe, weigh its outcome, say so, wait, repeat.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "checkers/config.hpp"
#include "checkers/probe.hpp"
#include "checkers/verdict.hpp"

namespace understudy::checkers {

/// What a check found that is news to its pool.
struct CheckNews {
  /// The new verdict when there is one to tell.
  std::optional<bool> up;
  /// Body of the mail about it ("=> TCP CHECK failed on service <="), empty when none is due: a
  /// first verdict that only confirms what was assumed.
  std::string mail_reason;
  /// What it says of the server's weight, whether or not that is new.
  std::optional<WeightWord> weight;
  /// What the server's agent says it is to do, whether or not that is new.
  std::optional<Duty> duty;
  [[nodiscard]] bool empty() const { return !up && !weight && !duty; }
};

/// Runs one check. Several monitors of one real server are independent of each other; the server
/// is up when all of them say so, which is the pool's business.
class Monitor {
 public:
  using OnNews = std::function<void(const CheckNews&)>;

  /// What was known of the server before: nothing (at start), or what an earlier run of the same
  /// check found (reload, respawned process).
  struct Known {
    bool up = true;
    bool has_run = false;
  };

  /// `check` is one that has timing. `server_label` is
  /// "[10.0.0.1]:tcp:80" and `service_label` the virtual server's; they appear in log lines.
  /// `on_news` is called when the verdict changes, also for a first verdict of "down" about a
  /// server assumed down (alpha), and when an attempt says something of weight or duty; it may
  /// stop() this monitor but not destroy it. `host` outlives the monitor.
  Monitor(const ProbeHost& host, const Check& check, std::string server_label,
          std::string service_label, Known known, OnNews on_news);
  ~Monitor();

  /// First attempt at `first`. Logs "Activating healthchecker for service …" for a check that has
  /// not run yet.
  void start(TimePoint first);
  /// No more attempts; the one under way is given up.
  void stop();
  /// Instead of start(): attempts wait for resume(). Says so in the log.
  void start_suspended();
  /// stop() and start() again, saying so in the log (ha_suspend). What was found stays.
  void suspend();
  void resume(TimePoint first);

  [[nodiscard]] bool up() const { return verdict_.up(); }
  [[nodiscard]] bool has_run() const { return verdict_.has_run(); }

 private:
  void say(std::string_view what);
  void attempt();
  void weigh(const ProbeOutcome& outcome);

  const ProbeHost& host_;
  std::string server_label_;
  std::string service_label_;
  OnNews on_news_;
  Verdict verdict_;
  std::unique_ptr<Probe> probe_;
  /// When the last attempt began.
  TimePoint began_;
  Timer timer_;
};

}  // namespace understudy::checkers
