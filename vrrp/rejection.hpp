// Why an advert was refused, and how often.
#pragma once

#include <cstdint>
#include <string>

namespace understudy::vrrp {

/// Why an advert was refused. Each reason is logged once until the master changes.
enum class RejectionReason : std::uint8_t {
  packet_length,
  ip_length,
  ttl,
  ttl_range,
  version,
  packet_type,
  checksum,
  /// Unicast where multicast was expected, or the other way round.
  cast,
  /// There is an AH header and there should be none, or the other way round.
  ah_header,
  invalid_authentication_type,
  authentication_type,
  password,
  ah_digest,
  ah_spi,
  ah_sequence,
  hmac_missing,
  hmac_malformed,
  hmac_unknown_key,
  hmac_invalid,
  hmac_stale,
  hmac_replay,
  /// A unicast sender that is no peer.
  unknown_source,
  /// owner_ignore_adverts.
  owner_ignores
};

/// A refused advert.
struct Rejection {
  RejectionReason reason = RejectionReason::version;
  /// The original's log line, "(VI_1) …".
  std::string text;
  bool operator==(const Rejection&) const = default;
};

/// Refused adverts of one virtual router, by the original's reasons (keepalived.stats) and those of
/// RFC 6527 (checksum, version).
struct RejectionCounters {
  std::uint32_t packet_length = 0;
  std::uint32_t ttl = 0;
  std::uint32_t packet_type = 0;
  std::uint32_t address_list = 0;
  std::uint32_t invalid_authentication_type = 0;
  std::uint32_t authentication_type_mismatch = 0;
  std::uint32_t authentication_failure = 0;
  std::uint32_t hmac_missing = 0;
  std::uint32_t hmac_malformed = 0;
  std::uint32_t hmac_unknown_key = 0;
  std::uint32_t hmac_invalid = 0;
  std::uint32_t hmac_stale = 0;
  std::uint32_t hmac_replay = 0;
  std::uint32_t checksum = 0;
  std::uint32_t version = 0;
  /// Of senders that are no peers, or while we ignore adverts as address owner.
  std::uint32_t ignored = 0;
  bool operator==(const RejectionCounters&) const = default;

  /// Counts one refused advert.
  void count(RejectionReason reason);
};

}  // namespace understudy::vrrp
