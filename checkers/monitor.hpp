// One check of one real server, for ever: start a probe, weigh its outcome, say so, wait, repeat.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "checkers/config.hpp"
#include "checkers/probe.hpp"
#include "checkers/schedule.hpp"
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

/// Which check of a virtual server it is, by numbers from 0.
struct CheckPlace {
  std::uint32_t server = 0;
  std::uint32_t check = 0;
  auto operator<=>(const CheckPlace&) const = default;
};

/// What monitors ask of the virtual server they belong to, and whom they tell. It outlives them.
class MonitorOwner {
 public:
  MonitorOwner() = default;
  MonitorOwner(const MonitorOwner&) = delete;
  MonitorOwner& operator=(const MonitorOwner&) = delete;

  [[nodiscard]] virtual const ProbeHost& probe_host() const = 0;
  [[nodiscard]] virtual Schedule& schedule() const = 0;
  /// One that has timing.
  [[nodiscard]] virtual const Check& check_at(CheckPlace place) const = 0;
  /// "[10.0.0.1]:tcp:80", for log lines.
  [[nodiscard]] virtual std::string server_label(CheckPlace place) const = 0;
  [[nodiscard]] virtual std::string service_label() const = 0;
  /// Called when the verdict changes, also for a first verdict of "down" about a server assumed
  /// down (alpha), and when an attempt says something of weight or duty. It may stop() the monitor
  /// but not destroy it.
  virtual void on_news(CheckPlace place, const CheckNews& news) = 0;

 protected:
  ~MonitorOwner() = default;
};

/// Runs one check. Several monitors of one real server are independent of each other; the server
/// is up when all of them say so, which is the pool's business. There are tens of thousands, so
/// what can be asked of the owner is not kept here.
class Monitor : private Appointment {
 public:
  /// What was known of the server before: nothing (at start), or what an earlier run of the same
  /// check found (reload, respawned process).
  struct Known {
    bool up = true;
    bool has_run = false;
  };

  Monitor(MonitorOwner& owner, CheckPlace place, Known known);
  ~Monitor() override;

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

  [[nodiscard]] bool up() const { return verdict_.up; }
  [[nodiscard]] bool has_run() const { return verdict_.has_run; }
  /// Whether start() or start_suspended() has been called.
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] CheckPlace place() const { return place_; }
  /// A reload may put the same check elsewhere.
  void move_to(CheckPlace place) { place_ = place; }

 private:
  struct Attempt;

  void say(std::string_view what) const;
  void on_due() override;
  void weigh(const ProbeOutcome& outcome);

  MonitorOwner& owner_;
  CheckPlace place_;
  /// What follows lies in the room it leaves.
  [[no_unique_address]] VerdictState verdict_;
  bool started_ = false;
  /// While one is under way, and as long as its probe remembers something.
  std::unique_ptr<Attempt> attempt_;
};

}  // namespace understudy::checkers
