// Requests that make, change and remove interfaces (rtnetlink(7), RTM_NEWLINK, RTM_DELLINK). Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"
#include "daemon/netlink/message.hpp"

namespace understudy::netlink {

/// An interface on top of another one.
struct NewLink {
  std::string name;
  /// The interface below.
  InterfaceIndex base;
  std::uint32_t group = 0;
  /// The VRF it is to be in; unset: none.
  InterfaceIndex master;
};

/// A macvlan in private mode with that MAC address; EEXIST when there is an interface of the name.
[[nodiscard]] Message create_macvlan(const NewLink& link, const MacAddress& mac);
/// Makes a macvlan one in private mode with that MAC address, group and VRF.
[[nodiscard]] Message update_macvlan(InterfaceIndex index, const NewLink& link,
                                     const MacAddress& mac);
/// An ipvlan in L2 mode, up; `flags` are IPVLAN_F_* (0: bridge).
[[nodiscard]] Message create_ipvlan(const NewLink& link, std::uint16_t flags);
/// ENODEV when there is none.
[[nodiscard]] Message delete_link(InterfaceIndex index);
/// Deletes all interfaces of a group at once, which takes the kernel about as long as one; none
/// when one of them cannot be deleted.
[[nodiscard]] Message delete_link_group(std::uint32_t group);
/// Up or down, administratively.
[[nodiscard]] Message set_link_up(InterfaceIndex index, bool up);
/// Its name; EEXIST when another has it, EBUSY when it is up and the kernel is older than 6.2.
[[nodiscard]] Message rename_link(InterfaceIndex index, const std::string& name);
/// Its group. The kernel tells its listeners of the interface, also when nothing changes.
[[nodiscard]] Message set_link_group(InterfaceIndex index, std::uint32_t group);
/// Its MTU in octets; EINVAL when it is more than its kind, or the interface below, can do.
[[nodiscard]] Message set_link_mtu(InterfaceIndex index, std::uint32_t mtu);
/// The interface it is a part of; unset: none.
[[nodiscard]] Message set_link_master(InterfaceIndex index, InterfaceIndex master);
/// No link-local IPv6 address is made of its MAC address (IN6_ADDR_GEN_MODE_NONE).
[[nodiscard]] Message disable_address_generation(InterfaceIndex index);

/// A setting of IPv4 on an interface: IPV4_DEVCONF_* (linux/ip.h) and its value.
using Ipv4Setting = std::pair<std::uint16_t, std::uint32_t>;
/// Changes settings, as /proc/sys/net/ipv4/conf/NAME does, but also where that is read-only.
[[nodiscard]] Message set_ipv4_settings(InterfaceIndex index, std::span<const Ipv4Setting> values);

}  // namespace understudy::netlink
