// The frames that tell a network where an address is now.
//
// Gratuitous ARP request (RFC 826, RFC 5944 section 4.6):
//   Ethernet to ff:ff:ff:ff:ff:ff, operation 1, sender = target = the address, target hardware
//   address ff:ff:ff:ff:ff:ff.
// Unsolicited neighbour advertisement (RFC 4861 section 4.4):
//   Ethernet to 33:33:00:00:00:01, IPv6 from the address to ff02::1, hop limit 255, override flag,
//   target link-layer address option.
#pragma once

#include "daemon/base/address.hpp"
#include "daemon/base/bytes.hpp"

namespace understudy::vrrp {

/// An Ethernet frame of 42 octets; the kernel pads it. `address` must be IPv4.
[[nodiscard]] Bytes gratuitous_arp(const MacAddress& source, const IpAddress& address);

/// An Ethernet frame of 86 octets. `address` must be IPv6; `router`: the interface forwards, which
/// the router flag says.
[[nodiscard]] Bytes unsolicited_na(const MacAddress& source, const IpAddress& address, bool router);

}  // namespace understudy::vrrp
