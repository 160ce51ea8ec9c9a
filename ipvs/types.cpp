#include "ipvs/types.hpp"

#include <fmt/format.h>

namespace understudy::ipvs {
namespace {

std::string protocol_name(Protocol protocol) {
  switch (protocol) {
    case Protocol::tcp:
      return "TCP";
    case Protocol::udp:
      return "UDP";
    case Protocol::sctp:
      return "SCTP";
    case Protocol::none:
      break;
  }
  return fmt::format("protocol {}", static_cast<unsigned>(protocol));
}

}  // namespace

std::string ServiceKey::to_string() const {
  if (fwmark != 0) return fmt::format("FWM {}{}", fwmark, family == Family::ipv6 ? " inet6" : "");
  const bool v6 = endpoint.address.is_v6();
  return fmt::format("{} {}{}{}:{}", protocol_name(protocol), v6 ? "[" : "",
                     endpoint.address.to_string(), v6 ? "]" : "", endpoint.port.value());
}

}  // namespace understudy::ipvs
