#include "checkers/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace understudy::checkers {
namespace {

const char* retries(unsigned count) { return count == 1 ? "retry" : "retries"; }

}  // namespace

VerdictRules VerdictRules::from(const CheckTiming& timing) {
  VerdictRules rules;
  rules.retry = timing.retry;
  rules.rise = timing.rise;
  rules.delay_loop = timing.delay_loop;
  rules.delay_before_retry = timing.delay_before_retry;
  rules.log_all_failures = timing.log_all_failures;
  return rules;
}

Verdict::Verdict(VerdictRules rules, const VerdictWords& words, std::string_view server,
                 std::string_view service, bool up, bool has_run)
    : rules_(rules),
      words_(words),
      server_(server),
      service_(service),
      up_(up),
      has_run_(has_run),
      // One failure is enough for a server nothing is known about.
      failures_(has_run || rules.always_retry ? 0 : rules.retry) {}

VerdictActions Verdict::step(const ProbeOutcome& outcome, TimePoint now, TimePoint began) {
  VerdictActions actions;
  const TimePoint from = rules_.from_start ? began : now;
  actions.next = from + rules_.delay_loop;
  switch (outcome.result) {
    case ProbeOutcome::Result::passed:
      passed(outcome, actions);
      break;
    case ProbeOutcome::Result::failed:
      actions.next = from + failed(outcome, actions);
      break;
    case ProbeOutcome::Result::not_made:
      if (!outcome.line.empty()) actions.log_lines.push_back(outcome.line);
      break;
  }
  const bool made = outcome.result != ProbeOutcome::Result::not_made;
  const bool recovering = !has_run_ || (!up_ && !failed_step_);
  if (rules_.fast_recovery && made && recovering) actions.next = now;
  actions.next = std::max(actions.next, now);
  return actions;
}

void Verdict::passed(const ProbeOutcome& outcome, VerdictActions& actions) {
  const bool said_at_end = words_.failure_line == FailureLine::placed;
  if (!up_ && !said_at_end && !outcome.line.empty()) actions.log_lines.push_back(outcome.line);
  failures_ = 0;
  ++step_;
  if (failed_step_) {
    failed_step_.reset();
    step_ = 0;
  } else if (step_ == rules_.steps) {
    step_ = 0;
    all_steps_passed(outcome, actions);
  }
  if (!has_run_ && !rules_.always_retry) failures_ = rules_.retry;
}

void Verdict::all_steps_passed(const ProbeOutcome& outcome, VerdictActions& actions) {
  if (up_ && has_run_) return;
  const bool first = !std::exchange(has_run_, true);
  if (!up_ && ++successes_ < rules_.rise) return;
  const bool own_line = words_.failure_line == FailureLine::placed;
  if (own_line) {
    actions.log_lines.push_back(placed(outcome, {}));
  } else if (!words_.before_success.empty()) {
    actions.log_lines.push_back(
        fmt::format("{}{}{}", words_.before_success, server_, words_.after_success));
  }
  if (up_ && !(own_line && first)) return;
  up_ = true;
  successes_ = 0;
  actions.tell = true;
  actions.mail_reason = words_.mail_up;
}

Duration Verdict::failed(const ProbeOutcome& outcome, VerdictActions& actions) {
  const bool first = !has_run_;
  successes_ = 0;
  const bool known_down = has_run_ && !up_;
  // A check that always retries has not run before it has its first verdict.
  if (!rules_.always_retry) {
    has_run_ = true;
    if (known_down) return delay_while_down();
  }
  const bool last = failures_ >= rules_.retry;
  const bool said_below = last && says_last_attempt();
  if (!last) ++failures_;
  if (rules_.log_all_failures && !known_down && !said_below && !outcome.line.empty()) {
    actions.log_lines.push_back(line_of_attempt(outcome));
  }
  if (!last) return rules_.delay_before_retry;
  if (!known_down) count_as_down(first, outcome, actions);
  failures_ = 0;
  if (rules_.repeat_failed_step) failed_step_ = step_;
  return delay_while_down();
}

void Verdict::count_as_down(bool first, const ProbeOutcome& outcome, VerdictActions& actions) {
  has_run_ = true;
  // HTTP_GET is silent about an attempt that only confirms alpha's assumption.
  if (!up_ && rules_.repeat_failed_step) return;
  auto line = line_of_failure(first, outcome);
  if (!line.empty()) actions.log_lines.push_back(std::move(line));
  actions.tell = false;
  if (up_ || words_.failure_line == FailureLine::placed)
    actions.mail_reason = outcome.mail.empty() ? std::string(words_.mail_down) : outcome.mail;
  up_ = false;
}

bool Verdict::says_last_attempt() const {
  return words_.failure_line == FailureLine::last_attempt ||
         words_.failure_line == FailureLine::last_attempt_and_retries ||
         words_.failure_line == FailureLine::placed;
}

std::string Verdict::placed(const ProbeOutcome& outcome, std::string_view place) const {
  return fmt::format("{}{}{}{}.", outcome.line, place, outcome.reason.empty() ? "" : " ",
                     outcome.reason);
}

std::string Verdict::line_of_attempt(const ProbeOutcome& outcome) const {
  if (words_.failure_line != FailureLine::placed) return outcome.line;
  if (failures_ > 1)
    return placed(outcome, fmt::format(" on retry {}/{}", failures_ - 1, rules_.retry));
  return placed(outcome, fmt::format(", will do {} {}", rules_.retry, retries(rules_.retry)));
}

std::string Verdict::line_of_failure(bool first, const ProbeOutcome& outcome) const {
  if (words_.failure_line == FailureLine::placed) {
    if (rules_.retry == 0) return placed(outcome, " with retry disabled");
    return placed(outcome, fmt::format(" after {} {}", rules_.retry, retries(rules_.retry)));
  }
  if (says_last_attempt()) {
    if (first || words_.failure_line == FailureLine::last_attempt) return outcome.line;
    return fmt::format("{} after {} retries", outcome.line, rules_.retry);
  }
  // HTTP_GET mentions retries even at the first attempt, as the original does.
  if (rules_.retry == 0 || (first && !rules_.repeat_failed_step)) {
    return fmt::format("{} on service {} failed.", words_.name, server_);
  }
  const bool with_service = words_.failure_line == FailureLine::summary_with_service;
  return fmt::format("{} on service {}{}{} failed after {} retries.", words_.name, server_,
                     with_service ? " of " : "", with_service ? service_ : std::string_view(),
                     rules_.retry);
}

Duration Verdict::delay_while_down() const {
  if (!rules_.repeat_failed_step) return rules_.delay_loop;
  return failed_step_ ? std::max(rules_.delay_before_retry, rules_.delay_loop)
                      : rules_.delay_before_retry;
}

}  // namespace understudy::checkers
