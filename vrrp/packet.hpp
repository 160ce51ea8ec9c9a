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
//   |    Authentication Data, 8 octets, version 2 over IPv4 only    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// This file knows octets. Headers around the PDU: datagram.hpp, ah.hpp; the trailer behind it:
// hmac.hpp; whether an advert is to be believed: reception.hpp.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/bytes.hpp"
#include "daemon/base/types.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// IP protocol number of VRRP.
inline constexpr std::uint8_t kIpProtocolVrrp = 112;
/// Octets of a PDU before its addresses.
inline constexpr std::size_t kPduHeaderSize = 8;

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

/// What a checksum covers besides the PDU. IPv6 always has the pseudo header.
enum class ChecksumForm : std::uint8_t {
  /// Nothing: version 2, and version 3 over IPv4 by RFC 9568 (v3_checksum_as_v2).
  plain,
  /// Source, destination, protocol and length: RFC 5798 section 5.2.8.
  pseudo_header,
  /// The same with the multicast group as destination although the advert is unicast: keepalived
  /// before 1.2.20 (old_unicast_checksum).
  group_pseudo_header
};
inline constexpr std::size_t kChecksumForms = 3;

/// The 8 octets of authentication data for a password: padded with zeros, cut after 8.
[[nodiscard]] std::array<std::uint8_t, 8> password_octets(std::string_view password);

/// What an instance says with this priority.
[[nodiscard]] Advert advert_of(const InstanceConfig& config, Priority priority);

/// Octets of the VRRP PDU, checksum 0. `family`: of the packet; its addresses are of the same.
[[nodiscard]] Bytes encode(const Advert& advert, Family family);
/// Fills in the checksum of `pdu` (which may have a trailer that is covered too). With a pseudo
/// header it covers `source` and `destination`, of the group for an old unicast checksum.
void set_checksum(Bytes& pdu, std::uint8_t version, const IpAddress& source,
                  const IpAddress& destination, ChecksumForm form);

/// The form of the checksum of the PDU with all it covers; nullopt: it is wrong. `group` is tried
/// as destination too unless it is empty.
[[nodiscard]] std::optional<ChecksumForm> verify_checksum(ByteView pdu, const IpAddress& source,
                                                          const IpAddress& destination,
                                                          const IpAddress& group);

/// Whether the checksum is that which keepalived 2.4.3 sends with v3_checksum_as_v2 to another than
/// its first unicast peer: it is updated for the change of destination although that is not
/// covered.
[[nodiscard]] bool is_shifted_checksum(ByteView pdu, const IpAddress& first_peer,
                                       const IpAddress& destination);

/// Octets the PDU that begins here says it has. `pdu` has at least kPduHeaderSize.
[[nodiscard]] std::size_t stated_size(ByteView pdu, Family family);
/// Reads a PDU of stated_size(), type and authentication type being right.
[[nodiscard]] Advert decode(ByteView pdu, Family family);

/// Fields of a PDU that are looked at before it is decoded.
[[nodiscard]] inline std::uint8_t pdu_version(ByteView pdu) { return pdu[0] >> 4U; }
[[nodiscard]] inline std::uint8_t pdu_type(ByteView pdu) { return pdu[0] & 0x0fU; }
[[nodiscard]] inline VirtualRouterId pdu_vrid(ByteView pdu) { return VirtualRouterId(pdu[1]); }
/// Version 2.
[[nodiscard]] inline std::uint8_t pdu_authentication_type(ByteView pdu) { return pdu[4]; }
[[nodiscard]] std::chrono::milliseconds pdu_interval(ByteView pdu);

/// The only type there is.
inline constexpr std::uint8_t kTypeAdvertisement = 1;

/// The number of an authentication on the wire (RFC 2338 section 5.3.6).
[[nodiscard]] std::uint8_t to_wire(Authentication authentication);

}  // namespace understudy::vrrp
