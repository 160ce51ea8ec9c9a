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

VerdictState VerdictState::initial(const VerdictRules& rules, bool up, bool has_run) {
  VerdictState state;
  state.up = up;
  state.has_run = has_run;
  // One failure is enough for a server nothing is known about.
  state.failures = has_run || rules.always_retry ? 0 : rules.retry;
  return state;
}

Verdict::Verdict(VerdictRules rules, const VerdictWords& words, std::string_view server,
                 std::string_view service, VerdictState state)
    : rules_(rules), words_(words), server_(server), service_(service), state_(state) {}

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
  const bool recovering = !state_.has_run || (!state_.up && !state_.step_failed);
  if (rules_.fast_recovery && made && recovering) actions.next = now;
  actions.next = std::max(actions.next, now);
  return actions;
}

void Verdict::passed(const ProbeOutcome& outcome, VerdictActions& actions) {
  const bool said_at_end = words_.failure_line == FailureLine::placed;
  if (!state_.up && !said_at_end && !outcome.line.empty())
    actions.log_lines.push_back(outcome.line);
  state_.failures = 0;
  ++state_.step;
  if (state_.step_failed) {
    state_.step_failed = false;
    state_.step = 0;
  } else if (state_.step == rules_.steps) {
    state_.step = 0;
    all_steps_passed(outcome, actions);
  }
  if (!state_.has_run && !rules_.always_retry) state_.failures = rules_.retry;
}

void Verdict::all_steps_passed(const ProbeOutcome& outcome, VerdictActions& actions) {
  if (state_.up && state_.has_run) return;
  const bool first = !std::exchange(state_.has_run, true);
  if (!state_.up && ++state_.successes < rules_.rise) return;
  const bool own_line = words_.failure_line == FailureLine::placed;
  if (own_line) {
    actions.log_lines.push_back(placed(outcome, {}));
  } else if (!words_.before_success.empty()) {
    actions.log_lines.push_back(
        fmt::format("{}{}{}", words_.before_success, server_, words_.after_success));
  }
  if (state_.up && !(own_line && first)) return;
  state_.up = true;
  state_.successes = 0;
  actions.tell = true;
  actions.mail_reason = words_.mail_up;
}

Duration Verdict::failed(const ProbeOutcome& outcome, VerdictActions& actions) {
  const bool first = !state_.has_run;
  state_.successes = 0;
  const bool known_down = state_.has_run && !state_.up;
  // A check that always retries has not run before it has its first verdict.
  if (!rules_.always_retry) {
    state_.has_run = true;
    if (known_down) return delay_while_down();
  }
  const bool last = state_.failures >= rules_.retry;
  const bool said_below = last && says_last_attempt();
  if (!last) ++state_.failures;
  if (rules_.log_all_failures && !known_down && !said_below && !outcome.line.empty()) {
    actions.log_lines.push_back(line_of_attempt(outcome));
  }
  if (!last) return rules_.delay_before_retry;
  if (!known_down) count_as_down(first, outcome, actions);
  state_.failures = 0;
  if (rules_.repeat_failed_step) state_.step_failed = true;
  return delay_while_down();
}

void Verdict::count_as_down(bool first, const ProbeOutcome& outcome, VerdictActions& actions) {
  state_.has_run = true;
  // HTTP_GET is silent about an attempt that only confirms alpha's assumption.
  if (!state_.up && rules_.repeat_failed_step) return;
  auto line = line_of_failure(first, outcome);
  if (!line.empty()) actions.log_lines.push_back(std::move(line));
  actions.tell = false;
  if (state_.up || words_.failure_line == FailureLine::placed)
    actions.mail_reason = outcome.mail.empty() ? std::string(words_.mail_down) : outcome.mail;
  state_.up = false;
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
  if (state_.failures > 1)
    return placed(outcome, fmt::format(" on retry {}/{}", state_.failures - 1, rules_.retry));
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
  return state_.step_failed ? std::max(rules_.delay_before_retry, rules_.delay_loop)
                            : rules_.delay_before_retry;
}

}  // namespace understudy::checkers
