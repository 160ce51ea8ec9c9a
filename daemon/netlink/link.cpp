#include "daemon/netlink/link.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace understudy::netlink {

namespace {

std::uint16_t u16(const Attributes& attributes, std::uint16_t type) {
  const ByteView value = attributes.get(type);
  std::uint16_t number = 0;
  if (value.size() == sizeof number) std::memcpy(&number, value.data(), sizeof number);
  return number;
}

/// IFLA_LINKINFO.
void take_kind(ByteView value, Link& link) {
  const auto info = Attributes::nested(value);
  const std::string_view kind = info.text(IFLA_INFO_KIND);
  const auto data = Attributes::nested(info.get(IFLA_INFO_DATA));
  if (kind.empty()) return;
  link.kind = LinkKind::other;
  if (kind == "macvlan" || kind == "macvtap") {
    link.kind = LinkKind::macvlan;
    link.mode = static_cast<std::uint16_t>(data.u32(IFLA_MACVLAN_MODE).value_or(0));
  } else if (kind == "ipvlan" || kind == "ipvtap") {
    link.kind = LinkKind::ipvlan;
    link.mode = u16(data, IFLA_IPVLAN_MODE);
    link.ipvlan_flags = u16(data, IFLA_IPVLAN_FLAGS);
  } else if (kind == "vrf") {
    link.kind = LinkKind::vrf;
    link.vrf_table = data.u32(IFLA_VRF_TABLE).value_or(0);
  }
}

}  // namespace

Message dump_links() {
  const ifinfomsg fixed{};
  MessageBuilder builder(RTM_GETLINK, NLM_F_DUMP, std::as_bytes(std::span(&fixed, 1)));
  return builder.take();
}

std::optional<LinkMessage> decode_link(ByteView message) {
  const auto header = header_of(message);
  if (!header) return std::nullopt;
  if (header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK) return std::nullopt;
  const auto fixed = fixed_part<ifinfomsg>(message);
  if (!fixed || fixed->ifi_family != AF_UNSPEC || fixed->ifi_index <= 0) return std::nullopt;
  const Attributes attributes(message, sizeof *fixed);
  LinkMessage result;
  result.removed = header->nlmsg_type == RTM_DELLINK;
  result.link.index = InterfaceIndex(static_cast<std::uint32_t>(fixed->ifi_index));
  result.link.name = attributes.text(IFLA_IFNAME);
  result.link.flags = fixed->ifi_flags;
  result.link.hardware = fixed->ifi_type;
  result.link.mtu = attributes.u32(IFLA_MTU).value_or(0);
  result.link.group = attributes.u32(IFLA_GROUP).value_or(0);
  result.link.master = InterfaceIndex(attributes.u32(IFLA_MASTER).value_or(0));
  take_kind(attributes.get(IFLA_LINKINFO), result.link);
  if (result.link.is_virtual()) {
    result.link.base_elsewhere = attributes.has(IFLA_LINK_NETNSID);
    const auto base = attributes.u32(IFLA_LINK).value_or(0);
    if (!result.link.base_elsewhere) result.link.base = InterfaceIndex(base);
  }
  result.link.address = HardwareAddress(attributes.get(IFLA_ADDRESS));
  result.link.broadcast = HardwareAddress(attributes.get(IFLA_BROADCAST));
  const ByteView mac = attributes.get(IFLA_ADDRESS);
  if (mac.size() == result.link.mac.bytes.size()) {
    std::ranges::copy(mac, result.link.mac.bytes.begin());
  }
  if (result.link.name.empty()) return std::nullopt;
  return result;
}

}  // namespace understudy::netlink
