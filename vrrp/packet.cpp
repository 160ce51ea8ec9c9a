#include "vrrp/packet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace understudy::vrrp {
namespace {

constexpr std::uint8_t kTypeAdvertisement = 1;
constexpr std::size_t kHeaderSize = 8;
constexpr std::size_t kAddressSize = 4;
constexpr std::size_t kAuthenticationSize = 8;
constexpr std::size_t kChecksumOffset = 6;
constexpr std::size_t kIpHeaderSize = 20;
/// What is left of the smallest Ethernet frame for an IP packet; shorter ones arrive padded.
constexpr std::size_t kEthernetMinimumPayload = 46;
constexpr std::uint8_t kTos = 0xc0;  // Internetwork control, as for routing protocols
constexpr std::uint8_t kTtl = 255;
constexpr int kMaxCentiseconds = 0x0fff;

using Centiseconds = std::chrono::duration<std::int64_t, std::centi>;

/// RFC 5798 section 5.2.8: version 3 covers source, destination, protocol and length as well.
std::uint32_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                                std::size_t length) {
  ByteWriter header;
  header.bytes(source.bytes());
  header.bytes(destination.bytes());
  header.u8(0);
  header.u8(kIpProtocolVrrp);
  header.u16(static_cast<std::uint16_t>(length));
  return checksum_add(0, header.view());
}

/// RFC 5798's sum includes the pseudo header, RFC 9568's does not for IPv4: either is right.
bool checksum_is_right(std::uint8_t version, const IpAddress& source, const IpAddress& destination,
                       ByteView pdu) {
  if (checksum_finish(checksum_add(0, pdu)) == 0) return true;
  if (version == 2) return false;
  const auto pseudo = pseudo_header_sum(source, destination, pdu.size());
  return checksum_finish(checksum_add(pseudo, pdu)) == 0;
}

std::uint8_t to_wire(Authentication authentication) {
  switch (authentication) {
    case Authentication::none:
      return 0;
    case Authentication::pass:
      return 1;
    case Authentication::ah:
      return 2;
  }
  return 0;
}

std::optional<Authentication> authentication_from_wire(std::uint8_t type) {
  switch (type) {
    case 0:
      return Authentication::none;
    case 1:
      return Authentication::pass;
    case 2:
      return Authentication::ah;
    default:
      return std::nullopt;
  }
}

void write_interval(ByteWriter& writer, const Advert& advert) {
  if (advert.version == 3) {
    const auto count = std::chrono::duration_cast<Centiseconds>(advert.interval).count();
    writer.u16(static_cast<std::uint16_t>(std::clamp<std::int64_t>(count, 0, kMaxCentiseconds)));
    return;
  }
  const auto count = std::chrono::duration_cast<std::chrono::seconds>(advert.interval).count();
  writer.u8(to_wire(advert.authentication));
  writer.u8(static_cast<std::uint8_t>(std::clamp<std::int64_t>(count, 0, 255)));
}

/// The IPv4 header's facts, and the payload it says there is.
struct Datagram {
  IpAddress source;
  IpAddress destination;
  std::uint8_t ttl = 0;
  ByteView payload;
};

Result<Datagram> decode_ip_header(ByteView packet) {
  if (packet.size() < kIpHeaderSize + kHeaderSize) {
    return Error{fmt::format("IPv4 VRRP packet too short - {} bytes", packet.size())};
  }
  ByteReader reader(packet);
  const std::uint8_t version_and_length = reader.u8();
  reader.u8();  // type of service
  const std::size_t total = reader.u16();
  reader.u32();  // identification, flags, fragment offset
  Datagram datagram;
  datagram.ttl = reader.u8();
  const std::uint8_t protocol = reader.u8();
  reader.u16();  // header checksum: the kernel has verified it
  datagram.source = IpAddress(reader.bytes(kAddressSize));
  datagram.destination = IpAddress(reader.bytes(kAddressSize));

  const std::string source = datagram.source.to_string();
  const std::size_t header = (version_and_length & 0x0fU) * std::size_t{4};
  if ((version_and_length >> 4U) != 4 || header < kIpHeaderSize) {
    return Error{fmt::format("not an IPv4 packet from {}", source)};
  }
  if (protocol != kIpProtocolVrrp) {
    return Error{fmt::format("IP protocol {} from {}, not VRRP", protocol, source)};
  }
  const bool padded = total < packet.size() && packet.size() <= kEthernetMinimumPayload;
  if (total != packet.size() && !padded) {
    return Error{
        fmt::format("ip_tot_len mismatch against received length from {}. {} and received {}",
                    source, total, packet.size())};
  }
  if (total < header + kHeaderSize) {
    return Error{fmt::format("IPv4 VRRP packet too short - {} bytes", total)};
  }
  datagram.payload = packet.subspan(header, total - header);
  return datagram;
}

/// Length, version and type: what must hold before any field means anything.
std::optional<Error> check_shape(const Datagram& datagram) {
  const std::string source = datagram.source.to_string();
  const unsigned version = datagram.payload[0] >> 4U;
  const unsigned type = datagram.payload[0] & 0x0fU;
  if (version != 2 && version != 3) {
    return Error{
        fmt::format("wrong VRRP version from {}. Received {} and expect 2 or 3", source, version)};
  }
  if (type != kTypeAdvertisement) {
    return Error{fmt::format("Invalid packet type from {}. {} and expect {}", source, type,
                             kTypeAdvertisement)};
  }
  const std::size_t expected =
      kHeaderSize + datagram.payload[3] * kAddressSize + (version == 2 ? kAuthenticationSize : 0);
  if (datagram.payload.size() != expected) {
    return Error{fmt::format("vrrp packet from {} too {}, length {} and expect {}", source,
                             datagram.payload.size() > expected ? "long" : "short",
                             datagram.payload.size(), expected)};
  }
  if (datagram.ttl != kTtl) {
    return Error{fmt::format("invalid TTL/HL from {}. Received {} and expect {}", source,
                             datagram.ttl, kTtl)};
  }
  return std::nullopt;
}

/// Reads the fields of a PDU whose shape is right.
Result<Advert> decode_fields(const Datagram& datagram) {
  ByteReader reader(datagram.payload);
  Advert advert;
  advert.version = static_cast<std::uint8_t>(reader.u8() >> 4U);
  advert.vrid = VirtualRouterId(reader.u8());
  advert.priority = Priority(reader.u8());
  const unsigned count = reader.u8();
  if (advert.version == 2) {
    const std::uint8_t type = reader.u8();
    const auto authentication = authentication_from_wire(type);
    if (!authentication) {
      return Error{fmt::format("Invalid auth type from {}: {}", datagram.source.to_string(), type)};
    }
    advert.authentication = *authentication;
    advert.interval = std::chrono::seconds(reader.u8());
  } else {
    advert.interval = Centiseconds(reader.u16() & kMaxCentiseconds);
  }
  reader.u16();  // checksum
  advert.addresses.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    advert.addresses.emplace_back(reader.bytes(kAddressSize));
  }
  if (advert.authentication == Authentication::pass) {
    const ByteView data = reader.bytes(kAuthenticationSize);
    std::copy(data.begin(), data.end(), advert.password.begin());
  }
  return advert;
}

}  // namespace

Bytes encode(const Advert& advert, const IpAddress& source, const IpAddress& destination) {
  ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(advert.version << 4U | kTypeAdvertisement));
  writer.u8(advert.vrid.value());
  writer.u8(advert.priority.value());
  writer.u8(static_cast<std::uint8_t>(advert.addresses.size()));
  write_interval(writer, advert);
  writer.u16(0);  // checksum, below
  for (const IpAddress& address : advert.addresses) writer.bytes(address.bytes());
  std::uint32_t sum = 0;
  if (advert.version == 3) {
    sum = pseudo_header_sum(source, destination, writer.view().size());
  } else {
    writer.bytes(advert.password);
  }
  writer.patch_u16(kChecksumOffset, checksum_finish(checksum_add(sum, writer.view())));
  return writer.take();
}

Bytes wrap_ipv4(ByteView pdu, const IpAddress& source, const IpAddress& destination,
                std::uint16_t id) {
  constexpr std::size_t checksum_offset = 10;
  ByteWriter writer;
  writer.u8(4U << 4U | kIpHeaderSize / 4);
  writer.u8(kTos);
  writer.u16(static_cast<std::uint16_t>(kIpHeaderSize + pdu.size()));
  writer.u16(id);
  writer.u16(0);  // may be fragmented, is not
  writer.u8(kTtl);
  writer.u8(kIpProtocolVrrp);
  writer.u16(0);  // checksum, below
  writer.bytes(source.bytes());
  writer.bytes(destination.bytes());
  writer.patch_u16(checksum_offset, checksum_finish(checksum_add(0, writer.view())));
  writer.bytes(pdu);
  return writer.take();
}

Result<Received> decode_ipv4(ByteView packet) {
  const Result<Datagram> datagram = decode_ip_header(packet);
  if (!datagram) return datagram.error();
  if (auto error = check_shape(*datagram)) return *error;
  Result<Advert> advert = decode_fields(*datagram);
  if (!advert) return advert.error();
  if (!checksum_is_right(advert->version, datagram->source, datagram->destination,
                         datagram->payload)) {
    return Error{fmt::format("Invalid VRRPv{} checksum from {}", advert->version,
                             datagram->source.to_string())};
  }
  return Received{datagram->source, datagram->destination, datagram->ttl, std::move(*advert)};
}

}  // namespace understudy::vrrp
