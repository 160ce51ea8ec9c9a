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
      : verdict_(rules, words, "[R]:tcp:21", "[V]:tcp:21", up, has_run) {}

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

TEST_CASE("rules come from the configured timing", "[verdict]") {
  CheckTiming timing;
  timing.retry = 4;
  timing.delay_loop = 6s;
  timing.delay_before_retry = 2500ms;
  timing.log_all_failures = true;
  const auto rules = VerdictRules::from(timing);
  CHECK(rules.retry == 4);
  CHECK(rules.delay_loop == 6s);
  CHECK(rules.delay_before_retry == 2500ms);
  CHECK(rules.log_all_failures);
  CHECK(rules.steps == 1);
}

}  // namespace
}  // namespace understudy::checkers
