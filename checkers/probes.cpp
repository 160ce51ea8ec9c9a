#include "checkers/probes.hpp"

#include <stdexcept>
#include <utility>
#include <variant>

#include "checkers/http.hpp"
#include "checkers/tcp.hpp"

namespace understudy::checkers {
namespace {

constexpr VerdictWords kTcpWords{
    "TCP_CHECK", "TCP connection to ", " success.",
    "=> TCP CHECK succeed on service <=", "=> TCP CHECK failed on service <="};
constexpr VerdictWords kHttpWords{
    "HTTP_CHECK", "Remote Web server ", " succeed on service.",
    "=> CHECK succeed on service <=", "=> CHECK failed on service : HTTP/SSL request failed <="};
constexpr VerdictWords kTlsWords{"SSL_CHECK", kHttpWords.before_success, kHttpWords.after_success,
                                 kHttpWords.mail_up, kHttpWords.mail_down};

const VerdictWords& words_for(const TcpCheck& /*check*/) { return kTcpWords; }
const VerdictWords& words_for(const HttpCheck& check) { return check.tls ? kTlsWords : kHttpWords; }

VerdictRules rules_for(const TcpCheck& check) { return VerdictRules::from(check.timing); }

VerdictRules rules_for(const HttpCheck& check) {
  VerdictRules rules = VerdictRules::from(check.timing);
  rules.steps = check.urls.size();
  rules.repeat_failed_step = true;
  return rules;
}

std::unique_ptr<Probe> probe_for(const ProbeHost& host, const TcpCheck& check,
                                 const ProbeLabels& labels, ProbeReport report) {
  return std::make_unique<TcpProbe>(host.loop, host.log, check, labels.server, std::move(report));
}

std::unique_ptr<Probe> probe_for(const ProbeHost& host, const HttpCheck& check,
                                 const ProbeLabels& labels, ProbeReport report) {
  return std::make_unique<HttpProbe>(host.loop, host.log, check, labels.server, labels.service,
                                     host.tls, std::move(report));
}

}  // namespace

Verdict make_verdict(const Check& check, const ProbeLabels& labels, bool up, bool has_run) {
  return std::visit(
      [&](const auto& one) -> Verdict {
        if constexpr (requires { words_for(one); }) {
          return {rules_for(one), words_for(one), labels.server, labels.service, up, has_run};
        }
        throw std::logic_error("a check of this kind has no verdict");
      },
      check);
}

std::unique_ptr<Probe> make_probe(const ProbeHost& host, const Check& check,
                                  const ProbeLabels& labels, ProbeReport report) {
  return std::visit(
      [&](const auto& one) -> std::unique_ptr<Probe> {
        if constexpr (requires { probe_for(host, one, labels, report); }) {
          return probe_for(host, one, labels, std::move(report));
        }
        throw std::logic_error("a check of this kind has no probe");
      },
      check);
}

}  // namespace understudy::checkers
