// VRRP adverts on the wire: version 2 (RFC 3768 section 5.1) and 3 (RFC 5798 section 5.1).
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |Version| Type  | Virtual Rtr ID|   Priority    | Count IP Addrs|
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |   Auth Type   |   Adver Int   |          Checksum             |  version 2, seconds
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |(rsvd) |   Max Advert Int      |          Checksum             |  version 3, centiseconds
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                       IP Address (1) … (n)                    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |           Authentication Data, 8 octets, version 2 only       |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/bytes.hpp"
#include "daemon/base/result.hpp"
#include "daemon/base/types.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// IP protocol number of VRRP.
inline constexpr std::uint8_t kIpProtocolVrrp = 112;

/// An advert's contents, independent of how it travels.
struct Advert {
  std::uint8_t version = 2;
  VirtualRouterId vrid;
  Priority priority;
  /// The sender's interval: whole seconds in version 2, centiseconds in version 3.
  std::chrono::milliseconds interval{1000};
  Authentication authentication = Authentication::none;
  /// Version 2 authentication data, zero unless PASS.
  std::array<std::uint8_t, 8> password{};
  std::vector<IpAddress> addresses;
  bool operator==(const Advert&) const = default;
};

/// Octets of the VRRP PDU, checksum filled in. `source` and `destination` are for the pseudo header
/// of version 3.
[[nodiscard]] Bytes encode(const Advert& advert, const IpAddress& source,
                           const IpAddress& destination);

/// An IPv4 packet around a PDU: TOS 0xc0, TTL 255, identification `id`, header checksum filled in.
[[nodiscard]] Bytes wrap_ipv4(ByteView pdu, const IpAddress& source, const IpAddress& destination,
                              std::uint16_t id);

/// A received packet taken apart.
struct Received {
  IpAddress source;
  IpAddress destination;
  std::uint8_t ttl = 0;
  Advert advert;
  bool operator==(const Received&) const = default;
};

/// Decodes an IPv4 packet (header included) with a VRRP PDU of either version; checks lengths,
/// type, TTL 255 and checksum (RFC 3768 section 7.1). The checksum of version 3 may be RFC 5798's
/// or RFC 9568's (without pseudo header). The error says what is wrong in the original's words,
/// without the "(INSTANCE) " in front.
[[nodiscard]] Result<Received> decode_ipv4(ByteView packet);

}  // namespace understudy::vrrp
