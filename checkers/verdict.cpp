#include "checkers/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace understudy::checkers {

VerdictRules VerdictRules::from(const CheckTiming& timing) {
  VerdictRules rules;
  rules.retry = timing.retry;
  rules.delay_loop = timing.delay_loop;
  rules.delay_before_retry = timing.delay_before_retry;
  rules.log_all_failures = timing.log_all_failures;
  return rules;
}

Verdict::Verdict(VerdictRules rules, const VerdictWords& words, std::string_view server, bool up,
                 bool has_run)
    : rules_(rules),
      words_(words),
      server_(server),
      up_(up),
      has_run_(has_run),
      // One failure is enough for a server nothing is known about.
      failures_(has_run ? 0 : rules.retry) {}

VerdictActions Verdict::step(const ProbeOutcome& outcome, TimePoint now) {
  VerdictActions actions;
  actions.next = now + rules_.delay_loop;
  switch (outcome.result) {
    case ProbeOutcome::Result::passed:
      passed(outcome, actions);
      break;
    case ProbeOutcome::Result::failed:
      actions.next = now + failed(outcome, actions);
      break;
    case ProbeOutcome::Result::not_made:
      if (!outcome.line.empty()) actions.log_lines.push_back(outcome.line);
      break;
  }
  return actions;
}

void Verdict::passed(const ProbeOutcome& outcome, VerdictActions& actions) {
  if (!up_ && !outcome.line.empty()) actions.log_lines.push_back(outcome.line);
  failures_ = 0;
  ++step_;
  if (failed_step_) {
    failed_step_.reset();
    step_ = 0;
  } else if (step_ == rules_.steps) {
    step_ = 0;
    all_steps_passed(actions);
  }
  if (!has_run_) failures_ = rules_.retry;
}

void Verdict::all_steps_passed(VerdictActions& actions) {
  if (up_ && has_run_) return;
  actions.log_lines.push_back(
      fmt::format("{}{}{}", words_.before_success, server_, words_.after_success));
  has_run_ = true;
  if (up_) return;
  up_ = true;
  actions.tell = true;
  actions.mail_reason = words_.mail_up;
}

Duration Verdict::failed(const ProbeOutcome& outcome, VerdictActions& actions) {
  const bool first = !std::exchange(has_run_, true);
  if (!up_ && !first) return delay_while_down();
  if (rules_.log_all_failures && !outcome.line.empty()) actions.log_lines.push_back(outcome.line);
  if (failures_ < rules_.retry) {
    ++failures_;
    return rules_.delay_before_retry;
  }
  count_as_down(first, actions);
  failures_ = 0;
  if (rules_.repeat_failed_step) failed_step_ = step_;
  return delay_while_down();
}

void Verdict::count_as_down(bool first, VerdictActions& actions) {
  // The original's two families differ here: HTTP_GET mentions retries even at the first attempt,
  // and is silent about one that only confirms alpha's assumption.
  const bool multi_step = rules_.repeat_failed_step;
  if (!up_ && multi_step) return;
  if (rules_.retry > 0 && (multi_step || !first)) {
    actions.log_lines.push_back(fmt::format("{} on service {} failed after {} retries.",
                                            words_.name, server_, rules_.retry));
  } else {
    actions.log_lines.push_back(fmt::format("{} on service {} failed.", words_.name, server_));
  }
  actions.tell = false;
  if (up_) actions.mail_reason = words_.mail_down;
  up_ = false;
}

Duration Verdict::delay_while_down() const {
  if (!rules_.repeat_failed_step) return rules_.delay_loop;
  return failed_step_ ? std::max(rules_.delay_before_retry, rules_.delay_loop)
                      : rules_.delay_before_retry;
}

}  // namespace understudy::checkers
