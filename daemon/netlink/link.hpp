// A network interface as the kernel describes it (rtnetlink(7), RTM_*LINK).
#pragma once

#include <net/if.h>

#include <optional>
#include <string>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"
#include "daemon/netlink/message.hpp"

namespace understudy::netlink {

/// What an interface is made of (IFLA_INFO_KIND), as far as it matters here. `device`: the kernel
/// names no kind, as of hardware; `other`: a kind that is none of ours (veth, bridge, bond, vlan
/// …).
enum class LinkKind : std::uint8_t { device, macvlan, ipvlan, vrf, other };

/// An interface with a lower MTU has no IPv6 (RFC 8200 section 5): the kernel forgets its
/// addresses, settings and groups.
inline constexpr std::uint32_t kLeastIpv6Mtu = 1280;

/// What we want to know of an interface.
struct Link {
  InterfaceIndex index;
  std::string name;
  /// IFF_* bits (netdevice(7)).
  std::uint32_t flags = 0;
  /// All zeros for an interface without an Ethernet address.
  MacAddress mac;
  /// Address and broadcast address in full, whatever the kind of hardware; empty: it has none.
  HardwareAddress address;
  HardwareAddress broadcast;
  /// ARPHRD_* (linux/if_arp.h).
  std::uint16_t hardware = 0;
  std::uint32_t mtu = 0;
  /// 0: the group every interface starts in.
  std::uint32_t group = 0;
  /// Of a macvlan or ipvlan: the interface below; unset: none, or in another network namespace.
  InterfaceIndex base;
  /// The interface it is a part of (VRF, bridge, bond); unset: none.
  InterfaceIndex master;
  /// Of a VRF: its routing table.
  std::uint32_t vrf_table = 0;
  /// MACVLAN_MODE_* or IPVLAN_MODE_*.
  std::uint16_t mode = 0;
  /// IPVLAN_F_*.
  std::uint16_t ipvlan_flags = 0;
  LinkKind kind = LinkKind::device;
  /// Of a macvlan or ipvlan: the interface below is in another network namespace.
  bool base_elsewhere = false;
  /// A macvlan or ipvlan: what a virtual router may have of its own.
  [[nodiscard]] bool is_virtual() const {
    return kind == LinkKind::macvlan || kind == LinkKind::ipvlan;
  }
  /// Administratively up, and with a carrier.
  [[nodiscard]] bool up() const {
    return (flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
  }
  bool operator==(const Link&) const = default;
};

/// RTM_NEWLINK or RTM_DELLINK.
struct LinkMessage {
  bool removed = false;
  Link link;
  bool operator==(const LinkMessage&) const = default;
};

/// Asks for all interfaces.
[[nodiscard]] Message dump_links();
/// nullopt for anything that is not a well-formed link message; also for those of a bridge's ports
/// (AF_BRIDGE), which repeat an interface in another role.
[[nodiscard]] std::optional<LinkMessage> decode_link(ByteView message);

}  // namespace understudy::netlink
