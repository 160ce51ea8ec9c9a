#include "daemon/netlink/link_request.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <string_view>

namespace understudy::netlink {

namespace {

MessageBuilder begin(std::uint16_t type, std::uint16_t flags, InterfaceIndex index, unsigned up = 0,
                     unsigned change = 0) {
  ifinfomsg fixed{};
  fixed.ifi_index = static_cast<int>(index.value());
  fixed.ifi_flags = up;
  fixed.ifi_change = change;
  return MessageBuilder(type, flags, std::as_bytes(std::span(&fixed, 1)));
}

/// IFLA_LINKINFO of that kind, with what `fill` puts into its data.
template <typename Fill>
void add_kind(MessageBuilder& builder, std::string_view kind, Fill fill) {
  const auto info = builder.begin_nested(IFLA_LINKINFO);
  builder.attribute(IFLA_INFO_KIND, kind);
  const auto data = builder.begin_nested(IFLA_INFO_DATA);
  fill();
  builder.end_nested(data);
  builder.end_nested(info);
}

void add_private_mode(MessageBuilder& builder) {
  add_kind(builder, "macvlan",
           [&] { builder.attribute(IFLA_MACVLAN_MODE, std::uint32_t{MACVLAN_MODE_PRIVATE}); });
}

void add_place(MessageBuilder& builder, const NewLink& link) {
  builder.attribute(IFLA_LINK, link.base.value());
  builder.attribute(IFLA_IFNAME, std::string_view(link.name));
}

constexpr std::uint16_t kCreate = NLM_F_CREATE | NLM_F_EXCL;

}  // namespace

Message create_macvlan(const NewLink& link, const MacAddress& mac) {
  auto builder = begin(RTM_NEWLINK, kCreate, InterfaceIndex());
  add_private_mode(builder);
  add_place(builder, link);
  builder.attribute(IFLA_GROUP, link.group);
  builder.attribute(IFLA_ADDRESS, ByteView(mac.bytes));
  if (link.master != InterfaceIndex()) builder.attribute(IFLA_MASTER, link.master.value());
  return builder.take();
}

Message update_macvlan(InterfaceIndex index, const NewLink& link, const MacAddress& mac) {
  auto builder = begin(RTM_NEWLINK, 0, index);
  add_private_mode(builder);
  builder.attribute(IFLA_GROUP, link.group);
  builder.attribute(IFLA_ADDRESS, ByteView(mac.bytes));
  builder.attribute(IFLA_MASTER, link.master.value());
  return builder.take();
}

Message create_ipvlan(const NewLink& link, std::uint16_t flags) {
  auto builder = begin(RTM_NEWLINK, kCreate, InterfaceIndex(), IFF_UP, IFF_UP);
  add_kind(builder, "ipvlan", [&] {
    builder.attribute(IFLA_IPVLAN_MODE, std::uint16_t{IPVLAN_MODE_L2});
    builder.attribute(IFLA_IPVLAN_FLAGS, flags);
  });
  add_place(builder, link);
  builder.attribute(IFLA_GROUP, link.group);
  if (link.master != InterfaceIndex()) builder.attribute(IFLA_MASTER, link.master.value());
  return builder.take();
}

Message delete_link(InterfaceIndex index) { return begin(RTM_DELLINK, 0, index).take(); }

Message delete_link_group(std::uint32_t group) {
  auto builder = begin(RTM_DELLINK, 0, InterfaceIndex());
  builder.attribute(IFLA_GROUP, group);
  return builder.take();
}

Message set_link_up(InterfaceIndex index, bool up) {
  return begin(RTM_NEWLINK, 0, index, up ? IFF_UP : 0, IFF_UP).take();
}

Message rename_link(InterfaceIndex index, const std::string& name) {
  auto builder = begin(RTM_NEWLINK, 0, index);
  builder.attribute(IFLA_IFNAME, std::string_view(name));
  return builder.take();
}

Message set_link_group(InterfaceIndex index, std::uint32_t group) {
  auto builder = begin(RTM_NEWLINK, 0, index);
  builder.attribute(IFLA_GROUP, group);
  return builder.take();
}

Message set_link_mtu(InterfaceIndex index, std::uint32_t mtu) {
  auto builder = begin(RTM_NEWLINK, 0, index);
  builder.attribute(IFLA_MTU, mtu);
  return builder.take();
}

Message set_link_master(InterfaceIndex index, InterfaceIndex master) {
  auto builder = begin(RTM_NEWLINK, 0, index);
  builder.attribute(IFLA_MASTER, master.value());
  return builder.take();
}

Message disable_address_generation(InterfaceIndex index) {
  auto builder = begin(RTM_NEWLINK, 0, index);
  const auto families = builder.begin_nested(IFLA_AF_SPEC);
  const auto ipv6 = builder.begin_nested(AF_INET6);
  builder.attribute(IFLA_INET6_ADDR_GEN_MODE, std::uint8_t{IN6_ADDR_GEN_MODE_NONE});
  builder.end_nested(ipv6);
  builder.end_nested(families);
  return builder.take();
}

Message set_ipv4_settings(InterfaceIndex index, std::span<const Ipv4Setting> values) {
  auto builder = begin(RTM_NEWLINK, 0, index);
  const auto families = builder.begin_nested(IFLA_AF_SPEC);
  const auto ipv4 = builder.begin_nested(AF_INET);
  const auto settings = builder.begin_nested(IFLA_INET_CONF);
  for (const auto& [setting, value] : values) builder.attribute(setting, value);
  builder.end_nested(settings);
  builder.end_nested(ipv4);
  builder.end_nested(families);
  return builder.take();
}

}  // namespace understudy::netlink
