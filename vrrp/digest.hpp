// Keyed digests (RFC 2104), and what goes with secrets.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/base/bytes.hpp"
#include "daemon/base/result.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// HMAC-MD5, the leftmost 96 bits (RFC 2403); nullopt: the system's OpenSSL is not there or
/// does not offer MD5.
[[nodiscard]] std::optional<std::array<std::uint8_t, 12>> hmac_md5_96(std::string_view key,
                                                                      ByteView data);
/// HMAC-SHA256, the leftmost 128 bits; nullopt: OpenSSL is not there or failed.
[[nodiscard]] std::optional<std::array<std::uint8_t, 16>> hmac_sha256_128(std::string_view key,
                                                                          ByteView data);

/// Has what the instances of a configuration need of OpenSSL opened and set up, which takes
/// milliseconds that no advert should wait for. The error: it cannot be opened.
Result<void> prepare_digests(const VrrpConfig& config);

/// Takes as long for a near miss as for a far one. The sizes are no secret.
[[nodiscard]] bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace understudy::vrrp
