// What the bfd_instance blocks say, as values.
//
// daemon/bfd/ is the language of BFD (RFC 5880): rows of keywords, checks, defaults. Pure data
// here; keywords.cpp has the rows. Instances and servers that follow a session know it by its name.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/address.hpp"

namespace understudy::bfd {

/// bfd_instance: a session with one neighbour. A default member value is the keyword's default.
struct SessionConfig {
  std::string name;
  IpAddress neighbor;
  /// Empty: the kernel's choice.
  IpAddress source;
  std::chrono::microseconds min_rx{10'000};
  std::chrono::microseconds min_tx{10'000};
  /// Between packets while the session is down.
  std::chrono::microseconds idle_tx{1'000'000};
  /// Packets that may be missed.
  std::uint8_t multiplier = 5;
  /// Of packets sent; verified: 255 for IPv4, 64 for IPv6 unless given.
  std::uint8_t ttl = 0;
  /// Routers a packet may have passed, by its TTL; at most ttl.
  std::uint8_t max_hops = 0;
  /// Port 4784 (RFC 5883) instead of 3784.
  bool multihop = false;
  /// Wait for the neighbour to begin.
  bool passive = false;
  /// Who is told; verified: at least one.
  bool to_vrrp = false;
  bool to_checkers = false;
  /// What the session means to a VRRP instance that does not say; 0: down is a FAULT.
  std::int16_t weight = 0;
  bool weight_reverse = false;
  bool operator==(const SessionConfig&) const = default;
};

/// All sessions, in the order of the text.
struct BfdConfig {
  std::vector<SessionConfig> sessions;
  bool operator==(const BfdConfig&) const = default;
};

}  // namespace understudy::bfd
