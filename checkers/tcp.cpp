#include "checkers/tcp.hpp"

#include <fmt/format.h>

#include <utility>

namespace understudy::checkers {

TcpProbe::TcpProbe(Loop& loop, Log& log, const TcpCheck& check, std::string_view server,
                   Report report)
    : server_(server),
      report_(std::move(report)),
      connector_(loop, log, check.endpoint, check.timing.connect_timeout,
                 [this](ConnectResult result) {
                   // Closed before the report: it may begin the next attempt.
                   connector_.cancel();
                   report_(outcome_of(result));
                 }) {}

void TcpProbe::start(std::size_t /*step*/) { connector_.start(); }

void TcpProbe::cancel() { connector_.cancel(); }

ProbeOutcome TcpProbe::outcome_of(ConnectResult result) const {
  using Result = ProbeOutcome::Result;
  switch (result) {
    case ConnectResult::connected:
      return {Result::passed, {}};
    case ConnectResult::unreachable:
      return {Result::failed, {}};
    case ConnectResult::failed:
      return {Result::failed, fmt::format("TCP connection to {} failed.", server_)};
    case ConnectResult::timed_out:
      return {Result::failed, fmt::format("TCP connection to {} timeout.", server_)};
    case ConnectResult::no_socket:
      return {Result::not_made, "TCP connect fail to create socket. Rescheduling."};
    case ConnectResult::not_started:
      break;
  }
  return {Result::not_made, "TCP socket bind failed. Rescheduling."};
}

}  // namespace understudy::checkers
