#include "vrrp/datagram.hpp"

#include <fmt/format.h>

namespace understudy::vrrp {
namespace {

/// What is left of the smallest Ethernet frame for an IP packet; shorter ones arrive padded.
constexpr std::size_t kEthernetMinimumPayload = 46;
constexpr std::uint8_t kTos = 0xc0;  // Internetwork control, as for routing protocols

}  // namespace

Result<Datagram> read_ipv4(ByteView packet) {
  if (packet.size() < kIpv4HeaderSize + kPduHeaderSize) {
    return Error{fmt::format("IPv4 VRRP packet too short - {} bytes", packet.size())};
  }
  ByteReader reader(packet);
  const std::uint8_t version_and_length = reader.u8();
  reader.u8();  // type of service
  Datagram datagram;
  datagram.length = packet.size();
  datagram.stated_length = reader.u16();
  reader.u32();  // identification, flags, fragment offset
  datagram.ttl = reader.u8();
  const std::uint8_t protocol = reader.u8();
  reader.u16();  // header checksum: the kernel has verified it
  datagram.source = IpAddress(reader.bytes(4));
  datagram.destination = IpAddress(reader.bytes(4));

  const std::size_t header = (version_and_length & 0x0fU) * std::size_t{4};
  if ((version_and_length >> 4U) != 4 || header < kIpv4HeaderSize) {
    return Error{fmt::format("not an IPv4 packet from {}", datagram.source.to_string())};
  }
  if (protocol != kIpProtocolVrrp && protocol != kIpProtocolAh) {
    return Error{
        fmt::format("IP protocol {} from {}, not VRRP", protocol, datagram.source.to_string())};
  }
  const std::size_t ah = protocol == kIpProtocolAh ? kAhSize : 0;
  const bool padded =
      datagram.stated_length < packet.size() && packet.size() <= kEthernetMinimumPayload;
  if (padded) {
    datagram.length = datagram.stated_length;
    packet = packet.first(datagram.length);
  }
  if (packet.size() < header + ah + kPduHeaderSize) {
    return Error{fmt::format("IPv4 VRRP packet {}too short - {} bytes", ah > 0 ? "with AH " : "",
                             packet.size())};
  }
  datagram.ip_header = packet.first(header);
  datagram.ah = packet.subspan(header, ah);
  datagram.pdu = packet.subspan(header + ah);
  return datagram;
}

Result<Datagram> read_ipv6(ByteView payload, const IpAddress& source, const IpAddress& destination,
                           std::optional<std::uint8_t> hop_limit) {
  if (payload.size() < kPduHeaderSize) {
    return Error{fmt::format("IPv6 VRRP packet too short - {} bytes", payload.size())};
  }
  Datagram datagram;
  datagram.source = source;
  datagram.destination = destination;
  datagram.ttl = hop_limit;
  datagram.stated_length = datagram.length = payload.size();
  datagram.pdu = payload;
  return datagram;
}

Bytes wrap_ipv4(ByteView payload, const Ipv4Header& header) {
  constexpr std::size_t checksum_offset = 10;
  ByteWriter writer;
  writer.u8(4U << 4U | kIpv4HeaderSize / 4);
  writer.u8(kTos);
  writer.u16(static_cast<std::uint16_t>(kIpv4HeaderSize + payload.size()));
  writer.u16(header.id);
  writer.u16(0);  // may be fragmented, is not
  writer.u8(header.ttl);
  writer.u8(header.protocol);
  writer.u16(0);  // checksum, below
  writer.bytes(header.source.bytes());
  writer.bytes(header.destination.bytes());
  writer.patch_u16(checksum_offset, checksum_finish(checksum_add(0, writer.view())));
  writer.bytes(payload);
  return writer.take();
}

}  // namespace understudy::vrrp
