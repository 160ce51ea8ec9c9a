#include "checkers/udp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checkers/filler.hpp"

namespace understudy::checkers {
namespace {

using Result = ProbeOutcome::Result;

constexpr std::size_t kFillerLength = 32;

bool has_wanted_length(std::size_t length, const UdpCheck& check) {
  if (length < check.min_reply_length) return false;
  // The default is a limit only where there is a pattern: the original knows no other.
  const bool limited =
      !check.reply.empty() || check.max_reply_length != UdpCheck{}.max_reply_length;
  return !limited || length <= check.max_reply_length;
}

}  // namespace

bool is_wanted_reply(ByteView datagram, const UdpCheck& check) {
  if (!has_wanted_length(datagram.size(), check)) return false;
  const std::size_t compared = std::min(datagram.size(), check.reply.size());
  for (std::size_t i = 0; i < compared; ++i) {
    const unsigned any = i < check.reply_mask.size() ? check.reply_mask[i] : 0U;
    const unsigned different = static_cast<unsigned>(datagram[i]) ^ check.reply[i];
    if ((different & ~any) != 0) return false;
  }
  return true;
}

UdpProbe::UdpProbe(const ProbeHost& host, UdpCheck check, std::string_view server,
                   ProbeReport report)
    : check_(std::move(check)),
      server_(server),
      report_(std::move(report)),
      exchange_(
          host.loop, host.log, DatagramProtocol::udp, check_.endpoint,
          check_.timing.connect_timeout,
          [this](ByteView datagram) {
            wanted_ = !check_.require_reply || is_wanted_reply(datagram, check_);
            return true;
          },
          [this](DatagramEnd end) { report_(outcome_of(end)); }) {}

void UdpProbe::start(std::size_t /*step*/) {
  wanted_ = false;
  exchange_.start(check_.payload.empty() ? filler(kFillerLength) : check_.payload);
}

void UdpProbe::cancel() { exchange_.cancel(); }

ProbeOutcome UdpProbe::outcome_of(DatagramEnd end) const {
  using Kind = DatagramEnd::Kind;
  const auto failed = [this] {
    return ProbeOutcome{Result::failed, fmt::format("UDP connection to {} failed.", server_)};
  };
  switch (end.kind) {
    case Kind::answered:
      if (wanted_) return {};
      return {Result::failed, fmt::format("UDP check to {} reply data mismatch.", server_)};
    case Kind::timed_out:
      // Many services are silent about what they do not understand: nobody refused it.
      return check_.require_reply ? failed() : ProbeOutcome{};
    case Kind::refused:
      return failed();
    case Kind::unreachable:
    case Kind::not_sent:
      return {Result::failed, {}};
    case Kind::no_socket:
      return {Result::not_made, "UDP connect fail to create socket. Rescheduling."};
    case Kind::not_started:
      break;
  }
  return {Result::not_made, "UDP socket bind failed. Rescheduling."};
}

}  // namespace understudy::checkers
