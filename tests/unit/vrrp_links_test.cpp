// The interfaces of virtual routers in a real kernel: made, kept, made again, removed.
#include <array>
#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/network_namespace.hpp"
#include "tests/support/temporary_directory.hpp"
#include "vrrp/link_layer.hpp"
#include "vrrp/virtual_record.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

constexpr MacAddress kMac{{0x00, 0x00, 0x5e, 0x00, 0x01, 0x33}};

VirtualLink vmac(Family family = Family::ipv4) {
  VirtualLink link;
  link.name = family == Family::ipv6 ? "vrrp6.51" : "vrrp.51";
  link.base = "eth0";
  link.mac = kMac;
  link.mac.bytes[4] = family == Family::ipv6 ? 2 : 1;
  link.family = family;
  link.ipv6 = link.link_local = family == Family::ipv6;
  link.instance = "VI_1";
  return link;
}

/// The link layer of one process in namespace a. Another one takes its place by again().
class Process {
 public:
  Process() {
    network.inside('a', [this] { begin(); });
  }

  void configure(const std::vector<VirtualLink>& links, const VrrpConfig& config = {}) {
    network.inside('a', [&] {
      layer->configure({}, config, links, true);
      layer->clean_up();
    });
    run(50ms);
  }
  void stop() {
    network.inside('a', [this] { layer->remove_all(); });
  }
  /// Killed, and a successor in its place.
  void again() {
    layer.reset();
    network.inside('a', [this] { begin(); });
  }
  void run(Duration time) {
    network.inside('a', [&] {
      const auto end = Clock::now() + time;
      while (Clock::now() < end) loop.run_once(10ms);
    });
  }
  template <typename Condition>
  bool until(Condition condition) {
    for (int i = 0; i < 200 && !condition(); ++i) run(10ms);
    return condition();
  }
  /// A value of /proc/sys/net in the namespace.
  std::string setting(const std::string& path) const {
    return network.output('a', "cat /proc/sys/net/" + path);
  }
  [[nodiscard]] const netlink::Link* link(const std::string& name) const {
    return monitor->link(name);
  }
  [[nodiscard]] std::string logged() const {
    std::ifstream file(directory.path("log"));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  NamespacePair network;
  TemporaryDirectory directory;
  run::HandoverPage page = std::move(*run::HandoverPage::open(directory.path("page"), 256));
  Loop loop;
  Log log{[this] {
    LogOptions options;
    options.to_syslog = false;
    options.detailed = true;
    options.file = directory.path("log");
    return options;
  }()};
  std::optional<netlink::Socket> commands;
  std::unique_ptr<netlink::Monitor> monitor;
  std::unique_ptr<LinkLayer> layer;
  /// "eth0 up", in order.
  std::vector<std::string> facts;

 private:
  void begin() {
    commands.emplace(std::move(*netlink::Socket::open()));
    monitor = std::move(*netlink::Monitor::start(
        loop, log, *commands,
        {[this](const netlink::Link& one, bool removed) { layer->link_changed(one, removed); },
         [this](const netlink::InterfaceAddress& one, bool, bool) {
           layer->address_changed(one);
         }}));
    layer = std::make_unique<LinkLayer>(
        loop, log, *commands, *monitor, page,
        LinkLayer::Handlers{[this](const std::string& name, bool up) {
                              facts.push_back(name + (up ? " up" : " down"));
                            },
                            [](Interface&) {},
                            [](const netlink::InterfaceAddress& address) {
                              return address.address == *IpAddress::parse("fe80::100");
                            }});
  }
};

}  // namespace

TEST_CASE("a VMAC is as the original makes it, and leaves nothing behind") {
  NEEDS_NAMESPACES();
  Process process;
  process.configure({vmac()});
  const netlink::Link* link = process.link("vrrp.51");
  REQUIRE(link != nullptr);
  CHECK(link->up());
  CHECK(link->mac == kMac);
  CHECK(link->base == process.link("eth0")->index);
  const std::string own = "ipv4/conf/vrrp.51/";
  CHECK(process.setting(own + "accept_local") == "1\n");
  CHECK(process.setting(own + "arp_ignore") == "1\n");
  CHECK(process.setting(own + "rp_filter") == "0\n");
  CHECK(process.setting(own + "promote_secondaries") == "1\n");
  CHECK(process.setting("ipv6/conf/vrrp.51/disable_ipv6") == "1\n");
  CHECK(process.setting("ipv4/conf/eth0/arp_ignore") == "1\n");
  CHECK(process.setting("ipv4/conf/eth0/arp_filter") == "1\n");
  CHECK(process.layer->up("vrrp.51"));
  CHECK(process.layer->virtual_interfaces().base_of("vrrp.51") == "eth0");
  process.stop();
  CHECK(process.network.run('a', "ip link show vrrp.51 2>/dev/null") != 0);
  CHECK(process.setting("ipv4/conf/eth0/arp_ignore") == "0\n");
  CHECK(process.setting("ipv4/conf/eth0/arp_filter") == "0\n");
  std::size_t records = 0;
  process.page.for_each_key([&](std::string_view) { ++records; });
  CHECK(records == 0);
}

TEST_CASE("a successor uses what is there untouched, and removes what nobody needs") {
  NEEDS_NAMESPACES();
  Process process;
  VirtualLink other = vmac();
  other.name = "other";
  other.mac.bytes[5] = 7;
  process.configure({vmac(), other});
  const InterfaceIndex index = process.link("vrrp.51")->index;
  // Not ours: it must stay, whatever happens.
  REQUIRE(process.network.run('a', "ip link add foreign link eth0 type macvlan mode private") == 0);
  process.again();
  const auto known = known_links(*process.monitor, process.page);
  CHECK(std::ranges::count_if(known, &KnownLink::ours) == 2);
  process.configure({vmac()});
  REQUIRE(process.link("vrrp.51") != nullptr);
  CHECK(process.link("vrrp.51")->index == index);
  CHECK(process.until([&] { return process.link("other") == nullptr; }));
  CHECK(process.setting("ipv4/conf/eth0/arp_ignore") == "1\n");
  process.stop();
  CHECK(process.setting("ipv4/conf/eth0/arp_ignore") == "0\n");
  CHECK(process.network.run('a', "ip link show foreign >/dev/null") == 0);
}

TEST_CASE("one that does not fit is changed or made anew; a stranger's name is left alone") {
  NEEDS_NAMESPACES();
  Process process;
  const auto& network = process.network;
  REQUIRE(network.run('a', "ip link add vrrp.51 link eth0 type macvlan mode bridge") == 0);
  process.run(20ms);
  const InterfaceIndex index = process.link("vrrp.51")->index;
  process.configure({vmac()});
  CHECK(process.link("vrrp.51")->index == index);
  CHECK(process.link("vrrp.51")->mac == kMac);
  CHECK(process.link("vrrp.51")->up());
  CHECK(process.logged().find("Update old VMAC interface vrrp.51") != std::string::npos);
  process.stop();

  REQUIRE(network.run('a', "ip link add br0 type bridge") == 0);
  REQUIRE(network.run('a', "ip link add vrrp.51 link br0 type macvlan mode private") == 0);
  process.again();
  process.configure({vmac()});
  CHECK(process.link("vrrp.51")->base == process.link("eth0")->index);
  CHECK(process.logged().find("Removing old VMAC interface vrrp.51") != std::string::npos);
  process.stop();

  REQUIRE(network.run('a', "ip link add vrrp.51 type bridge") == 0);
  process.again();
  process.configure({vmac()});
  CHECK(process.logged().find("VMAC vrrp.51 conflicts with existing interface") !=
        std::string::npos);
  process.stop();
  CHECK(network.run('a', "ip link show vrrp.51 >/dev/null") == 0);
}

TEST_CASE("one that somebody deletes is there again, and nobody hears of it") {
  NEEDS_NAMESPACES();
  Process process;
  process.configure({vmac()});
  process.run(1100ms);
  process.facts.clear();
  const InterfaceIndex before = process.link("vrrp.51")->index;
  REQUIRE(process.network.run('a', "ip link del vrrp.51") == 0);
  CHECK(process.until([&] {
    const auto* link = process.link("vrrp.51");
    return link != nullptr && link->index != before && link->up();
  }));
  process.run(150ms);
  CHECK(std::ranges::count(process.facts, "vrrp.51 down") == 0);
  // At once again: that is told, and it is made a second later.
  REQUIRE(process.network.run('a', "ip link del vrrp.51") == 0);
  CHECK(process.until([&] { return std::ranges::count(process.facts, "vrrp.51 down") > 0; }));
  CHECK(process.until([&] { return process.layer->up("vrrp.51"); }));
  // Down is what the administrator wants.
  process.facts.clear();
  REQUIRE(process.network.run('a', "ip link set vrrp.51 down") == 0);
  CHECK(process.until([&] { return std::ranges::count(process.facts, "vrrp.51 down") > 0; }));
  CHECK_FALSE(process.link("vrrp.51")->up());
  process.stop();
}

TEST_CASE("another name in the configuration is another name of the same interface") {
  NEEDS_NAMESPACES();
  Process process;
  process.configure({vmac()});
  process.facts.clear();
  const InterfaceIndex index = process.link("vrrp.51")->index;
  VirtualLink renamed = vmac();
  renamed.name = "mine";
  process.configure({renamed});
  REQUIRE(process.link("mine") != nullptr);
  CHECK(process.link("mine")->index == index);
  CHECK(process.link("mine")->up());
  CHECK(std::ranges::count(process.facts, "vrrp.51 down") == 0);
  CHECK(std::ranges::count(process.facts, "mine down") == 0);
  process.run(50ms);
  CHECK(process.setting("ipv4/conf/eth0/arp_ignore") == "1\n");
  process.stop();
  CHECK(process.setting("ipv4/conf/eth0/arp_ignore") == "0\n");
}

TEST_CASE("it goes with the interface below and comes back with it") {
  NEEDS_NAMESPACES();
  Process process;
  process.configure({vmac()});
  REQUIRE(process.network.run('a', "ip link del eth0") == 0);
  CHECK(process.until([&] { return process.link("vrrp.51") == nullptr; }));
  process.run(50ms);
  CHECK_FALSE(process.layer->up("vrrp.51"));
  REQUIRE(process.network.run('a', "ip link add eth0 type veth peer name peer0") == 0);
  REQUIRE(process.network.run('a', "ip link set eth0 up") == 0);
  CHECK(process.until([&] { return process.link("vrrp.51") != nullptr; }));
  process.run(50ms);
  CHECK(process.setting("ipv4/conf/eth0/arp_ignore") == "1\n");
  process.stop();
}

TEST_CASE("a base that is renamed takes its settings along; its successor gets the VMAC") {
  NEEDS_NAMESPACES();
  Process process;
  process.configure({vmac()});
  REQUIRE(process.network.run('a', "ip link set eth0 down") == 0);
  REQUIRE(process.network.run('a', "ip link set eth0 name old0") == 0);
  process.run(100ms);
  REQUIRE(process.network.run('a', "ip link add eth0 type veth peer name peer0") == 0);
  CHECK(process.until([&] {
    const auto* link = process.link("vrrp.51");
    const auto* base = process.link("eth0");
    return link != nullptr && base != nullptr && link->base == base->index;
  }));
  process.stop();
  CHECK(process.setting("ipv4/conf/old0/arp_ignore") == "0\n");
  CHECK(process.setting("ipv4/conf/eth0/arp_ignore") == "0\n");
}

TEST_CASE("a VMAC for IPv6 has the link-local address of the interface below") {
  NEEDS_NAMESPACES();
  Process process;
  const auto& network = process.network;
  // A virtual address is no source.
  REQUIRE(network.run('a', "ip addr flush dev eth0 scope link") == 0);
  REQUIRE(network.run('a', "ip addr add fe80::100/64 dev eth0 nodad") == 0);
  REQUIRE(network.run('a', "ip addr add fe80::1:1/64 dev eth0 nodad") == 0);
  process.run(50ms);
  process.configure({vmac(Family::ipv6)});
  const auto addresses = [&] { return network.output('a', "ip -6 -o addr show dev vrrp6.51"); };
  CHECK(addresses().find(" fe80::1:1/64 ") != std::string::npos);
  CHECK(process.setting("ipv6/conf/vrrp6.51/disable_ipv6") == "0\n");
  CHECK(process.setting("ipv4/conf/vrrp6.51/arp_ignore") == "1\n");
  CHECK(process.setting("ipv4/conf/eth0/arp_ignore") == "0\n");
  REQUIRE(network.run('a', "ip addr add fe80::1:2/64 dev eth0 nodad") == 0);
  REQUIRE(network.run('a', "ip addr del fe80::1:1/64 dev eth0") == 0);
  CHECK(process.until([&] { return addresses().find(" fe80::1:2/64 ") != std::string::npos; }));
  CHECK(addresses().find(" fe80::1:1/64 ") == std::string::npos);
  // Down and up again: the kernel has removed it meanwhile.
  REQUIRE(network.run('a', "ip link set vrrp6.51 down") == 0);
  REQUIRE(network.run('a', "ip link set vrrp6.51 up") == 0);
  CHECK(process.until([&] { return addresses().find(" fe80::1:2/64 ") != std::string::npos; }));
  REQUIRE(network.run('a', "ip addr del fe80::1:2/64 dev eth0") == 0);
  // Of the base's MAC address then.
  CHECK(process.until([&] { return addresses().find("ff:fe") != std::string::npos; }));
  process.stop();
}

TEST_CASE("it has the MTU of the interface below, and IPv6 again after that had too low a one") {
  NEEDS_NAMESPACES();
  Process process;
  const auto& network = process.network;
  process.configure({vmac(), vmac(Family::ipv6)});
  const auto addresses = [&] { return network.output('a', "ip -6 -o addr show dev vrrp6.51"); };
  const auto have = [&](std::uint32_t mtu) {
    return process.until([&] {
      return process.link("vrrp.51")->mtu == mtu && process.link("vrrp6.51")->mtu == mtu;
    });
  };
  REQUIRE(network.run('a', "ip link set eth0 mtu 1000") == 0);
  CHECK(have(1000));
  CHECK(addresses().empty());
  REQUIRE(network.run('a', "ip link set eth0 mtu 1500") == 0);
  CHECK(have(1500));
  CHECK(process.until([&] { return addresses().find(" fe80::") != std::string::npos; }));
  process.run(50ms);
  CHECK(network.output('a', "ip -d link show dev vrrp6.51").find("addrgenmode none") !=
        std::string::npos);
  // None that is made of the virtual router's MAC address.
  CHECK(addresses().find(" fe80::200:5eff:fe00:233/") == std::string::npos);
  CHECK(process.setting("ipv6/conf/vrrp6.51/disable_ipv6") == "0\n");
  CHECK(process.setting("ipv6/conf/vrrp.51/disable_ipv6") == "1\n");
  // Both before we look.
  REQUIRE(network.run('a', "ip link set eth0 mtu 1400") == 0);
  REQUIRE(network.run('a', "ip link set eth0 mtu 1450") == 0);
  CHECK(have(1450));
  // What somebody has chosen stays.
  REQUIRE(network.run('a', "ip link set vrrp.51 mtu 1300") == 0);
  REQUIRE(network.run('a', "ip link set eth0 alias x") == 0);
  process.run(100ms);
  CHECK(process.link("vrrp.51")->mtu == 1300);
  process.stop();
}

TEST_CASE("rp_filter of all is no hindrance, and comes back") {
  NEEDS_NAMESPACES();
  Process process;
  const auto& network = process.network;
  REQUIRE(network.run('a', "sh -c 'echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter'") == 0);
  REQUIRE(network.run('a', "sh -c 'echo 0 > /proc/sys/net/ipv4/conf/eth0/rp_filter'") == 0);
  process.configure({vmac()});
  const auto filter = [&](const std::string& of) {
    return process.setting("ipv4/conf/" + of + "/rp_filter");
  };
  CHECK(filter("all") == "0\n");
  CHECK(filter("eth0") == "1\n");
  CHECK(filter("vrrp.51") == "0\n");
  process.again();
  process.configure({vmac()});
  CHECK(filter("eth0") == "1\n");
  process.stop();
  CHECK(filter("all") == "1\n");
  CHECK(filter("eth0") == "0\n");
}

TEST_CASE("a flap shorter than the delay is not told, also of the VMAC above") {
  NEEDS_NAMESPACES();
  Process process;
  VrrpConfig config;
  // The kernel may take a second to say that a link is up.
  config.interface_delays = {{"eth0", 1500ms, 0ms}};
  process.configure({vmac()}, config);
  process.facts.clear();
  const auto told = [&](const char* fact) { return std::ranges::count(process.facts, fact) > 0; };
  REQUIRE(process.network.run('a', "ip link set eth0 down") == 0);
  process.run(100ms);
  CHECK_FALSE(process.link("eth0")->up());
  CHECK(process.layer->up("eth0"));
  REQUIRE(process.network.run('a', "ip link set eth0 up") == 0);
  CHECK(process.until([&] { return process.link("eth0")->up(); }));
  process.run(1600ms);
  CHECK_FALSE(told("eth0 down"));
  CHECK_FALSE(told("vrrp.51 down"));
  REQUIRE(process.network.run('a', "ip link set eth0 down") == 0);
  process.run(1300ms);
  CHECK_FALSE(told("eth0 down"));
  CHECK(process.until([&] { return told("eth0 down") && told("vrrp.51 down"); }));
  process.stop();
}

TEST_CASE("polling finds out what happens to a link") {
  NEEDS_NAMESPACES();
  Process process;
  VrrpConfig config;
  config.linkbeat_interfaces = {{"eth0", LinkbeatInterface::Method::mii}};
  process.configure({}, config);
  process.facts.clear();
  CHECK(process.layer->up("eth0"));
  REQUIRE(process.network.run('b', "ip link set eth0 down") == 0);
  CHECK(process.until([&] { return !process.facts.empty(); }));
  CHECK(process.facts == std::vector<std::string>{"eth0 down"});
  CHECK_FALSE(process.layer->up("eth0"));
  CHECK(process.logged().find("Linkbeat reports eth0 down") != std::string::npos);
  CHECK(
      process.logged().find("(eth0): Configured linkbeat type MII not supported, using ETHTOOL") !=
      std::string::npos);
  process.stop();
}
