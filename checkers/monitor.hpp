// One check of one real server, for ever: start a probe, weigh its outcome, say so, wait, repeat.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "checkers/config.hpp"
#include "checkers/probe.hpp"
#include "checkers/verdict.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"

namespace understudy::checkers {

class TlsContext;

/// Runs one check. Several monitors of one real server are independent of each other; the server
/// is up when all of them say so, which is the pool's business.
class Monitor {
 public:
  /// A verdict. `mail_reason` is the body of the mail about it ("=> TCP CHECK failed on service
  /// <="), empty when none is due: a first verdict that only confirms what was assumed.
  using OnChange = std::function<void(bool up, const std::string& mail_reason)>;

  /// What was known of the server before: nothing (at start), or what an earlier run of the same
  /// check found (reload, respawned process).
  struct Known {
    bool up = true;
    bool has_run = false;
  };

  /// `check` is one of those this version can make: can_run(). `server_label` is
  /// "[10.0.0.1]:tcp:80" and `service_label` the virtual server's; they appear in log lines.
  /// `on_change` is called when the verdict changes, and also for a first verdict of "down" about a
  /// server assumed down (alpha); it may stop() this monitor but not destroy it. `tls` is shared by
  /// the SSL_GET checks of a process; nullptr makes one of its own if needed.
  Monitor(Loop& loop, Log& log, const Check& check, std::string server_label,
          std::string service_label, Known known, OnChange on_change,
          std::shared_ptr<const TlsContext> tls = nullptr);
  ~Monitor();

  /// First attempt at `first`. Logs "Activating healthchecker for service …" for a check that has
  /// not run yet.
  void start(TimePoint first);
  /// No more attempts; the one under way is given up.
  void stop();

  [[nodiscard]] bool up() const { return verdict_.up(); }
  [[nodiscard]] bool has_run() const { return verdict_.has_run(); }

 private:
  void weigh(const ProbeOutcome& outcome);

  Loop& loop_;
  Log& log_;
  std::string server_label_;
  std::string service_label_;
  OnChange on_change_;
  Verdict verdict_;
  std::unique_ptr<Probe> probe_;
  Timer timer_;
};

}  // namespace understudy::checkers
