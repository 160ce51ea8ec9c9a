#include "daemon/netlink/interface_facts.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>

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

Kind kind_of(const Link& link) {
  switch (link.kind) {
    case LinkKind::macvlan:
      return link.mode == MACVLAN_MODE_PRIVATE ? Kind::private_macvlan : Kind::other_macvlan;
    case LinkKind::ipvlan:
      return link.mode == IPVLAN_MODE_L2 ? Kind::l2_ipvlan : Kind::other_ipvlan;
    case LinkKind::device:
    case LinkKind::vrf:
    case LinkKind::other:
      break;
  }
  return Kind::ordinary;
}

void take_link(ByteView message, ByIndex& found) {
  const auto decoded = decode_link(message);
  if (!decoded || decoded->removed) return;
  const Link& link = decoded->link;
  Found& entry = found[link.index.value()];
  entry.name = link.name;
  entry.facts.kind = kind_of(link);
  entry.facts.vrf = link.kind == LinkKind::vrf;
  entry.facts.loopback = link.hardware == ARPHRD_LOOPBACK;
  entry.facts.ethernet = link.hardware == ARPHRD_ETHER;
  entry.facts.multicast = (link.flags & IFF_MULTICAST) != 0;
  entry.facts.mtu = link.mtu;
  entry.below = link.base.value();
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
