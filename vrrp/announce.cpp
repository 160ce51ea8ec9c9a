#include "vrrp/announce.hpp"

#include <array>
#include <cassert>
#include <cstddef>

namespace understudy::vrrp {
namespace {

// ARPHRD_*, linux/if_arp.h.
constexpr std::uint16_t kHardwareEthernet = 1;
constexpr std::uint16_t kHardwareInfiniband = 32;
constexpr std::size_t kEthernetLength = 6;
constexpr std::size_t kInfinibandLength = 20;

constexpr std::array<std::uint8_t, kEthernetLength> kAllNodesMac{0x33, 0x33, 0, 0, 0, 1};
/// The IPv6 broadcast group, whose P_Key the driver fills in (RFC 4391 section 4).
constexpr std::array<std::uint8_t, kInfinibandLength> kInfinibandIpv6{
    0x00, 0xff, 0xff, 0xff, 0xff, 0x12, 0x60, 0x1b, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
constexpr std::array<std::uint8_t, 16> kAllNodes{0xff, 0x02, 0, 0, 0, 0, 0, 0,
                                                 0,    0,    0, 0, 0, 0, 0, 1};
constexpr std::uint16_t kEtherTypeArp = 0x0806;
constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
constexpr std::uint16_t kArpRequest = 1;
constexpr std::uint8_t kProtocolIcmpv6 = 58;
constexpr std::uint8_t kHopLimit = 255;
constexpr std::uint8_t kNeighbourAdvertisement = 136;
constexpr std::uint8_t kTargetLinkLayerOption = 2;
constexpr std::uint32_t kRouterFlag = 1U << 31U;
constexpr std::uint32_t kOverrideFlag = 1U << 29U;
constexpr std::size_t kIcmpChecksumOffset = 2;
/// Options are measured in units of so many octets (RFC 4861 section 4.6).
constexpr std::size_t kOptionUnit = 8;
constexpr std::size_t kOptionHeader = 2;

/// `destination` has the length of the link's addresses.
void link_header(ByteWriter& frame, const OutgoingLink& link, ByteView destination,
                 std::uint16_t type) {
  frame.bytes(destination);
  if (link.hardware == kHardwareInfiniband) {
    frame.u16(type);
    frame.u16(0);  // reserved
  } else {
    frame.bytes(link.address.bytes());
    frame.u16(type);
  }
}

/// The target link-layer address, the padding of odd lengths in front (RFC 4391 section 9.3).
void target_option(ByteWriter& message, ByteView address) {
  const std::size_t units = (kOptionHeader + address.size() + kOptionUnit - 1) / kOptionUnit;
  message.u8(kTargetLinkLayerOption);
  message.u8(static_cast<std::uint8_t>(units));
  for (std::size_t i = kOptionHeader + address.size(); i < units * kOptionUnit; ++i) message.u8(0);
  message.bytes(address);
}

/// The ICMPv6 message with its checksum, which covers a pseudo header (RFC 4443 section 2.3).
Bytes neighbour_advertisement(const OutgoingLink& link, const IpAddress& address, bool router) {
  ByteWriter message;
  message.u8(kNeighbourAdvertisement);
  message.u8(0);
  message.u16(0);  // checksum, below
  message.u32((router ? kRouterFlag : 0) | kOverrideFlag);
  message.bytes(address.bytes());
  target_option(message, link.address.bytes());

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

bool can_announce(const OutgoingLink& link) {
  const std::size_t length = link.hardware == kHardwareEthernet     ? kEthernetLength
                             : link.hardware == kHardwareInfiniband ? kInfinibandLength
                                                                    : 0;
  return length != 0 && link.address.bytes().size() == length &&
         link.broadcast.bytes().size() == length;
}

Bytes gratuitous_arp(const OutgoingLink& link, const IpAddress& address) {
  assert(can_announce(link) && address.is_v4());
  const ByteView own = link.address.bytes();
  const ByteView everybody = link.broadcast.bytes();
  ByteWriter frame;
  link_header(frame, link, everybody, kEtherTypeArp);
  frame.u16(link.hardware);
  frame.u16(kEtherTypeIpv4);
  frame.u8(static_cast<std::uint8_t>(own.size()));
  frame.u8(static_cast<std::uint8_t>(address.bytes().size()));
  frame.u16(kArpRequest);
  frame.bytes(own);
  frame.bytes(address.bytes());
  frame.bytes(everybody);
  frame.bytes(address.bytes());
  return frame.take();
}

Bytes unsolicited_na(const OutgoingLink& link, const IpAddress& address, bool router) {
  assert(can_announce(link) && address.is_v6());
  const Bytes message = neighbour_advertisement(link, address, router);
  ByteWriter frame;
  link_header(
      frame, link,
      link.hardware == kHardwareInfiniband ? ByteView(kInfinibandIpv6) : ByteView(kAllNodesMac),
      kEtherTypeIpv6);
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
