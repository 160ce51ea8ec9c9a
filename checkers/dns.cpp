#include "checkers/dns.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "checkers/random_number.hpp"

namespace understudy::checkers {

using Result = ProbeOutcome::Result;

DnsProbe::DnsProbe(const ProbeHost& host, const DnsCheck& check, std::string_view server,
                   ProbeReport report)
    : server_(server),
      destination_(check.endpoint.destination.to_string()),
      type_(check.type),
      name_(check.name),
      report_(std::move(report)),
      exchange_(
          host.loop, host.log, DatagramProtocol::udp, check.endpoint, check.timing.connect_timeout,
          [this](ByteView datagram) { return take(datagram); },
          [this](DatagramEnd end) { report_(outcome_of(end)); }) {}

void DnsProbe::start(std::size_t /*step*/) {
  // A name no server can be asked for is refused when the configuration is read; ask for the root.
  query_ = encode_query(random_number<std::uint16_t>(), name_, type_).value_or(Bytes{});
  answer_ = {};
  exchange_.start(query_);
}

void DnsProbe::cancel() { exchange_.cancel(); }

bool DnsProbe::take(ByteView datagram) {
  answer_ = read_answer(datagram, query_);
  return answer_.kind != DnsAnswer::Kind::stray;
}

ProbeOutcome DnsProbe::told(Result result, std::string_view words) const {
  return {result, fmt::format("DNS_CHECK ({}) {}", server_, words)};
}

ProbeOutcome DnsProbe::outcome_of(DatagramEnd end) const {
  using Kind = DatagramEnd::Kind;
  switch (end.kind) {
    case Kind::answered:
      return judge();
    case Kind::timed_out:
      return told(Result::failed, "read timeout from socket");
    case Kind::refused:
      return told(Result::failed, fmt::format("failed to read socket; errno {} ({})", end.error,
                                              std::strerror(end.error)));
    case Kind::unreachable:
      return told(Result::failed, fmt::format("network unreachable for {}", destination_));
    case Kind::not_sent:
      return told(Result::failed, "failed to write socket.");
    case Kind::no_socket:
      return told(Result::not_made, "failed to create socket. Rescheduling.");
    case Kind::not_started:
      break;
  }
  return told(Result::not_made, "UDP socket bind failed. Rescheduling.");
}

ProbeOutcome DnsProbe::judge() const {
  switch (answer_.kind) {
    case DnsAnswer::Kind::refused:
      return told(Result::failed, fmt::format("read error occurred. (rcode = {})", answer_.code));
    case DnsAnswer::Kind::malformed:
      return told(Result::failed, "read error occurred. (malformed answer)");
    case DnsAnswer::Kind::good:
    case DnsAnswer::Kind::stray:
      break;
  }
  return {};
}

}  // namespace understudy::checkers
