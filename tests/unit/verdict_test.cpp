// The health verdict, attempt by attempt, under a clock of its own.
#include "checkers/verdict.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;

const ProbeOutcome kPass{Result::passed, "HTTP status code success to [R]:tcp:80 url(/)"};
const ProbeOutcome kFail{Result::failed, "Timeout connecting server [R]:tcp:80."};
const ProbeOutcome kNotMade{Result::not_made, "TCP socket bind failed. Rescheduling."};

constexpr VerdictWords kWords{"TCP_CHECK", "TCP connection to ", " success.", "up!", "down!"};

/// Feeds outcomes to a verdict, each at the time the last one asked for.
class Course {
 public:
  Course(VerdictRules rules, bool up, bool has_run, const VerdictWords& words = kWords)
      : verdict_(rules, words, "[R]:tcp:21", "[V]:tcp:21",
                 VerdictState::initial(rules, up, has_run)) {}

  VerdictActions take(const ProbeOutcome& outcome) {
    VerdictActions actions = verdict_.step(outcome, now_);
    waited = actions.next - now_;
    now_ = actions.next;
    return actions;
  }
  Verdict& verdict() { return verdict_; }
  Duration waited{};

 private:
  Verdict verdict_;
  TimePoint now_{1000s};
};

VerdictRules tcp_rules(unsigned retry) {
  VerdictRules rules;
  rules.retry = retry;
  rules.delay_loop = 10s;
  rules.delay_before_retry = 3s;
  return rules;
}

VerdictRules http_rules(unsigned retry, std::size_t urls) {
  VerdictRules rules = tcp_rules(retry);
  rules.steps = urls;
  rules.repeat_failed_step = true;
  return rules;
}

using Lines = std::vector<std::string>;

TEST_CASE("the first success is logged once and tells nobody", "[verdict]") {
  Course course(tcp_rules(1), true, false);
  auto actions = course.take({Result::passed, {}});
  CHECK(actions.log_lines == Lines{"TCP connection to [R]:tcp:21 success."});
  CHECK_FALSE(actions.tell);
  CHECK(course.waited == 10s);
  actions = course.take({Result::passed, {}});
  CHECK(actions.log_lines.empty());
  CHECK_FALSE(actions.tell);
}

TEST_CASE("the very first failure needs no retry", "[verdict]") {
  Course course(tcp_rules(3), true, false);
  const auto actions = course.take(kFail);
  CHECK(actions.log_lines == Lines{"TCP_CHECK on service [R]:tcp:21 failed."});
  CHECK(actions.tell == false);
  CHECK(actions.mail_reason == "down!");
  CHECK(course.waited == 10s);
}

TEST_CASE("a server that worked gets its retries", "[verdict]") {
  const auto retry = GENERATE(0U, 1U, 2U, 5U);
  Course course(tcp_rules(retry), true, true);
  for (unsigned i = 0; i < retry; ++i) {
    const auto actions = course.take(kFail);
    CHECK(actions.log_lines.empty());
    CHECK_FALSE(actions.tell);
    CHECK(course.waited == 3s);
    CHECK(course.verdict().up());
  }
  const auto actions = course.take(kFail);
  const std::string tail = retry > 0 ? " after " + std::to_string(retry) + " retries." : ".";
  CHECK(actions.log_lines == Lines{"TCP_CHECK on service [R]:tcp:21 failed" + tail});
  CHECK(actions.tell == false);
  CHECK(course.waited == 10s);
  CHECK_FALSE(course.verdict().up());
}

TEST_CASE("a success in between begins the count anew", "[verdict]") {
  Course course(tcp_rules(1), true, true);
  course.take(kFail);
  course.take({Result::passed, {}});
  CHECK_FALSE(course.take(kFail).tell);
  CHECK(course.take(kFail).tell == false);
}

TEST_CASE("while down failures are silent and one success brings it back", "[verdict]") {
  Course course(tcp_rules(1), false, true);
  for (int i = 0; i < 3; ++i) {
    const auto actions = course.take(kFail);
    CHECK(actions.log_lines.empty());
    CHECK_FALSE(actions.tell);
    CHECK(course.waited == 10s);
  }
  const auto actions = course.take({Result::passed, {}});
  CHECK(actions.log_lines == Lines{"TCP connection to [R]:tcp:21 success."});
  CHECK(actions.tell == true);
  CHECK(actions.mail_reason == "up!");
}

TEST_CASE("alpha: down until proved up; a first failure is told without mail", "[verdict]") {
  Course course(tcp_rules(2), false, false);
  auto actions = course.take(kFail);
  CHECK(actions.tell == false);
  CHECK(actions.mail_reason.empty());
  CHECK(actions.log_lines == Lines{"TCP_CHECK on service [R]:tcp:21 failed."});
  CHECK_FALSE(course.take(kFail).tell);
  actions = course.take({Result::passed, {}});
  CHECK(actions.tell == true);
  CHECK(actions.mail_reason == "up!");
}

TEST_CASE("an attempt that could not be made says so and changes nothing", "[verdict]") {
  Course course(tcp_rules(0), true, true);
  for (int i = 0; i < 3; ++i) {
    const auto actions = course.take(kNotMade);
    CHECK(actions.log_lines == Lines{kNotMade.line});
    CHECK_FALSE(actions.tell);
    CHECK(course.waited == 10s);
  }
  CHECK(course.verdict().up());
}

TEST_CASE("log_all_failures names each failure of a server that is up", "[verdict]") {
  VerdictRules rules = tcp_rules(1);
  rules.log_all_failures = true;
  Course course(rules, true, true);
  CHECK(course.take(kFail).log_lines == Lines{kFail.line});
  CHECK(course.take(kFail).log_lines ==
        Lines{kFail.line, "TCP_CHECK on service [R]:tcp:21 failed after 1 retries."});
  CHECK(course.take(kFail).log_lines.empty());
}

TEST_CASE("URLs are asked one per delay_loop, and success is known after the last", "[verdict]") {
  Course course(http_rules(1, 3), true, false);
  for (std::size_t url = 0; url < 2; ++url) {
    CHECK(course.verdict().next_step() == url);
    CHECK(course.take(kPass).log_lines.empty());
    CHECK(course.waited == 10s);
    CHECK_FALSE(course.verdict().has_run());
  }
  CHECK(course.take(kPass).log_lines == Lines{"TCP connection to [R]:tcp:21 success."});
  CHECK(course.verdict().has_run());
  CHECK(course.verdict().next_step() == 0);
}

TEST_CASE("a failed URL is repeated alone, then all must pass", "[verdict]") {
  Course course(http_rules(1, 2), true, true);
  course.take(kPass);
  CHECK(course.verdict().next_step() == 1);
  CHECK_FALSE(course.take(kFail).tell);
  CHECK(course.waited == 3s);
  CHECK(course.verdict().next_step() == 1);
  CHECK(course.take(kFail).tell == false);
  CHECK(course.waited == 10s);
  course.take(kFail);
  CHECK(course.verdict().next_step() == 1);
  // The failed one passes: begin at the first, not yet up.
  auto actions = course.take(kPass);
  CHECK(actions.log_lines == Lines{kPass.line});
  CHECK_FALSE(actions.tell);
  CHECK(course.verdict().next_step() == 0);
  CHECK_FALSE(course.take(kPass).tell);
  actions = course.take(kPass);
  CHECK(actions.log_lines == Lines{kPass.line, "TCP connection to [R]:tcp:21 success."});
  CHECK(actions.tell == true);
}

TEST_CASE("HTTP waits the longer of the delays while a URL fails", "[verdict]") {
  VerdictRules rules = http_rules(0, 1);
  rules.delay_before_retry = 30s;
  Course course(rules, true, true);
  CHECK(course.take(kFail).tell == false);
  CHECK(course.waited == 30s);
  course.take(kPass);
  CHECK(course.waited == 10s);
}

TEST_CASE("HTTP under alpha: a first failure confirms in silence", "[verdict]") {
  Course course(http_rules(1, 1), false, false);
  const auto actions = course.take(kFail);
  CHECK(actions.log_lines.empty());
  CHECK_FALSE(actions.tell);
  CHECK(course.verdict().has_run());
}

TEST_CASE("HTTP mentions its retries even at the first failure", "[verdict]") {
  Course course(http_rules(2, 1), true, false);
  const auto actions = course.take(kFail);
  CHECK(actions.log_lines == Lines{"TCP_CHECK on service [R]:tcp:21 failed after 2 retries."});
  CHECK(actions.tell == false);
}

const VerdictWords kMailWords{"SMTP_CHECK", "Remote SMTP server ",    " succeed on service.", "up!",
                              "down!",      FailureLine::last_attempt};
const ProbeOutcome kBadMailServer{Result::failed, "SMTP_CHECK Bad greeting", "bad greeting!"};

TEST_CASE("a check that always retries: first attempt, while up, while down", "[verdict]") {
  VerdictRules rules = tcp_rules(1);
  rules.always_retry = true;
  Course course(rules, true, false, kMailWords);
  CHECK(course.take(kBadMailServer) == VerdictActions{{}, {}, {}, TimePoint(1003s)});
  CHECK_FALSE(course.verdict().has_run());
  auto actions = course.take(kBadMailServer);
  CHECK(actions.log_lines == Lines{kBadMailServer.line});
  CHECK(actions.tell == false);
  CHECK(actions.mail_reason == "bad greeting!");
  CHECK(course.waited == 10s);
  for (int i = 0; i < 2; ++i) {
    actions = course.take(kBadMailServer);
    CHECK(actions.log_lines.empty());
    CHECK(course.waited == 3s);
    actions = course.take(kBadMailServer);
    CHECK(actions.log_lines.empty());
    CHECK_FALSE(actions.tell);
    CHECK(course.waited == 10s);
  }
  actions = course.take({});
  CHECK(actions.tell == true);
  CHECK(actions.log_lines == Lines{"Remote SMTP server [R]:tcp:21 succeed on service."});
  CHECK_FALSE(course.take(kBadMailServer).tell);
  CHECK(course.take(kBadMailServer).tell == false);
}

TEST_CASE("the last attempt's line is said once, with log_all_failures too", "[verdict]") {
  VerdictRules rules = tcp_rules(1);
  rules.always_retry = true;
  rules.log_all_failures = true;
  Course course(rules, true, true, kMailWords);
  for (int i = 0; i < 2; ++i) {
    CHECK(course.take(kBadMailServer).log_lines == Lines{kBadMailServer.line});
  }
  CHECK(course.take(kBadMailServer).log_lines.empty());
}

TEST_CASE("the last attempt's line with its retries; success in silence", "[verdict]") {
  const VerdictWords words{"DNS_CHECK", "",      "",
                           "up!",       "down!", FailureLine::last_attempt_and_retries};
  const ProbeOutcome timeout{Result::failed, "DNS_CHECK (R) read timeout"};
  Course at_start(tcp_rules(2), true, false, words);
  CHECK(at_start.take(timeout).log_lines == Lines{timeout.line});
  Course course(tcp_rules(2), true, false, words);
  CHECK(course.take({}).log_lines.empty());
  CHECK(course.verdict().has_run());
  CHECK(course.take(timeout).log_lines.empty());
  CHECK(course.take(timeout).log_lines.empty());
  const auto actions = course.take(timeout);
  CHECK(actions.log_lines == Lines{timeout.line + " after 2 retries"});
  CHECK(actions.mail_reason == "down!");
  CHECK(course.take({}).log_lines.empty());
  CHECK(course.verdict().up());
}

TEST_CASE("a summary may name the virtual server where it names retries", "[verdict]") {
  const VerdictWords words{"ICMP CHECK", "ICMP connection to ",
                           " success.",  "up!",
                           "down!",      FailureLine::summary_with_service};
  Course at_start(tcp_rules(1), true, false, words);
  CHECK(at_start.take(kFail).log_lines == Lines{"ICMP CHECK on service [R]:tcp:21 failed."});
  Course course(tcp_rules(1), true, true, words);
  course.take(kFail);
  CHECK(course.take(kFail).log_lines ==
        Lines{"ICMP CHECK on service [R]:tcp:21 of [V]:tcp:21 failed after 1 retries."});
}

const VerdictWords kScriptWords{"MISC_CHECK", "", "", "up!", "down!", FailureLine::placed};
const std::string kScript = "Misc check for [R VS V] by [/bin/check]";
const ProbeOutcome kScriptPassed{Result::passed, kScript + " succeeded"};
const ProbeOutcome kScriptFailed{Result::failed, kScript + " failed", {}, "(exited with status 1)"};
const ProbeOutcome kScriptLate{Result::failed, kScript + " timed out", "late!"};

TEST_CASE("a script's line says which of the retries it was", "[verdict]") {
  auto rules = tcp_rules(2);
  rules.log_all_failures = true;
  Course course(rules, true, true, kScriptWords);
  CHECK(course.take(kScriptFailed).log_lines ==
        Lines{kScript + " failed, will do 2 retries (exited with status 1)."});
  CHECK(course.take(kScriptLate).log_lines == Lines{kScript + " timed out on retry 1/2."});
  const auto last = course.take(kScriptFailed);
  CHECK(last.log_lines == Lines{kScript + " failed after 2 retries (exited with status 1)."});
  CHECK(last.tell == false);
  CHECK(last.mail_reason == "down!");
  CHECK(course.take(kScriptFailed).log_lines.empty());
  const auto back = course.take(kScriptPassed);
  CHECK(back.log_lines == Lines{kScript + " succeeded."});
  CHECK(back.mail_reason == "up!");
}

TEST_CASE("a script without retries", "[verdict]") {
  Course course(tcp_rules(0), true, true, kScriptWords);
  const auto actions = course.take(kScriptLate);
  CHECK(actions.log_lines == Lines{kScript + " timed out with retry disabled."});
  CHECK(actions.mail_reason == "late!");
}

TEST_CASE("every first verdict of a script has its mail", "[verdict]") {
  Course passes(tcp_rules(1), true, false, kScriptWords);
  const auto first = passes.take(kScriptPassed);
  CHECK(first.log_lines == Lines{kScript + " succeeded."});
  CHECK(first.mail_reason == "up!");
  CHECK(passes.take(kScriptPassed) == VerdictActions{{}, {}, {}, TimePoint(1020s)});
  Course assumed_down(tcp_rules(1), false, false, kScriptWords);
  CHECK(assumed_down.take(kScriptFailed).mail_reason == "down!");
}

TEST_CASE("attempts of a script are counted from their start", "[verdict]") {
  auto rules = tcp_rules(1);
  rules.from_start = true;
  Verdict verdict(rules, kScriptWords, "[R]", "[V]", VerdictState::initial(rules, true, true));
  const TimePoint began(1000s);
  CHECK(verdict.step(kScriptPassed, began + 4s, began).next == began + 10s);
  // One that took longer than the delay is followed at once.
  CHECK(verdict.step(kScriptPassed, began + 14s, began).next == began + 14s);
  CHECK(verdict.step(kScriptFailed, began + 1s, began).next == began + 3s);
}

TEST_CASE("rise: a server that failed needs several successes in a row", "[verdict]") {
  auto rules = tcp_rules(0);
  rules.rise = 3;
  Course course(rules, true, true);
  course.take(kFail);
  CHECK_FALSE(course.take(kPass).tell);
  CHECK_FALSE(course.take(kPass).tell);
  CHECK(course.waited == 10s);
  // A failure in between: from the beginning.
  CHECK_FALSE(course.take(kFail).tell);
  CHECK_FALSE(course.take(kPass).tell);
  CHECK_FALSE(course.take(kPass).tell);
  CHECK(course.take(kPass).tell == true);
  CHECK(course.verdict().up());
}

TEST_CASE("rise: one that is assumed up stays up at its first success", "[verdict]") {
  auto rules = tcp_rules(0);
  rules.rise = 3;
  Course course(rules, true, false);
  CHECK(course.take(kPass).log_lines == Lines{"TCP connection to [R]:tcp:21 success."});
  CHECK(course.verdict().up());
}

TEST_CASE("fast_recovery: no delay before the first verdict and after a repair", "[verdict]") {
  auto rules = http_rules(0, 2);
  rules.fast_recovery = true;
  Course course(rules, true, false);
  course.take(kPass);
  CHECK(course.waited == 0s);
  course.take(kPass);
  CHECK(course.waited == 10s);
  course.take(kFail);
  CHECK(course.waited == 10s);
  course.take(kPass);
  CHECK(course.waited == 0s);
  course.take(kPass);
  CHECK(course.waited == 0s);
  CHECK(course.take(kPass).tell == true);
  CHECK(course.waited == 10s);
  course.take(kNotMade);
  CHECK(course.waited == 10s);
}

TEST_CASE("rules come from the configured timing", "[verdict]") {
  CheckTiming timing;
  timing.retry = 4;
  timing.rise = 2;
  timing.delay_loop = 6s;
  timing.delay_before_retry = 2500ms;
  timing.log_all_failures = true;
  const auto rules = VerdictRules::from(timing);
  CHECK(rules.retry == 4);
  CHECK(rules.rise == 2);
  CHECK(rules.delay_loop == 6s);
  CHECK(rules.delay_before_retry == 2500ms);
  CHECK(rules.log_all_failures);
  CHECK(rules.steps == 1);
}

}  // namespace
}  // namespace understudy::checkers
