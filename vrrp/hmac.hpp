// The trailer behind an advert's PDU that proves who sent it and when (auth_hmac).
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |   Scheme 1    |    Key id     |           reserved 0          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                 Seconds since the Unix epoch                  |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Fraction in 1/65536 seconds  |  Counter within one timestamp |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |            HMAC-SHA256, the leftmost 128 bits                 |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// Seconds, fraction and counter read as one number are the sequence. The digest covers a pseudo
// header {4 or 6, version, VRID, 0, source in 16 octets}, then PDU and trailer with the checksum
// and the digest read as zero. It does not cover the destination: one signature serves all peers.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "vrrp/config.hpp"
#include "vrrp/packet.hpp"
#include "vrrp/rejection.hpp"
#include "vrrp/wire_state.hpp"

namespace understudy::vrrp {

/// Octets of the trailer.
inline constexpr std::size_t kHmacTrailerSize = 28;

/// The wall clock as a sequence with a zero counter.
[[nodiscard]] std::uint64_t hmac_clock(std::chrono::system_clock::time_point now);

/// The instance puts trailers behind its adverts.
[[nodiscard]] bool signs(const HmacAuthentication& hmac);

/// The sequence after `last`: the clock, or one more when the clock has not moved on. In time mode
/// a sequence that is ahead of the clock by more than the window restarts from the clock.
[[nodiscard]] std::uint64_t next_hmac_sequence(const HmacAuthentication& hmac, std::uint64_t last,
                                               std::uint64_t clock);

/// The trailer for `pdu` (whose checksum does not matter), made with the active key; nullopt: the
/// digest cannot be made.
[[nodiscard]] std::optional<std::array<std::uint8_t, kHmacTrailerSize>> make_trailer(
    const HmacAuthentication& hmac, ByteView pdu, const IpAddress& source, std::uint64_t sequence);

/// A trailer that proves what it should.
struct Proof {
  std::uint64_t sequence = 0;
  /// How many seconds the sender's clock is behind ours.
  std::int32_t skew = 0;
};

/// Verifies a trailer, except for repetition. `signed_pdu` ends with it.
[[nodiscard]] std::variant<Proof, RejectionReason> verify_trailer(const HmacAuthentication& hmac,
                                                                  ByteView signed_pdu,
                                                                  const IpAddress& source,
                                                                  std::uint64_t clock);

/// Whether a proven sequence is new for its sender; if so it becomes the sender's mark.
[[nodiscard]] bool take_sequence(const HmacAuthentication& hmac, Sender& sender,
                                 std::uint64_t sequence, std::uint64_t clock);

}  // namespace understudy::vrrp
