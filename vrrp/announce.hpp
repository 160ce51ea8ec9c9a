// The frames that tell a network where an address is now.
//
// Gratuitous ARP request (RFC 826, RFC 5944 section 4.6):
//   Ethernet to ff:ff:ff:ff:ff:ff, operation 1, sender = target = the address, target hardware
//   address ff:ff:ff:ff:ff:ff.
// Unsolicited neighbour advertisement (RFC 4861 section 4.4):
//   Ethernet to 33:33:00:00:00:01, IPv6 from the address to ff02::1, hop limit 255, override flag,
//   target link-layer address option.
// IP over InfiniBand (RFC 4391) has 20 octets instead of Ethernet's 6 and a header of its own.
#pragma once

#include <cstdint>

#include "daemon/base/address.hpp"
#include "daemon/base/bytes.hpp"

namespace understudy::vrrp {

/// The interface an announcement leaves through.
struct OutgoingLink {
  /// ARPHRD_* (linux/if_arp.h).
  std::uint16_t hardware = 1;
  HardwareAddress address;
  HardwareAddress broadcast;
};

/// Whether addresses can be announced through it: Ethernet's and InfiniBand's hardware addresses
/// have known lengths and headers, and no other is made to fit.
[[nodiscard]] bool can_announce(const OutgoingLink& link);

/// A frame for `link`, which must be one that can_announce(): 42 octets on Ethernet; the kernel
/// pads it. `address` must be IPv4.
[[nodiscard]] Bytes gratuitous_arp(const OutgoingLink& link, const IpAddress& address);

/// A frame for `link`, which must be one that can_announce(): 86 octets on Ethernet. `address` must
/// be IPv6; `router`: the interface forwards, which the router flag says.
[[nodiscard]] Bytes unsolicited_na(const OutgoingLink& link, const IpAddress& address, bool router);

}  // namespace understudy::vrrp
