// May this advert be believed? Version and authentication of what packet.hpp decoded, against the
// configuration (RFC 3768 section 7.1, RFC 2338 section 5.3.6).
//
// PASS is checked here, on the decoded advert. AH covers the IP header, so it is verified and taken
// off before decode_ipv4(); an advert that comes here says "ah" only when it had no such header.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vrrp/config.hpp"
#include "vrrp/packet.hpp"

namespace understudy::vrrp {

/// Why an advert was refused; the caller logs each reason once until the master changes.
enum class RejectionReason : std::uint8_t { version, authentication_type, password, missing_ah };

/// A refused advert.
struct Rejection {
  RejectionReason reason = RejectionReason::version;
  /// The original's log line, "(VI_1) …".
  std::string text;
  bool operator==(const Rejection&) const = default;
};

/// The 8 octets of authentication data for a password: padded with zeros, cut after 8.
[[nodiscard]] std::array<std::uint8_t, 8> password_octets(std::string_view password);

/// nullopt: the advert has the instance's version and proves what the instance asks for.
[[nodiscard]] std::optional<Rejection> check_advert(const Received& received,
                                                    const InstanceConfig& config);

}  // namespace understudy::vrrp
