// Interfaces that are made, changed and removed by netlink: the messages, and a kernel's answer.
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <array>
#include <catch2/catch.hpp>

#include "daemon/netlink/link.hpp"
#include "daemon/netlink/link_request.hpp"
#include "daemon/netlink/socket.hpp"
#include "tests/support/network_namespace.hpp"

using namespace understudy;
using namespace understudy::netlink;

namespace {

constexpr MacAddress kMac{{0x00, 0x00, 0x5e, 0x00, 0x01, 0x33}};

/// "LL LL TT TT value …" of the attributes behind the header of a link message.
Bytes attributes_of(const Message& message) {
  return {message.begin() + NLMSG_HDRLEN + sizeof(ifinfomsg), message.end()};
}

NewLink sample() {
  NewLink link;
  link.name = "vrrp.51";
  link.base = InterfaceIndex(7);
  link.group = 3;
  link.master = InterfaceIndex(9);
  return link;
}

/// What the kernel says of an interface in the calling thread's namespace.
std::optional<Link> find(Socket& socket, const std::string& name) {
  std::optional<Link> found;
  REQUIRE(socket
              .dump(
                  dump_links(), [&] { found.reset(); },
                  [&](ByteView message) {
                    const auto decoded = decode_link(message);
                    if (decoded && decoded->link.name == name) found = decoded->link;
                  })
              .has_value());
  return found;
}

int do_one(Socket& socket, Message message) {
  const std::array one{std::move(message)};
  const auto outcome = socket.request(one);
  return outcome[0] ? outcome[0]->code : 0;
}

}  // namespace

TEST_CASE("the request for a macvlan is the one the kernel documents") {
  // clang-format off
  const Bytes expected{
      28, 0, IFLA_LINKINFO, 0, 12, 0, IFLA_INFO_KIND, 0, 'm', 'a', 'c', 'v', 'l', 'a', 'n', 0,
      12, 0, IFLA_INFO_DATA, 0, 8, 0, IFLA_MACVLAN_MODE, 0, 1, 0, 0, 0,
      8, 0, IFLA_LINK, 0, 7, 0, 0, 0,
      12, 0, IFLA_IFNAME, 0, 'v', 'r', 'r', 'p', '.', '5', '1', 0,
      8, 0, IFLA_GROUP, 0, 3, 0, 0, 0,
      10, 0, IFLA_ADDRESS, 0, 0x00, 0x00, 0x5e, 0x00, 0x01, 0x33, 0, 0,
      8, 0, IFLA_MASTER, 0, 9, 0, 0, 0};
  // clang-format on
  const auto message = create_macvlan(sample(), kMac);
  CHECK(attributes_of(message) == expected);
  const auto header = header_of(message);
  REQUIRE(header);
  CHECK(header->nlmsg_type == RTM_NEWLINK);
  CHECK(header->nlmsg_flags == (NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL));
  CHECK(header->nlmsg_len == message.size());
}

TEST_CASE("the request for an ipvlan has mode and flags of 16 bits") {
  NewLink link = sample();
  link.master = {};
  // clang-format off
  const Bytes expected{
      36, 0, IFLA_LINKINFO, 0, 11, 0, IFLA_INFO_KIND, 0, 'i', 'p', 'v', 'l', 'a', 'n', 0, 0,
      20, 0, IFLA_INFO_DATA, 0, 6, 0, IFLA_IPVLAN_MODE, 0, 0, 0, 0, 0,
      6, 0, IFLA_IPVLAN_FLAGS, 0, 2, 0, 0, 0};
  // clang-format on
  const auto attributes = attributes_of(create_ipvlan(link, 2));
  CHECK(Bytes(attributes.begin(), attributes.begin() + 36) == expected);
}

TEST_CASE("what the kernel says of a macvlan is decoded, and nothing beyond a message's end") {
  const auto whole = create_macvlan(sample(), kMac);
  Message named = whole;
  // The kernel's own descriptions have an index.
  named[NLMSG_HDRLEN + 4] = 12;
  const auto decoded = decode_link(named);
  REQUIRE(decoded);
  CHECK(decoded->link.kind == LinkKind::macvlan);
  CHECK(decoded->link.mode == MACVLAN_MODE_PRIVATE);
  CHECK(decoded->link.base == InterfaceIndex(7));
  CHECK(decoded->link.master == InterfaceIndex(9));
  CHECK(decoded->link.group == 3);
  CHECK(decoded->link.mac == kMac);
  for (std::size_t size = 0; size < named.size(); ++size) {
    const auto cut = decode_link(ByteView(named).first(size));
    if (cut) CHECK(cut->link.name == "vrrp.51");
  }
}

TEST_CASE("a macvlan is made, changed, and removed") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  network.inside('a', [&] {
    auto socket = std::move(*Socket::open());
    NewLink link = sample();
    link.master = {};
    link.base = InterfaceIndex(if_nametoindex("eth0"));
    REQUIRE(do_one(socket, create_macvlan(link, kMac)) == 0);
    CHECK(do_one(socket, create_macvlan(link, kMac)) == EEXIST);
    auto made = find(socket, "vrrp.51");
    REQUIRE(made);
    CHECK(made->kind == LinkKind::macvlan);
    CHECK(made->mode == MACVLAN_MODE_PRIVATE);
    CHECK(made->base == link.base);
    CHECK(made->mac == kMac);
    CHECK(made->group == 3);
    CHECK_FALSE(made->up());
    // A veth's other end is no base.
    CHECK(find(socket, "eth0")->base == InterfaceIndex());
    CHECK(find(socket, "eth0")->kind == LinkKind::other);
    CHECK(find(socket, "lo")->kind == LinkKind::device);

    CHECK(do_one(socket, disable_address_generation(made->index)) == 0);
    CHECK(do_one(socket, set_link_up(made->index, true)) == 0);
    CHECK(find(socket, "vrrp.51")->up());
    CHECK(network.output('a', "ip -6 addr show dev vrrp.51").empty());
    const std::array<Ipv4Setting, 2> settings{
        {{IPV4_DEVCONF_ARP_IGNORE, 1}, {IPV4_DEVCONF_ACCEPT_LOCAL, 1}}};
    CHECK(do_one(socket, set_ipv4_settings(made->index, settings)) == 0);
    CHECK(network.output('a', "cat /proc/sys/net/ipv4/conf/vrrp.51/arp_ignore") == "1\n");
    CHECK(network.output('a', "cat /proc/sys/net/ipv4/conf/vrrp.51/accept_local") == "1\n");

    link.group = 0;
    const MacAddress other{{0x02, 0, 0, 0, 0, 1}};
    CHECK(do_one(socket, update_macvlan(made->index, link, other)) == 0);
    CHECK(find(socket, "vrrp.51")->mac == other);
    CHECK(find(socket, "vrrp.51")->group == 0);
    CHECK(do_one(socket, set_link_group(made->index, 5)) == 0);
    CHECK(find(socket, "vrrp.51")->group == 5);
    CHECK(do_one(socket, set_link_mtu(made->index, 1300)) == 0);
    CHECK(find(socket, "vrrp.51")->mtu == 1300);
    CHECK(do_one(socket, set_link_mtu(made->index, 9000)) == EINVAL);
    CHECK(do_one(socket, set_link_up(made->index, false)) == 0);
    CHECK_FALSE(find(socket, "vrrp.51")->up());
    CHECK(do_one(socket, rename_link(made->index, "other")) == 0);
    CHECK(find(socket, "other")->index == made->index);
    CHECK(do_one(socket, rename_link(made->index, "eth0")) == EEXIST);
    CHECK(do_one(socket, delete_link(made->index)) == 0);
    CHECK_FALSE(find(socket, "other"));
    CHECK(do_one(socket, delete_link(made->index)) == ENODEV);
  });
}

TEST_CASE("a group of interfaces is deleted at once") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  network.inside('a', [&] {
    auto socket = std::move(*Socket::open());
    NewLink made = sample();
    made.master = {};
    made.base = InterfaceIndex(if_nametoindex("eth0"));
    REQUIRE(do_one(socket, create_macvlan(made, kMac)) == 0);
    made.name = "vrrp.52";
    REQUIRE(do_one(socket, create_macvlan(made, MacAddress{{2, 0, 0, 0, 0, 1}})) == 0);
    CHECK(do_one(socket, delete_link_group(4)) == ENODEV);
    CHECK(do_one(socket, delete_link_group(3)) == 0);
    CHECK_FALSE(find(socket, "vrrp.51"));
    CHECK_FALSE(find(socket, "vrrp.52"));
    CHECK(find(socket, "eth0"));
  });
}

TEST_CASE("an interface moves into a bridge and out of it") {
  NEEDS_NAMESPACES();
  const NamespacePair network;
  REQUIRE(network.run('a', "ip link add br0 type bridge") == 0);
  network.inside('a', [&] {
    auto socket = std::move(*Socket::open());
    const auto bridge = find(socket, "br0");
    const auto port = find(socket, "eth0");
    REQUIRE(bridge);
    CHECK(do_one(socket, set_link_master(port->index, bridge->index)) == 0);
    CHECK(find(socket, "eth0")->master == bridge->index);
    CHECK(do_one(socket, set_link_master(port->index, {})) == 0);
    CHECK(find(socket, "eth0")->master == InterfaceIndex());
  });
}
