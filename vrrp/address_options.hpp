// The flags of an address by the names they have in a configuration.
#pragma once

#include <linux/if_addr.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace understudy::vrrp {

/// A word that sets bits of VirtualAddress::flags.
struct AddressFlag {
  std::string_view name;
  std::uint32_t flag;
  std::string_view doc;
};

inline constexpr std::array<AddressFlag, 4> kAddressFlags{
    {{"home", IFA_F_HOMEADDRESS, "Mobile IPv6 home address (RFC 6275); IPv6."},
     {"mngtmpaddr", IFA_F_MANAGETEMPADDR, "Template of temporary addresses (RFC 4941); IPv6."},
     {"noprefixroute", IFA_F_NOPREFIXROUTE, "Without the route to its network."},
     {"autojoin", IFA_F_MCAUTOJOIN, "Multicast: join the group."}}};

}  // namespace understudy::vrrp
