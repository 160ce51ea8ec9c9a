// The IP packet around an advert.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "daemon/base/address.hpp"
#include "daemon/base/bytes.hpp"
#include "daemon/base/result.hpp"
#include "vrrp/packet.hpp"

namespace understudy::vrrp {

/// Octets of an IPv4 header without options.
inline constexpr std::size_t kIpv4HeaderSize = 20;
/// IP protocol number of the authentication header (ah.hpp).
inline constexpr std::uint8_t kIpProtocolAh = 51;
/// Octets of the authentication header as VRRP uses it.
inline constexpr std::size_t kAhSize = 24;

/// A received packet taken apart, nothing believed yet. The views are into the packet.
struct Datagram {
  IpAddress source;
  IpAddress destination;
  /// Time to live or hop limit; nullopt: the kernel did not say.
  std::optional<std::uint8_t> ttl;
  /// IPv4: what the header says the packet has, and what arrived.
  std::size_t stated_length = 0;
  std::size_t length = 0;
  /// IPv4, options included; empty for IPv6.
  ByteView ip_header;
  /// The authentication header; empty: none.
  ByteView ah;
  /// The VRRP PDU, at least kPduHeaderSize, and all that follows it.
  ByteView pdu;

  [[nodiscard]] Family family() const { return source.family(); }
  [[nodiscard]] bool multicast() const { return destination.is_multicast(); }
};

/// Takes an IPv4 packet apart, header included, of protocol 112 or 51. What pads a short Ethernet
/// frame is left out. The error is the original's log line.
[[nodiscard]] Result<Datagram> read_ipv4(ByteView packet);

/// Takes what a raw IPv6 socket delivers apart, which begins with the PDU.
[[nodiscard]] Result<Datagram> read_ipv6(ByteView payload, const IpAddress& source,
                                         const IpAddress& destination,
                                         std::optional<std::uint8_t> hop_limit);

/// What the header of an IPv4 packet says.
struct Ipv4Header {
  IpAddress source;
  IpAddress destination;
  std::uint16_t id = 0;
  std::uint8_t ttl = 255;
  std::uint8_t protocol = kIpProtocolVrrp;
};

/// An IPv4 packet around a payload: TOS 0xc0, may be fragmented, checksum filled in.
[[nodiscard]] Bytes wrap_ipv4(ByteView payload, const Ipv4Header& header);

}  // namespace understudy::vrrp
