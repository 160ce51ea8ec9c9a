// What virtual and real servers are called in log lines, FIFO lines and mail.
#pragma once

#include <string>

#include "checkers/config.hpp"

namespace understudy::checkers {

/// "tcp", "udp", "sctp".
[[nodiscard]] const char* protocol_name(Protocol protocol);
/// "[10.0.0.1]:tcp:80", or "FWM 5" for a firewall-mark service.
[[nodiscard]] std::string label(const VirtualServer& service);
/// "[10.0.0.2]:tcp:80"; the protocol is the virtual server's, "none" for a firewall-mark service.
[[nodiscard]] std::string label(const RealServer& server, const VirtualServer& service);

/// The same of a server known by its endpoint.
[[nodiscard]] std::string label(const Endpoint& server, const VirtualServer& service);

}  // namespace understudy::checkers
