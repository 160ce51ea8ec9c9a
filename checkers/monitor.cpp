#include "checkers/monitor.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "checkers/probes.hpp"

namespace understudy::checkers {
namespace {

/// Attempts that are due within this time of each other begin at once, if they are that far off: a
/// process with thousands of checks starts several, and hears of several, in one turn.
constexpr Duration kTogether = std::chrono::milliseconds(10);
constexpr Duration kFarOff = std::chrono::seconds(1);

TimePoint with_others(TimePoint next, TimePoint now) {
  return next - now < kFarOff ? next : together(next, kTogether);
}

}  // namespace

/// A probe and the names it refers to.
struct Monitor::Attempt {
  std::string server;
  std::string service;
  std::unique_ptr<Probe> probe;
  TimePoint began;
  [[nodiscard]] ProbeLabels labels() const { return {server, service}; }
};

Monitor::Monitor(MonitorOwner& owner, CheckPlace place, Known known)
    : owner_(owner),
      place_(place),
      verdict_(first_state(owner.check_at(place), known.up, known.has_run)) {}

Monitor::~Monitor() { owner_.schedule().disarm(*this); }

void Monitor::say(std::string_view what) const {
  owner_.probe_host().log.info("{} healthchecker for service {} for VS {}", what,
                               owner_.server_label(place_), owner_.service_label());
}

void Monitor::start(TimePoint first) {
  started_ = true;
  if (!verdict_.has_run) say("Activating");
  owner_.schedule().arm(*this, first);
}

void Monitor::start_suspended() {
  started_ = true;
  say("Deactivating");
}

void Monitor::suspend() {
  say("Suspending");
  stop();
}

void Monitor::resume(TimePoint first) {
  say("Activating");
  owner_.schedule().arm(*this, first);
}

void Monitor::stop() {
  owner_.schedule().disarm(*this);
  if (attempt_) attempt_->probe->cancel();
}

void Monitor::on_due() {
  const ProbeHost& host = owner_.probe_host();
  if (!attempt_) {
    attempt_ = std::make_unique<Attempt>();
    attempt_->server = owner_.server_label(place_);
    attempt_->service = owner_.service_label();
  }
  attempt_->began = host.loop.now();
  if (!attempt_->probe) {
    try {
      attempt_->probe = make_probe(host, owner_.check_at(place_), attempt_->labels(),
                                   [this](const ProbeOutcome& outcome) { weigh(outcome); });
    } catch (const std::runtime_error& problem) {
      // This host's trouble, not the server's, and not that of other checks.
      return weigh(
          {ProbeOutcome::Result::not_made, fmt::format("Check of {} not made: {}. Rescheduling.",
                                                       attempt_->server, problem.what())});
    }
  }
  attempt_->probe->start(verdict_.step);
}

void Monitor::weigh(const ProbeOutcome& outcome) {
  const ProbeHost& host = owner_.probe_host();
  Verdict verdict = make_verdict(owner_.check_at(place_), attempt_->labels(), verdict_);
  VerdictActions actions = verdict.step(outcome, host.loop.now(), attempt_->began);
  verdict_ = verdict.state();
  owner_.schedule().arm(*this, with_others(actions.next, host.loop.now()));
  // It goes at the end of this call.
  std::unique_ptr<Attempt> done;
  if (!attempt_->probe || !attempt_->probe->remembers()) done = std::move(attempt_);
  // What changes besides the verdict is said before it, as the original does.
  const CheckNews besides{std::nullopt, {}, outcome.weight, outcome.duty};
  if (!besides.empty()) owner_.on_news(place_, besides);
  for (const std::string& line : actions.log_lines) host.log.write(LOG_INFO, line);
  if (actions.tell) {
    owner_.on_news(place_, {actions.tell, std::move(actions.mail_reason), {}, {}});
  }
}

}  // namespace understudy::checkers
