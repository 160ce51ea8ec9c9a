#include "vrrp/ah.hpp"

#include <algorithm>

#include "vrrp/digest.hpp"

namespace understudy::vrrp {
namespace {

/// In 32-bit words, less 2 (RFC 2402 section 2.2).
constexpr std::uint8_t kPayloadLength = kAhSize / 4 - 2;
constexpr std::size_t kSpiOffset = 4;
constexpr std::size_t kSequenceOffset = 8;
constexpr std::size_t kDigestOffset = 12;
constexpr std::size_t kDigestSize = 12;
/// Greater ones are not sent.
constexpr std::uint32_t kLastSequence = 0xfffffffe;

using Digest = std::array<std::uint8_t, kDigestSize>;

/// The digest of a whole packet, whose fields that change on the way or hold it are set to zero
/// here.
std::optional<Digest> integrity(Bytes packet, std::size_t header, bool unicast,
                                std::string_view password) {
  constexpr std::size_t type_of_service = 1;
  constexpr std::size_t fragment = 6;
  constexpr std::size_t ttl = 8;
  constexpr std::size_t checksum = 10;
  packet[type_of_service] = 0;
  packet[fragment] = packet[fragment + 1] = 0;
  if (unicast) packet[ttl] = 0;
  packet[checksum] = packet[checksum + 1] = 0;
  std::fill_n(packet.begin() + static_cast<std::ptrdiff_t>(header + kDigestOffset), kDigestSize,
              std::uint8_t{0});
  // The key is the 8 octets of the password, zeros included; to HMAC they make no difference.
  return hmac_md5_96(password, packet);
}

}  // namespace

std::uint8_t ah_next_header(ByteView ah) { return ah[0]; }

std::uint32_t ah_sequence(ByteView ah) { return ByteReader(ah.subspan(kSequenceOffset)).u32(); }

std::uint32_t next_ah_sequence(std::uint32_t last) {
  return last < kLastSequence ? last + 1 : last;
}

std::optional<Bytes> wrap_ah(ByteView pdu, Ipv4Header header, std::uint32_t sequence,
                             std::string_view password) {
  ByteWriter writer;
  writer.u8(kIpProtocolVrrp);
  writer.u8(kPayloadLength);
  writer.u16(0);
  writer.bytes(header.source.bytes());
  writer.u32(sequence);
  writer.bytes(Digest{});
  writer.bytes(pdu);
  header.protocol = kIpProtocolAh;
  Bytes packet = wrap_ipv4(writer.view(), header);
  const std::size_t before = packet.size() - pdu.size() - kAhSize;
  const auto digest = integrity(packet, before, !header.destination.is_multicast(), password);
  if (!digest) return std::nullopt;
  std::copy(digest->begin(), digest->end(),
            packet.begin() + static_cast<std::ptrdiff_t>(before + kDigestOffset));
  return packet;
}

std::optional<RejectionReason> verify_ah(const Datagram& datagram, std::string_view password,
                                         std::uint32_t& sequence) {
  Bytes packet(datagram.ip_header.begin(), datagram.ip_header.end());
  packet.insert(packet.end(), datagram.ah.begin(), datagram.ah.end());
  packet.insert(packet.end(), datagram.pdu.begin(), datagram.pdu.end());
  const auto digest =
      integrity(std::move(packet), datagram.ip_header.size(), !datagram.multicast(), password);
  // What the digest does not cover may be anything: it is the first thing to look at.
  if (!digest ||
      !equal_in_constant_time(*digest, datagram.ah.subspan(kDigestOffset, kDigestSize))) {
    return RejectionReason::ah_digest;
  }
  if (!std::ranges::equal(datagram.ah.subspan(kSpiOffset, 4), datagram.source.bytes())) {
    return RejectionReason::ah_spi;
  }
  const std::uint32_t theirs = ah_sequence(datagram.ah);
  if (theirs <= sequence) return RejectionReason::ah_sequence;
  sequence = theirs;
  return std::nullopt;
}

}  // namespace understudy::vrrp
