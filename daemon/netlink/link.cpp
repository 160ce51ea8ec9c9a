#include "daemon/netlink/link.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

namespace understudy::netlink {

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
  const ByteView mac = attributes.get(IFLA_ADDRESS);
  if (mac.size() == result.link.mac.bytes.size()) {
    std::ranges::copy(mac, result.link.mac.bytes.begin());
  }
  if (result.link.name.empty()) return std::nullopt;
  return result;
}

}  // namespace understudy::netlink
