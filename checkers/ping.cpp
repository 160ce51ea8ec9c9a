#include "checkers/ping.hpp"

#include <fmt/format.h>

#include <utility>

#include "checkers/random_number.hpp"

namespace understudy::checkers {
namespace {

using Result = ProbeOutcome::Result;

}  // namespace

PingProbe::PingProbe(const ProbeHost& host, const PingCheck& check, const ProbeLabels& labels,
                     ProbeReport report)
    : labels_(labels),
      family_(check.endpoint.destination.address.family()),
      report_(std::move(report)),
      exchange_(
          host.loop, host.log, DatagramProtocol::echo, check.endpoint, check.timing.connect_timeout,
          [this](ByteView datagram) { return take(datagram); },
          [this](DatagramEnd end) { report_(outcome_of(end)); }) {
  mark_.identifier = check.endpoint.source.port.value();
  if (mark_.identifier == 0) mark_.identifier = random_number<std::uint16_t>();
}

void PingProbe::start(std::size_t /*step*/) {
  ++mark_.sequence;
  mark_.nonce = random_number<std::uint64_t>();
  exchange_.start(encode_echo_request(family_, mark_));
}

void PingProbe::cancel() { exchange_.cancel(); }

bool PingProbe::take(ByteView datagram) const {
  const auto message = exchange_.with_ip_header() ? without_ipv4_header(datagram) : datagram;
  return is_echo_reply(family_, message, mark_);
}

ProbeOutcome PingProbe::outcome_of(DatagramEnd end) const {
  using Kind = DatagramEnd::Kind;
  switch (end.kind) {
    case Kind::answered:
      return {};
    case Kind::timed_out:
      return {Result::failed,
              fmt::format("ICMP connection to address {} timeout.", labels_.server)};
    case Kind::refused:
    case Kind::unreachable:
    case Kind::not_sent:
      return {Result::failed,
              fmt::format("ICMP connection to {} of {} failed.", labels_.server, labels_.service)};
    case Kind::no_socket:
      return {Result::not_made, fmt::format("ICMP{} connect fail to create socket. Rescheduling.",
                                            family_ == Family::ipv6 ? "v6" : "")};
    case Kind::not_started:
      break;
  }
  return {Result::not_made, "ICMP socket bind failed. Rescheduling."};
}

}  // namespace understudy::checkers
