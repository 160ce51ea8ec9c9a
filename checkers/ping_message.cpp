#include "checkers/ping_message.hpp"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include "checkers/filler.hpp"

namespace understudy::checkers {
namespace {

/*
   Echo and echo reply, the same in both:
     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |     Type      |     Code      |          Checksum             |
    |           Identifier          |        Sequence Number        |
    |     Data ...
*/
constexpr std::size_t kChecksumOffset = 2;
constexpr std::size_t kDataLength = 128;
constexpr std::size_t kShortestIpHeader = 20;
constexpr std::uint8_t kProtocolIcmp = 1;

}  // namespace

Bytes encode_echo_request(Family family, const EchoMark& mark) {
  ByteWriter writer;
  writer.u8(family == Family::ipv6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO);
  writer.u8(0);
  writer.u16(0);
  writer.u16(mark.identifier);
  writer.u16(mark.sequence);
  writer.u64(mark.nonce);
  writer.bytes(filler(kDataLength - sizeof mark.nonce));
  if (family != Family::ipv6) {
    writer.patch_u16(kChecksumOffset, checksum_finish(checksum_add(0, writer.view())));
  }
  return writer.take();
}

bool is_echo_reply(Family family, ByteView message, const EchoMark& mark) {
  ByteReader reader(message);
  const std::uint8_t type = reader.u8();
  const std::uint8_t code = reader.u8();
  reader.u16();  // The kernel has looked at the checksum.
  reader.u16();
  const std::uint16_t sequence = reader.u16();
  const std::uint64_t nonce = reader.u64();
  return reader.ok() && type == (family == Family::ipv6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) &&
         code == 0 && sequence == mark.sequence && nonce == mark.nonce;
}

ByteView without_ipv4_header(ByteView packet) {
  if (packet.size() < kShortestIpHeader || packet[0] >> 4U != 4) return {};
  constexpr std::size_t kProtocolOffset = 9;
  const std::size_t header = (packet[0] & 0xfU) * std::size_t{4};
  if (header < kShortestIpHeader || header > packet.size()) return {};
  if (packet[kProtocolOffset] != kProtocolIcmp) return {};
  return packet.subspan(header);
}

}  // namespace understudy::checkers
