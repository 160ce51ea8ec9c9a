#include "vrrp/hmac.hpp"

#include <algorithm>

#include "vrrp/digest.hpp"

namespace understudy::vrrp {
namespace {

constexpr std::uint8_t kScheme = 1;
constexpr std::size_t kHmacDigestSize = 16;
/// Octets of the trailer that the digest covers.
constexpr std::size_t kCovered = kHmacTrailerSize - kHmacDigestSize;
constexpr std::size_t kHmacChecksumOffset = 6;
constexpr std::size_t kPseudoAddressSize = 16;

/// RFC 1982: right across the wrap of the number.
bool after(std::uint64_t a, std::uint64_t b) { return static_cast<std::int64_t>(a - b) > 0; }

std::uint32_t seconds_of(std::uint64_t sequence) {
  return static_cast<std::uint32_t>(sequence >> 32U);
}

/// `a` less `b`, across the wrap of 32 bits.
std::int32_t difference(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::int32_t>(seconds_of(a) - seconds_of(b));
}

bool outside(const HmacAuthentication& hmac, std::int32_t skew) {
  const auto window = hmac.time_window.count();
  return skew > window || skew < -window;
}

bool by_time(const HmacAuthentication& hmac) {
  return hmac.anti_replay == HmacAuthentication::AntiReplay::time;
}

const HmacKey* find_key(const HmacAuthentication& hmac, std::uint8_t id) {
  const auto found = std::ranges::find(hmac.keys, id, &HmacKey::id);
  return found == hmac.keys.end() ? nullptr : &*found;
}

/// What the digest is made of. `covered`: PDU and the beginning of the trailer.
Bytes digest_input(ByteView covered, const IpAddress& source) {
  ByteWriter writer;
  writer.u8(source.is_v6() ? 6 : 4);
  writer.u8(pdu_version(covered));
  writer.u8(pdu_vrid(covered).value());
  writer.u8(0);
  writer.bytes(source.bytes());
  writer.bytes(Bytes(kPseudoAddressSize - source.bytes().size()));
  const std::size_t begin = writer.view().size();
  writer.bytes(covered);
  writer.patch_u16(begin + kHmacChecksumOffset, 0);
  writer.bytes(std::array<std::uint8_t, kHmacDigestSize>{});
  return writer.take();
}

}  // namespace

std::uint64_t hmac_clock(std::chrono::system_clock::time_point now) {
  using std::chrono::nanoseconds;
  const auto since = now.time_since_epoch();
  const auto whole = std::chrono::floor<std::chrono::seconds>(since);
  const auto part = std::chrono::duration_cast<nanoseconds>(since - whole).count();
  constexpr std::uint64_t kPerSecond = 1'000'000'000;
  const std::uint64_t fraction = (static_cast<std::uint64_t>(part) << 16U) / kPerSecond;
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(whole.count())) << 32U | fraction
                                                                                            << 16U;
}

bool signs(const HmacAuthentication& hmac) {
  return hmac.used() && hmac.mode != HmacAuthentication::Mode::receive_only;
}

std::uint64_t next_hmac_sequence(const HmacAuthentication& hmac, std::uint64_t last,
                                 std::uint64_t clock) {
  // Nothing was sent yet: a clock of any value is after it.
  if (last == 0 || after(clock, last)) return clock;
  const bool stranded = by_time(hmac) && difference(last, clock) > hmac.time_window.count();
  return stranded ? clock : last + 1;
}

std::optional<std::array<std::uint8_t, kHmacTrailerSize>> make_trailer(
    const HmacAuthentication& hmac, ByteView pdu, const IpAddress& source, std::uint64_t sequence) {
  const HmacKey* key = find_key(hmac, hmac.active_key);
  if (key == nullptr) return std::nullopt;
  ByteWriter covered;
  covered.bytes(pdu);
  covered.u8(kScheme);
  covered.u8(key->id);
  covered.u16(0);
  covered.u64(sequence);
  const auto digest = hmac_sha256_128(key->secret.octets(), digest_input(covered.view(), source));
  if (!digest) return std::nullopt;
  std::array<std::uint8_t, kHmacTrailerSize> trailer;
  std::copy(covered.view().end() - kCovered, covered.view().end(), trailer.begin());
  std::copy(digest->begin(), digest->end(), trailer.begin() + kCovered);
  return trailer;
}

std::variant<Proof, RejectionReason> verify_trailer(const HmacAuthentication& hmac,
                                                    ByteView signed_pdu, const IpAddress& source,
                                                    std::uint64_t clock) {
  ByteReader trailer(signed_pdu.last(kHmacTrailerSize));
  const std::uint8_t scheme = trailer.u8();
  const std::uint8_t key_id = trailer.u8();
  const std::uint16_t reserved = trailer.u16();
  if (scheme != kScheme || reserved != 0) return RejectionReason::hmac_malformed;
  Proof proof;
  proof.sequence = trailer.u64();
  if (by_time(hmac)) {
    proof.skew = difference(clock, proof.sequence);
    if (outside(hmac, proof.skew)) return RejectionReason::hmac_stale;
  }
  const HmacKey* key = find_key(hmac, key_id);
  if (key == nullptr) return RejectionReason::hmac_unknown_key;
  const ByteView covered = signed_pdu.first(signed_pdu.size() - kHmacDigestSize);
  const auto digest = hmac_sha256_128(key->secret.octets(), digest_input(covered, source));
  if (!digest || !equal_in_constant_time(*digest, signed_pdu.last(kHmacDigestSize))) {
    return RejectionReason::hmac_invalid;
  }
  return proof;
}

bool take_sequence(const HmacAuthentication& hmac, Sender& sender, std::uint64_t sequence,
                   std::uint64_t clock) {
  // A mark outside the window orders only what the window refuses already; to forget it lets a
  // sender whose clock was corrected be heard again.
  if (by_time(hmac) && outside(hmac, difference(clock, sender.mark))) sender.marked = false;
  if (sender.marked && !after(sequence, sender.mark)) return false;
  sender.marked = true;
  sender.mark = sequence;
  return true;
}

}  // namespace understudy::vrrp
