#include "checkers/smtp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace understudy::checkers {
namespace {

using Result = ProbeOutcome::Result;

/// How many timeouts a session may last when delay_loop is shorter than that.
constexpr int kLongestInTimeouts = 4;

Exchange::Options exchange_options(const SmtpCheck& check) {
  Exchange::Options options;
  options.endpoint = check.endpoint;
  options.timeout = check.timing.connect_timeout;
  options.longest = std::max<Duration>(check.timing.delay_loop,
                                       check.timing.connect_timeout * kLongestInTimeouts);
  return options;
}

/// "[10.0.0.1]:25" of "[10.0.0.1]:tcp:25".
std::string without_protocol(std::string_view server) {
  const auto port = server.rfind(':');
  const auto protocol = server.rfind(':', port - 1);
  if (port == std::string_view::npos || protocol == std::string_view::npos) {
    return std::string(server);
  }
  return fmt::format("{}{}", server.substr(0, protocol), server.substr(port));
}

ProbeOutcome failure(const std::string& words) {
  return {Result::failed, "SMTP_CHECK " + words,
          fmt::format("=> CHECK failed on service : {} <=", words)};
}

}  // namespace

SmtpProbe::SmtpProbe(const ProbeHost& host, const SmtpCheck& check, std::string_view server,
                     ProbeReport report)
    : server_(server),
      destination_(check.endpoint.destination),
      helo_name_(check.helo_name),
      report_(std::move(report)),
      exchange_(host.loop, host.log, exchange_options(check), [this](ExchangeEnd end) {
        const ProbeOutcome outcome = outcome_of(end);
        session_.reset();
        report_(outcome);
      }) {}

void SmtpProbe::start(std::size_t /*step*/) {
  session_.emplace(helo_name_);
  exchange_.start(*session_);
}

void SmtpProbe::cancel() {
  exchange_.cancel();
  session_.reset();
}

ProbeOutcome SmtpProbe::failed(std::string_view words) const {
  return failure(fmt::format("{} server {}", words, destination_.to_string()));
}

ProbeOutcome SmtpProbe::judge() const {
  switch (session_->result()) {
    case SmtpSession::Result::bad_greeting:
      return failed("Bad greeting banner from");
    case SmtpSession::Result::bad_helo:
      return failed("Bad HELO response from");
    case SmtpSession::Result::bad_quit:
    case SmtpSession::Result::open:
      return failed("Read failure from");
    case SmtpSession::Result::good:
      break;
  }
  return {};
}

ProbeOutcome SmtpProbe::outcome_of(ExchangeEnd end) const {
  switch (end) {
    case ExchangeEnd::answered:
      return judge();
    case ExchangeEnd::unreachable:
      return failure(fmt::format("Network unreachable for server {} - real server {}",
                                 destination_.address.to_string(), without_protocol(server_)));
    case ExchangeEnd::connect_timed_out:
      return failed("Connection timeout to");
    case ExchangeEnd::send_failed:
      return failed("Write failure to");
    case ExchangeEnd::response_timed_out:
    case ExchangeEnd::read_timed_out:
      return failed("Read timeout from");
    case ExchangeEnd::read_failed:
    case ExchangeEnd::no_data:
      return failed("Read failure from");
    case ExchangeEnd::no_socket:
      return {Result::not_made, "SMTP_CHECK connection failed to create socket. Rescheduling."};
    case ExchangeEnd::not_started:
      return {Result::not_made, "SMTP_CHECK socket bind failed. Rescheduling."};
    default:
      // Refused; the others are of TLS.
      return failed("Could not connect to");
  }
}

}  // namespace understudy::checkers
