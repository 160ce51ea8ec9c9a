#include "checkers/grpc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace understudy::checkers {
namespace {

/// How many timeouts an exchange may last: a server that dribbles is given up.
constexpr int kLongestInTimeouts = 4;

Exchange::Options exchange_options(const ProbeHost& host, const GrpcCheck& check) {
  Exchange::Options options;
  options.endpoint = check.endpoint;
  options.timeout = check.timing.connect_timeout;
  options.longest = kLongestInTimeouts * check.timing.connect_timeout;
  if (!check.tls) return options;
  options.tls = host.tls ? host.tls : std::make_shared<const TlsContext>();
  options.peer = tls_peer(check.virtualhost, check.endpoint.destination.address, *check.demands);
  options.alpn = "h2";
  return options;
}

std::string_view failure_words(ExchangeEnd end) {
  switch (end) {
    case ExchangeEnd::connect_timed_out:
      return "does not take a connection in time";
    case ExchangeEnd::handshake_failed:
      return "fails the TLS handshake";
    case ExchangeEnd::protocol_refused:
      return "does not offer HTTP/2";
    case ExchangeEnd::response_timed_out:
    case ExchangeEnd::read_timed_out:
      return "does not answer in time";
    case ExchangeEnd::send_failed:
    case ExchangeEnd::read_failed:
    case ExchangeEnd::no_data:
      return "gives no complete answer in HTTP/2";
    default:
      return "takes no connection";
  }
}

}  // namespace

HttpRequest grpc_request(const GrpcCheck& check) {
  HttpRequest request;
  request.method = "POST";
  request.host = check.virtualhost;
  if (request.host.empty()) {
    const auto& [address, port] = check.endpoint.destination;
    request.host = fmt::format(fmt::runtime(address.is_v6() ? "[{}]:{}" : "{}:{}"),
                               address.to_string(), port.value());
  }
  request.path = "/grpc.health.v1.Health/Check";
  const auto timeout =
      std::chrono::duration_cast<std::chrono::milliseconds>(check.timing.connect_timeout).count();
  // At most eight digits.
  constexpr std::int64_t kLongestTimeout = 99'999'999;
  request.fields = {
      {"content-type", "application/grpc"},
      {"te", "trailers"},
      {"grpc-timeout", fmt::format("{}m", std::clamp<std::int64_t>(timeout, 1, kLongestTimeout))}};
  request.body = grpc_health_request(check.service);
  return request;
}

GrpcProbe::GrpcProbe(const ProbeHost& host, GrpcCheck check, const ProbeLabels& labels,
                     ProbeReport report)
    : check_(std::move(check)),
      server_(labels.server),
      report_(std::move(report)),
      exchange_(host.loop, host.log, exchange_options(host, check_),
                [this](ExchangeEnd end) { on_end(end); }) {}

void GrpcProbe::start(std::size_t /*step*/) {
  dialogue_.emplace(grpc_request(check_), check_.tls);
  exchange_.start(*dialogue_);
}

void GrpcProbe::cancel() {
  exchange_.cancel();
  dialogue_.reset();
}

void GrpcProbe::on_end(ExchangeEnd end) {
  const ProbeOutcome outcome = outcome_of(end);
  dialogue_.reset();
  report_(outcome);
}

ProbeOutcome GrpcProbe::outcome_of(ExchangeEnd end) const {
  using Result = ProbeOutcome::Result;
  ProbeOutcome outcome;
  if (end == ExchangeEnd::answered) {
    const auto verdict = dialogue_->verdict();
    if (verdict.serving) return outcome;
    outcome.line = fmt::format("gRPC health of {}: {}", server_, verdict.reason);
  } else if (end == ExchangeEnd::no_socket || end == ExchangeEnd::not_started) {
    outcome.result = Result::not_made;
    outcome.line = fmt::format("gRPC health of {} not asked: no socket can be set up", server_);
    return outcome;
  } else {
    outcome.line = fmt::format("gRPC server {} {}", server_, failure_words(end));
    const std::string& why = exchange_.tls_trouble();
    if (end == ExchangeEnd::handshake_failed && !why.empty()) {
      outcome.line += fmt::format(" ({})", why);
    }
  }
  outcome.result = Result::failed;
  return outcome;
}

}  // namespace understudy::checkers
