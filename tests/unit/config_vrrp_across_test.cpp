// Checks across blocks: virtual routers that meet, packets that are full, what interfaces are told.
#include <catch2/catch.hpp>
#include <chrono>

#include "tests/support/vrrp_text.hpp"

using namespace understudy;
using namespace understudy::test;
using namespace std::chrono_literals;

namespace {

/// `count` addresses, one a line, of 10.x.y.1 or fe80::x.
std::string addresses(int count, bool v6 = false) {
  std::string lines;
  for (int i = 1; i <= count; ++i) {
    lines += v6 ? "fe80::" + std::to_string(i) + "\n"
                : "10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".1\n";
  }
  return lines;
}

std::size_t told(const std::string& vips, const std::string& more, unsigned mtu = 1500) {
  LoadOptions options = load_options();
  (*options.interfaces)["eth0"].mtu = mtu;
  const auto loaded = load_text("vrrp_instance A {\n interface eth0\n virtual_router_id 5\n " +
                                    more + "\n virtual_ipaddress {\n" + vips + " }\n}\n",
                                options);
  return first_of(loaded).addresses.size();
}

}  // namespace

TEST_CASE("as many addresses are told as fit into an advert") {
  CHECK(told(addresses(256), "") == 255);
  CHECK(told(addresses(100, true), "") == 89);
  CHECK(told(addresses(100, true), "", 9000) == 100);
  CHECK(told(addresses(200), "", 576) == 131);
  CHECK(told(addresses(200), "version 3", 576) == 133);
  const auto loaded = load_text(
      "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n"
      "virtual_ipaddress {\n" +
      addresses(256) + "}\n}\n");
  CHECK(says(loaded,
             "(A) Number of VIPs (256) exceeds maximum/space available in packet (max 255 "
             "addresses) - excess moved to eVIPs"));
  CHECK(first_of(loaded).excluded.size() == 1);
}

TEST_CASE("a signature takes the room of two IPv6 addresses") {
  const std::string hmac = "auth_hmac {\n key 1 abcdefghijklmnopqrstuvwxyz012345\n active_key 1\n";
  CHECK(told(addresses(100, true), hmac + "}") == 88);
  CHECK(told(addresses(100, true), hmac + "mode receive-only\n }") == 89);
}

TEST_CASE("one VRID, one group, one interface: one virtual router") {
  const auto both =
      load_text(instance("") + instance("", "B", 5, "10.0.0.2") + instance("", "C", 5, "10.0.0.3"));
  CHECK(both.test_status == 5);
  CHECK(both.start_refusal == "A and B both use VRID 5 with IPv4 on interface eth0");
  CHECK(says(both, "A and C both use VRID 5 with IPv4 on interface eth0"));
  CHECK(says(both, "B and C both use VRID 5 with IPv4 on interface eth0"));
  const auto families = load_text(instance("") + instance("", "B", 5, "fe80::1"));
  CHECK(families.start_refusal.empty());
  const auto groups =
      load_text(instance("") + instance("mcast_dst_ip 224.0.0.99", "B", 5, "10.0.0.2"));
  CHECK(groups.start_refusal.empty());
}

TEST_CASE("unicast routers of one VRID may not share source and peer") {
  const auto pair = [](const std::string& first, const std::string& second) {
    const auto peers = [](const std::string& list) {
      return "unicast_src_ip 10.0.0.9\n unicast_peer {\n " + list + "\n }";
    };
    return load_text(instance(peers(first)) + instance(peers(second), "B", 5, "10.0.0.2"))
        .start_refusal;
  };
  CHECK(pair("10.0.0.10", "10.0.0.11\n 10.0.0.10") == "(A) duplicate VRID conflict with B VRID 5");
  CHECK(pair("10.0.0.10", "10.0.0.11").empty());
  const auto mixed =
      load_text(instance("unicast_peer {\n 10.0.0.10\n }") + instance("", "B", 5, "10.0.0.2"));
  CHECK(mixed.start_refusal.empty());
}

TEST_CASE("an instance is defined once") {
  const auto loaded = load_text(instance("") + instance("", "A", 6, "10.0.0.2"));
  CHECK(says(loaded, "(F: Line 9) vrrp instance A already defined"));
  CHECK(loaded.config.vrrp.instances.size() == 1);
}

TEST_CASE("AH needs IPv4") {
  const auto loaded = load_text(
      instance("authentication {\n auth_type AH\n auth_pass x\n }\n version 2", "A", 5, "fe80::1"));
  CHECK(first_of(loaded).authentication == vrrp::Authentication::none);
}

TEST_CASE("garp_group: interfaces that share a pause") {
  const auto loaded = load_text(
      "garp_group {\n garp_interval 0.5\n interfaces {\n eth0\n eth1\n }\n}\n"
      "garp_group {\n gna_interval 0.25\n interface eth1\n interface team0\n}\n"
      "garp_group {\n interface bond0\n}\ngarp_group {\n gna_interval 2\n interface bond0\n}\n");
  CHECK(loaded.test_status == 5);
  CHECK(says(loaded, "(F: Line 10) garp_group already specified for eth1 - ignoring"));
  CHECK(says(loaded, "(F: Line 15) garp group 1 does not have any delay set - removing"));
  CHECK(says(loaded, "(F: Line 17) The gna_interval is very large - 2 seconds"));
  CHECK(loaded.config.vrrp.garp_groups ==
        std::vector<vrrp::GarpGroup>{{500ms, std::nullopt, {"eth0", "eth1"}},
                                     {std::nullopt, 250ms, {"team0"}},
                                     {std::nullopt, 2s, {"bond0"}}});
  CHECK(says(load_text("garp_group {\n garp_interval 1\n interface eth7\n}\n"),
             "(F: Line 3) WARNING - interface eth7 specified for garp_group doesn't exist"));
}

TEST_CASE("interface_up_down_delays: the last entry of an interface counts") {
  const auto loaded = load_text(
      "interface_up_down_delays {\n eth0 1\n eth1 0.5 2\n eth0 1.5 1\n}\n" + instance(""));
  CHECK(loaded.test_status == 0);
  CHECK(loaded.config.vrrp.interface_delays ==
        std::vector<vrrp::InterfaceDelay>{{"eth0", 1500ms, 1s}, {"eth1", 500ms, 2s}});
  CHECK(load_text("interface_up_down_delays {\n eth7 1\n}\n").test_status == 4);
  CHECK(load_text("interface_up_down_delays {\n eth0 256\n}\n").test_status == 5);
}

TEST_CASE("a delay ends before an instance would miss its master") {
  const auto read = [](const std::string& delays, const std::string& more) {
    return load_text("interface_up_down_delays {\n eth0 " + delays + "\n}\n" + instance(more))
        .config.vrrp.interface_delays[0];
  };
  // Two intervals less the 256th part of one.
  CHECK(read("5 1", "").down == 2s - 3906us);
  CHECK(read("5 1", "").up == 1s);
  CHECK(read("5 5", "").up == 2s - 3906us);
  CHECK(read("5 1", "down_timer_adverts 10").down == 5s);
  CHECK(read("5 1", "down_timer_adverts 1") == vrrp::InterfaceDelay{"eth0", 0s, 0s});
}

TEST_CASE("linkbeat_interfaces: how a link is asked for") {
  const auto loaded = load_text("linkbeat_interfaces {\n eth0 MII\n eth1\n team0 IOCTL\n}\n");
  using Method = vrrp::LinkbeatInterface::Method;
  CHECK(loaded.config.vrrp.linkbeat_interfaces ==
        std::vector<vrrp::LinkbeatInterface>{
            {"eth0", Method::mii}, {"eth1", Method::any}, {"team0", Method::ioctl}});
  CHECK(says(load_text("linkbeat_interfaces {\n eth0 FOO\n}\n"),
             "(F: Line 2) extra characters FOO in linkbeat interface"));
  const auto unknown = load_text("linkbeat_interfaces {\n eth7\n}\n");
  CHECK(unknown.test_status == 4);
  CHECK(says(unknown, "(F: Line 2) unknown interface eth7 specified for linkbeat interface"));
}

TEST_CASE("track_group: instances that exist") {
  const auto loaded = load_text(
      "track_group T {\n group {\n A\n X\n }\n}\n"
      "track_group U {\n group {\n X\n }\n}\n" +
      instance(""));
  CHECK(loaded.test_status == 0);
  CHECK(loaded.config.vrrp.track_groups == std::vector<vrrp::TrackGroup>{{"T", {"A"}}});
  CHECK(says(loaded, "vrrp instance X specified in track group T doesn't exist - ignoring"));
}

TEST_CASE("reading many instances takes time in proportion") {
  const auto text = [](int count) {
    std::string all = "vrrp_script S {\n script /bin/true\n}\n";
    for (int i = 0; i < count; ++i) {
      all += instance("mcast_dst_ip 239." + std::to_string(i / 65536) + "." +
                          std::to_string(i / 256 % 256) + "." + std::to_string(i % 256) +
                          "\n track_script {\n S\n }",
                      "I" + std::to_string(i), 1 + i % 255);
    }
    return all;
  };
  const auto seconds = [](const std::string& all, std::size_t count) {
    const auto start = std::chrono::steady_clock::now();
    const auto loaded = load_text(all);
    CHECK(loaded.config.vrrp.instances.size() == count);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const double few = seconds(text(1000), 1000);
  const double many = seconds(text(8000), 8000);
  // Eight times as many; were each compared with each, it would be 64 times.
  CHECK(many < 24 * few);
}
