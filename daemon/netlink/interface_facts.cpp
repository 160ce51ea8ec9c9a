#include "daemon/netlink/interface_facts.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>

#include <cstring>
#include <unordered_map>
#include <utility>

#include "daemon/netlink/address_message.hpp"
#include "daemon/netlink/link.hpp"
#include "daemon/netlink/socket.hpp"

namespace understudy::netlink {

namespace {

using Kind = InterfaceFacts::Kind;

struct Found {
  std::string name;
  InterfaceFacts facts;
  /// The interface below; 0: none in this namespace.
  std::uint32_t below = 0;
};
using ByIndex = std::unordered_map<std::uint32_t, Found>;

/// IFLA_INFO_KIND and the mode in IFLA_INFO_DATA.
Kind kind_of(const Attributes& info) {
  const auto data = Attributes::nested(info.get(IFLA_INFO_DATA));
  if (info.text(IFLA_INFO_KIND) == "macvlan") {
    return data.u32(IFLA_MACVLAN_MODE) == MACVLAN_MODE_PRIVATE ? Kind::private_macvlan
                                                               : Kind::other_macvlan;
  }
  if (info.text(IFLA_INFO_KIND) != "ipvlan") return Kind::ordinary;
  const ByteView value = data.get(IFLA_IPVLAN_MODE);
  std::uint16_t mode = IPVLAN_MODE_MAX;
  if (value.size() == sizeof mode) std::memcpy(&mode, value.data(), sizeof mode);
  return mode == IPVLAN_MODE_L2 ? Kind::l2_ipvlan : Kind::other_ipvlan;
}

void take_link(ByteView message, ByIndex& found) {
  const auto decoded = decode_link(message);
  if (!decoded || decoded->removed) return;
  const Link& link = decoded->link;
  const Attributes attributes(message, sizeof(ifinfomsg));
  Found& entry = found[link.index.value()];
  entry.name = link.name;
  const auto info = Attributes::nested(attributes.get(IFLA_LINKINFO));
  entry.facts.kind = kind_of(info);
  entry.facts.vrf = info.text(IFLA_INFO_KIND) == "vrf";
  entry.facts.loopback = link.hardware == ARPHRD_LOOPBACK;
  entry.facts.ethernet = link.hardware == ARPHRD_ETHER;
  entry.facts.multicast = (link.flags & IFF_MULTICAST) != 0;
  entry.facts.mtu = link.mtu;
  if (entry.facts.is_vmac() && !attributes.has(IFLA_LINK_NETNSID)) {
    entry.below = attributes.u32(IFLA_LINK).value_or(0);
  }
}

void take_address(ByteView message, ByIndex& found) {
  const auto decoded = decode_address(message);
  if (!decoded || decoded->removed) return;
  const auto entry = found.find(decoded->address.index.value());
  if (entry == found.end()) return;
  const IpAddress& address = decoded->address.address;
  InterfaceFacts& facts = entry->second.facts;
  if (address.is_v4() && facts.ipv4.empty()) facts.ipv4 = address;
  if (address.is_v6() && address.is_link_local() && facts.ipv6.empty()) facts.ipv6 = address;
}

}  // namespace

std::map<std::string, InterfaceFacts> read_interfaces() {
  auto socket = Socket::open();
  if (!socket) return {};
  ByIndex found;
  const auto links = socket->dump(
      dump_links(), [&] { found.clear(); }, [&](ByteView message) { take_link(message, found); });
  if (!links) return {};
  const auto forget = [&] {
    for (auto& [index, entry] : found) entry.facts.ipv4 = entry.facts.ipv6 = {};
  };
  // Without the addresses everything else is still worth knowing.
  const auto addresses = socket->dump(dump_addresses(), forget,
                                      [&](ByteView message) { take_address(message, found); });
  if (!addresses) forget();
  std::map<std::string, InterfaceFacts> interfaces;
  for (auto& [index, entry] : found) {
    const auto below = found.find(entry.below);
    if (below != found.end()) entry.facts.base = below->second.name;
    interfaces.emplace(entry.name, entry.facts);
  }
  return interfaces;
}

}  // namespace understudy::netlink
