#include "checkers/monitor.hpp"

#include <string_view>
#include <utility>
#include <variant>

#include "checkers/http.hpp"
#include "checkers/tcp.hpp"

namespace understudy::checkers {
namespace {

VerdictRules rules_for(const TcpCheck& check) { return VerdictRules::from(check.timing); }

VerdictRules rules_for(const HttpCheck& check) {
  VerdictRules rules = VerdictRules::from(check.timing);
  rules.steps = check.urls.size();
  rules.repeat_failed_step = true;
  return rules;
}

constexpr VerdictWords kTcpWords{
    "TCP_CHECK", "TCP connection to ", " success.",
    "=> TCP CHECK succeed on service <=", "=> TCP CHECK failed on service <="};
constexpr VerdictWords kHttpWords{
    "HTTP_CHECK", "Remote Web server ", " succeed on service.",
    "=> CHECK succeed on service <=", "=> CHECK failed on service : HTTP/SSL request failed <="};
constexpr VerdictWords kTlsWords{"SSL_CHECK", kHttpWords.before_success, kHttpWords.after_success,
                                 kHttpWords.mail_up, kHttpWords.mail_down};

Verdict make_verdict(const Check& check, std::string_view server, Monitor::Known known) {
  if (const auto* http = std::get_if<HttpCheck>(&check)) {
    return {rules_for(*http), http->tls ? kTlsWords : kHttpWords, server, known.up, known.has_run};
  }
  return {rules_for(std::get<TcpCheck>(check)), kTcpWords, server, known.up, known.has_run};
}

}  // namespace

Monitor::Monitor(Loop& loop, Log& log, const Check& check, std::string server_label,
                 std::string service_label, Known known, OnChange on_change,
                 std::shared_ptr<const TlsContext> tls)
    : loop_(loop),
      log_(log),
      server_label_(std::move(server_label)),
      service_label_(std::move(service_label)),
      on_change_(std::move(on_change)),
      verdict_(make_verdict(check, server_label_, known)),
      timer_(loop, [this] { probe_->start(verdict_.next_step()); }) {
  const auto report = [this](const ProbeOutcome& outcome) { weigh(outcome); };
  if (const auto* tcp = std::get_if<TcpCheck>(&check)) {
    probe_ = std::make_unique<TcpProbe>(loop, log, *tcp, server_label_, report);
  } else {
    probe_ = std::make_unique<HttpProbe>(loop, log, std::get<HttpCheck>(check), server_label_,
                                         service_label_, std::move(tls), report);
  }
}

Monitor::~Monitor() = default;

void Monitor::start(TimePoint first) {
  if (!verdict_.has_run()) {
    log_.info("Activating healthchecker for service {} for VS {}", server_label_, service_label_);
  }
  timer_.arm(first);
}

void Monitor::stop() {
  timer_.disarm();
  probe_->cancel();
}

void Monitor::weigh(const ProbeOutcome& outcome) {
  const VerdictActions actions = verdict_.step(outcome, loop_.now());
  timer_.arm(actions.next);
  for (const std::string& line : actions.log_lines) log_.write(LOG_INFO, line);
  if (actions.tell) on_change_(*actions.tell, actions.mail_reason);
}

}  // namespace understudy::checkers
