#include "checkers/probes.hpp"

#include <stdexcept>
#include <utility>
#include <variant>

#include "checkers/agent.hpp"
#include "checkers/dns.hpp"
#include "checkers/grpc.hpp"
#include "checkers/http.hpp"
#include "checkers/misc.hpp"
#include "checkers/nghttp2.hpp"
#include "checkers/ping.hpp"
#include "checkers/smtp.hpp"
#include "checkers/tcp.hpp"
#include "checkers/udp.hpp"
#include "daemon/base/crypto.hpp"

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
constexpr VerdictWords kSmtpWords{"SMTP_CHECK",
                                  "Remote SMTP server ",
                                  " succeed on service.",
                                  "=> CHECK succeed on service <=",
                                  "=> CHECK failed on service <=",
                                  FailureLine::last_attempt};
constexpr VerdictWords kDnsWords{"DNS_CHECK",
                                 "",
                                 "",
                                 "=> DNS_CHECK: succeed on service <=",
                                 "=> DNS_CHECK: failed on service <=",
                                 FailureLine::last_attempt_and_retries};
constexpr VerdictWords kUdpWords{
    "UDP_CHECK", "UDP connection to ", " success.",
    "=> UDP CHECK succeed on service <=", "=> UDP CHECK failed on service <="};
constexpr VerdictWords kPingWords{"ICMP CHECK",
                                  "ICMP connection to ",
                                  " success.",
                                  "=> ICMP CHECK succeed on service <=",
                                  "=> ICMP CHECK failed on service <=",
                                  FailureLine::summary_with_service};

constexpr VerdictWords kMiscWords{"MISC_CHECK",
                                  "",
                                  "",
                                  "=> MISC CHECK succeeded on service <=",
                                  "=> MISC CHECK failed on service <=",
                                  FailureLine::placed};

constexpr VerdictWords kAgentWords{"AGENT_CHECK",
                                   "AGENT_CHECK of ",
                                   " success.",
                                   "=> AGENT CHECK succeed on service <=",
                                   "=> AGENT CHECK failed on service <=",
                                   FailureLine::last_attempt};
constexpr VerdictWords kGrpcWords{"GRPC_CHECK",
                                  "gRPC health of ",
                                  " success.",
                                  "=> GRPC CHECK succeed on service <=",
                                  "=> GRPC CHECK failed on service <=",
                                  FailureLine::last_attempt_and_retries};

const VerdictWords& words_for(const TcpCheck& /*check*/) { return kTcpWords; }
const VerdictWords& words_for(const HttpCheck& check) { return check.tls ? kTlsWords : kHttpWords; }
const VerdictWords& words_for(const SmtpCheck& /*check*/) { return kSmtpWords; }
const VerdictWords& words_for(const DnsCheck& /*check*/) { return kDnsWords; }
const VerdictWords& words_for(const UdpCheck& /*check*/) { return kUdpWords; }
const VerdictWords& words_for(const PingCheck& /*check*/) { return kPingWords; }
const VerdictWords& words_for(const MiscCheck& /*check*/) { return kMiscWords; }
const VerdictWords& words_for(const AgentCheck& /*check*/) { return kAgentWords; }
const VerdictWords& words_for(const GrpcCheck& /*check*/) { return kGrpcWords; }

template <typename Kind>
VerdictRules rules_for(const Kind& check) {
  return VerdictRules::from(check.timing);
}

VerdictRules rules_for(const SmtpCheck& check) {
  VerdictRules rules = VerdictRules::from(check.timing);
  rules.always_retry = true;
  return rules;
}

VerdictRules rules_for(const MiscCheck& check) {
  VerdictRules rules = VerdictRules::from(check.timing);
  rules.from_start = true;
  return rules;
}

VerdictRules rules_for(const HttpCheck& check) {
  VerdictRules rules = VerdictRules::from(check.timing);
  rules.fast_recovery = check.fast_recovery;
  rules.steps = check.urls.size();
  rules.repeat_failed_step = true;
  return rules;
}

std::unique_ptr<Probe> probe_for(const ProbeHost& host, const TcpCheck& check,
                                 const ProbeLabels& labels, ProbeReport report) {
  return std::make_unique<TcpProbe>(host.loop, host.log, check, labels.server, std::move(report));
}

// Libraries are opened here, where somebody waits for the exception, not in the middle of an
// attempt.
std::unique_ptr<Probe> probe_for(const ProbeHost& host, const HttpCheck& check,
                                 const ProbeLabels& labels, ProbeReport report) {
  static_cast<void>(crypto());
  if (check.protocol == HttpProtocol::http2) static_cast<void>(nghttp2());
  return std::make_unique<HttpProbe>(host, check, labels, std::move(report));
}

std::unique_ptr<Probe> probe_for(const ProbeHost& host, const SmtpCheck& check,
                                 const ProbeLabels& labels, ProbeReport report) {
  return std::make_unique<SmtpProbe>(host, check, labels.server, std::move(report));
}

std::unique_ptr<Probe> probe_for(const ProbeHost& host, const DnsCheck& check,
                                 const ProbeLabels& labels, ProbeReport report) {
  return std::make_unique<DnsProbe>(host, check, labels.server, std::move(report));
}

std::unique_ptr<Probe> probe_for(const ProbeHost& host, const UdpCheck& check,
                                 const ProbeLabels& labels, ProbeReport report) {
  return std::make_unique<UdpProbe>(host, check, labels.server, std::move(report));
}

std::unique_ptr<Probe> probe_for(const ProbeHost& host, const PingCheck& check,
                                 const ProbeLabels& labels, ProbeReport report) {
  return std::make_unique<PingProbe>(host, check, labels, std::move(report));
}

std::unique_ptr<Probe> probe_for(const ProbeHost& host, const AgentCheck& check,
                                 const ProbeLabels& labels, ProbeReport report) {
  return std::make_unique<AgentProbe>(host, check, labels, std::move(report));
}

std::unique_ptr<Probe> probe_for(const ProbeHost& host, const GrpcCheck& check,
                                 const ProbeLabels& labels, ProbeReport report) {
  static_cast<void>(nghttp2());
  return std::make_unique<GrpcProbe>(host, check, labels, std::move(report));
}

std::unique_ptr<Probe> probe_for(const ProbeHost& host, const MiscCheck& check,
                                 const ProbeLabels& labels, ProbeReport report) {
  return std::make_unique<MiscProbe>(*host.scripts, check, labels, std::move(report));
}

}  // namespace

VerdictState first_state(const Check& check, bool up, bool has_run) {
  const Verdict fresh = make_verdict(check, {}, {});
  return VerdictState::initial(fresh.rules(), up, has_run);
}

Verdict make_verdict(const Check& check, const ProbeLabels& labels, const VerdictState& state) {
  return std::visit(
      [&](const auto& one) -> Verdict {
        if constexpr (requires { words_for(one); }) {
          return {rules_for(one), words_for(one), labels.server, labels.service, state};
        }
        throw std::logic_error("a check of this kind has no verdict");
      },
      check.kind());
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
      check.whole());
}

}  // namespace understudy::checkers
