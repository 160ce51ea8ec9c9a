// The health verdict: how many failed attempts make a server down, what brings it back, when to ask
// next. Pure: outcomes and times in, actions out.
//
// A check counts as failed after `retry` further attempts, delay_before_retry apart; the very first
// attempt has no retries. A server that is down counts as up after `rise` successes, delay_loop
// apart. A check of several steps (the URLs of HTTP_GET) takes one step per
// delay_loop. After a failed step it asks for that one alone until it passes and then for all of
// them before the server is up again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/config.hpp"
#include "checkers/probe_outcome.hpp"
#include "daemon/base/types.hpp"

namespace understudy::checkers {

/// How a kind of check says that a server is down.
enum class FailureLine : std::uint8_t {
  /// "NAME on service [R]:tcp:21 failed after 1 retries.", without the retries when there were
  /// none.
  summary,
  /// The same, but with retries "NAME on service [R] of [V] failed after 1 retries.".
  summary_with_service,
  /// The line of the last attempt.
  last_attempt,
  /// The line of the last attempt and, unless it was the very first, " after 1 retries".
  last_attempt_and_retries,
  /// The line of the attempt, its place among the retries and its reason: "Misc check … failed,
  /// will do 2 retries (exited with status 1).". A success is said by the attempt's own line, and
  /// every first verdict has its mail.
  placed,
};

/// The words of a kind of check in the log and in mail; they live as long as the program.
struct VerdictWords {
  /// "TCP_CHECK", as in "TCP_CHECK on service [R]:tcp:21 failed after 1 retries.".
  std::string_view name;
  /// What stands before and after the server in the line of success: "TCP connection to " and
  /// " success."; nothing before it: there is no such line.
  std::string_view before_success;
  std::string_view after_success;
  /// Bodies of mail.
  std::string_view mail_up;
  /// When the attempt that failed has none of its own.
  std::string_view mail_down;
  FailureLine failure_line = FailureLine::summary;
};

/// What the verdict is counted by.
struct VerdictRules {
  unsigned retry = 1;
  /// Successes in a row (of all steps) before a failed server counts as up.
  unsigned rise = 1;
  Duration delay_loop{};
  Duration delay_before_retry{};
  bool log_all_failures = false;
  /// Things asked in turn; 1 for all but HTTP_GET.
  std::size_t steps = 1;
  /// HTTP_GET: a failed step is repeated, then all steps must pass, before the server is up.
  bool repeat_failed_step = false;
  /// HTTP_GET: until the first verdict, and once a failed step has passed, attempts follow each
  /// other at once.
  bool fast_recovery = false;
  /// SMTP_CHECK: the very first attempt and those of a server that is down get their retries too.
  bool always_retry = false;
  /// MISC_CHECK: delays count from the start of an attempt, not from its end.
  bool from_start = false;

  static VerdictRules from(const CheckTiming& timing);
};

/// What is remembered of a check from one attempt to the next.
struct VerdictState {
  /// Further attempts made since the last success.
  unsigned failures = 0;
  /// While down: successes in a row.
  unsigned successes = 0;
  /// The step the next attempt is to make.
  std::uint32_t step = 0;
  /// It failed: it must pass before the others have their turn.
  bool step_failed = false;
  bool up = true;
  bool has_run = false;
  bool operator==(const VerdictState&) const = default;

  /// Before the first attempt of this process.
  [[nodiscard]] static VerdictState initial(const VerdictRules& rules, bool up, bool has_run);
};

/// What to do after an attempt.
struct VerdictActions {
  std::vector<std::string> log_lines;
  /// The new verdict when there is one to tell.
  std::optional<bool> tell;
  /// Body of the mail about it; empty: none is due.
  std::string mail_reason;
  /// When the next attempt starts, and which step it is.
  TimePoint next;
  bool operator==(const VerdictActions&) const = default;
};

/// The verdict of one check.
class Verdict {
 public:
  /// Goes on from `state`. `server` is its name in lines, "[R]:tcp:21", `service` that of its
  /// virtual server; they must outlive the verdict.
  Verdict(VerdictRules rules, const VerdictWords& words, std::string_view server,
          std::string_view service, VerdictState state);

  /// Weighs the outcome of an attempt at next_step() that began at `began`.
  VerdictActions step(const ProbeOutcome& outcome, TimePoint now, TimePoint began);
  VerdictActions step(const ProbeOutcome& outcome, TimePoint now) {
    return step(outcome, now, now);
  }

  /// The step the next attempt is to make.
  [[nodiscard]] std::size_t next_step() const { return state_.step; }
  [[nodiscard]] bool up() const { return state_.up; }
  [[nodiscard]] bool has_run() const { return state_.has_run; }
  [[nodiscard]] const VerdictState& state() const { return state_; }
  [[nodiscard]] const VerdictRules& rules() const { return rules_; }

 private:
  void passed(const ProbeOutcome& outcome, VerdictActions& actions);
  /// Returns the delay to the next attempt.
  [[nodiscard]] Duration failed(const ProbeOutcome& outcome, VerdictActions& actions);
  void all_steps_passed(const ProbeOutcome& outcome, VerdictActions& actions);
  [[nodiscard]] std::string placed(const ProbeOutcome& outcome, std::string_view place) const;
  void count_as_down(bool first, const ProbeOutcome& outcome, VerdictActions& actions);
  /// The line of an attempt that failed and has retries left.
  [[nodiscard]] std::string line_of_attempt(const ProbeOutcome& outcome) const;
  [[nodiscard]] std::string line_of_failure(bool first, const ProbeOutcome& outcome) const;
  [[nodiscard]] bool says_last_attempt() const;
  [[nodiscard]] Duration delay_while_down() const;

  VerdictRules rules_;
  const VerdictWords& words_;
  std::string_view server_;
  std::string_view service_;
  VerdictState state_;
};

}  // namespace understudy::checkers
