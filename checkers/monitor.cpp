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
      timer_(host.loop, [this] { probe_->start(verdict_.next_step()); }) {}

Monitor::~Monitor() = default;

void Monitor::start(TimePoint first) {
  if (!verdict_.has_run()) {
    host_.log.info("Activating healthchecker for service {} for VS {}", server_label_,
                   service_label_);
  }
  timer_.arm(first);
}

void Monitor::stop() {
  timer_.disarm();
  probe_->cancel();
}

void Monitor::weigh(const ProbeOutcome& outcome) {
  VerdictActions actions = verdict_.step(outcome, host_.loop.now());
  timer_.arm(actions.next);
  for (const std::string& line : actions.log_lines) host_.log.write(LOG_INFO, line);
  const CheckNews news{actions.tell, std::move(actions.mail_reason), outcome.weight, outcome.duty};
  if (!news.empty()) on_news_(news);
}

}  // namespace understudy::checkers
