#include "vrrp/announce.hpp"

#include <cassert>

namespace understudy::vrrp {
namespace {

constexpr MacAddress kBroadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
constexpr MacAddress kAllNodesMac{{0x33, 0x33, 0, 0, 0, 1}};
constexpr std::array<std::uint8_t, 16> kAllNodes{0xff, 0x02, 0, 0, 0, 0, 0, 0,
                                                 0,    0,    0, 0, 0, 0, 0, 1};
constexpr std::uint16_t kEtherTypeArp = 0x0806;
constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
constexpr std::uint16_t kHardwareEthernet = 1;
constexpr std::uint16_t kArpRequest = 1;
constexpr std::uint8_t kProtocolIcmpv6 = 58;
constexpr std::uint8_t kHopLimit = 255;
constexpr std::uint8_t kNeighbourAdvertisement = 136;
constexpr std::uint8_t kTargetLinkLayerOption = 2;
constexpr std::uint32_t kRouterFlag = 1U << 31U;
constexpr std::uint32_t kOverrideFlag = 1U << 29U;
constexpr std::size_t kIcmpChecksumOffset = 2;

void ethernet_header(ByteWriter& frame, const MacAddress& destination, const MacAddress& source,
                     std::uint16_t type) {
  frame.bytes(destination.bytes);
  frame.bytes(source.bytes);
  frame.u16(type);
}

/// The ICMPv6 message with its checksum, which covers a pseudo header (RFC 4443 section 2.3).
Bytes neighbour_advertisement(const MacAddress& source, const IpAddress& address, bool router) {
  ByteWriter message;
  message.u8(kNeighbourAdvertisement);
  message.u8(0);
  message.u16(0);  // checksum, below
  message.u32((router ? kRouterFlag : 0) | kOverrideFlag);
  message.bytes(address.bytes());
  message.u8(kTargetLinkLayerOption);
  message.u8(1);  // length of the option in units of 8 octets
  message.bytes(source.bytes);

  ByteWriter pseudo;
  pseudo.bytes(address.bytes());
  pseudo.bytes(kAllNodes);
  pseudo.u32(static_cast<std::uint32_t>(message.view().size()));
  pseudo.u32(kProtocolIcmpv6);
  const std::uint32_t sum = checksum_add(checksum_add(0, pseudo.view()), message.view());
  message.patch_u16(kIcmpChecksumOffset, checksum_finish(sum));
  return message.take();
}

}  // namespace

Bytes gratuitous_arp(const MacAddress& source, const IpAddress& address) {
  assert(address.is_v4());
  ByteWriter frame;
  ethernet_header(frame, kBroadcast, source, kEtherTypeArp);
  frame.u16(kHardwareEthernet);
  frame.u16(kEtherTypeIpv4);
  frame.u8(static_cast<std::uint8_t>(source.bytes.size()));
  frame.u8(static_cast<std::uint8_t>(address.bytes().size()));
  frame.u16(kArpRequest);
  frame.bytes(source.bytes);
  frame.bytes(address.bytes());
  frame.bytes(kBroadcast.bytes);
  frame.bytes(address.bytes());
  return frame.take();
}

Bytes unsolicited_na(const MacAddress& source, const IpAddress& address, bool router) {
  assert(address.is_v6());
  const Bytes message = neighbour_advertisement(source, address, router);
  ByteWriter frame;
  ethernet_header(frame, kAllNodesMac, source, kEtherTypeIpv6);
  frame.u32(6U << 28U);  // version; traffic class and flow label 0
  frame.u16(static_cast<std::uint16_t>(message.size()));
  frame.u8(kProtocolIcmpv6);
  frame.u8(kHopLimit);
  frame.bytes(address.bytes());
  frame.bytes(kAllNodes);
  frame.bytes(message);
  return frame.take();
}

}  // namespace understudy::vrrp
