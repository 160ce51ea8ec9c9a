#include "checkers/label.hpp"

#include <fmt/format.h>

namespace understudy::checkers {
namespace {

const char* protocol_of(const VirtualServer& service) {
  return service.fwmark != 0 ? "none" : protocol_name(service.protocol);
}

}  // namespace

const char* protocol_name(Protocol protocol) {
  switch (protocol) {
    case Protocol::udp:
      return "udp";
    case Protocol::sctp:
      return "sctp";
    case Protocol::tcp:
      break;
  }
  return "tcp";
}

std::string label(const VirtualServer& service) {
  if (!service.group.empty()) return fmt::format("[{}]:{}", service.group, service.group_place);
  if (service.fwmark != 0) return fmt::format("FWM {}", service.fwmark);
  return service.endpoint.to_string(protocol_of(service));
}

std::string label(const RealServer& server, const VirtualServer& service) {
  return label(server.endpoint, service);
}

std::string label(const Endpoint& server, const VirtualServer& service) {
  return server.to_string(protocol_of(service));
}

}  // namespace understudy::checkers
