#include "checkers/monitor.hpp"

#include <utility>

#include "checkers/probes.hpp"

namespace understudy::checkers {
Monitor::Monitor(const ProbeHost& host, const Check& check, std::string server_label,
                 std::string service_label, Known known, OnNews on_news)
    : host_(host),
      server_label_(std::move(server_label)),
      service_label_(std::move(service_label)),
      on_news_(std::move(on_news)),
      verdict_(make_verdict(check, {server_label_, service_label_}, known.up, known.has_run)),
      probe_(make_probe(host, check, {server_label_, service_label_},
                        [this](const ProbeOutcome& outcome) { weigh(outcome); })),
      timer_(host.loop, [this] { attempt(); }) {}

Monitor::~Monitor() = default;

void Monitor::say(std::string_view what) {
  host_.log.info("{} healthchecker for service {} for VS {}", what, server_label_, service_label_);
}

void Monitor::start(TimePoint first) {
  if (!verdict_.has_run()) say("Activating");
  timer_.arm(first);
}

void Monitor::start_suspended() { say("Deactivating"); }

void Monitor::suspend() {
  say("Suspending");
  stop();
}

void Monitor::resume(TimePoint first) {
  say("Activating");
  timer_.arm(first);
}

void Monitor::stop() {
  timer_.disarm();
  probe_->cancel();
}

void Monitor::attempt() {
  began_ = host_.loop.now();
  probe_->start(verdict_.next_step());
}

void Monitor::weigh(const ProbeOutcome& outcome) {
  VerdictActions actions = verdict_.step(outcome, host_.loop.now(), began_);
  timer_.arm(actions.next);
  // What changes besides the verdict is said before it, as the original does.
  const CheckNews besides{std::nullopt, {}, outcome.weight, outcome.duty};
  if (!besides.empty()) on_news_(besides);
  for (const std::string& line : actions.log_lines) host_.log.write(LOG_INFO, line);
  if (actions.tell) on_news_({actions.tell, std::move(actions.mail_reason), {}, {}});
}

}  // namespace understudy::checkers
