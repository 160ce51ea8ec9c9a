// Which interfaces virtual routers use, and how those made for them are called.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/wiring.hpp"

using namespace understudy;
using namespace understudy::vrrp;

namespace {

InstanceConfig with_vmac(const char* name, std::uint8_t vrid, Family family = Family::ipv4) {
  InstanceConfig config = instance();
  config.name = name;
  config.vrid = VirtualRouterId(vrid);
  config.family = family;
  config.vmac.edit().used = true;
  if (family == Family::ipv6) config.addresses[0].address = ip("fe80::100");
  return config;
}

VirtualAddress address(const char* text, const char* device = "") {
  VirtualAddress result;
  result.address = ip(text);
  result.prefix_length = result.address.max_prefix();
  result.device = device;
  return result;
}

KnownLink known(const char* name, KnownLink::Kind kind = KnownLink::Kind::other,
                const char* base = "", MacAddress mac = {}) {
  KnownLink link;
  link.name = name;
  link.kind = kind;
  link.base = base;
  link.mac = mac;
  return link;
}

constexpr MacAddress kMac51{{0x00, 0x00, 0x5e, 0x00, 0x01, 0x33}};

}  // namespace

TEST_CASE("a router without an interface of its own uses the configured one") {
  VrrpConfig config;
  config.instances = {instance()};
  config.instances[0].excluded = {address("10.1.0.1", "eth1")};
  CHECK_FALSE(needs_wiring(config));
  const InstanceConfig& one = config.instances[0];
  CHECK(wire(config, {}, {}).links.empty());
  CHECK(own_interface(one).empty());
  CHECK(advert_interface(one) == "eth0");
  CHECK(source_interface(one) == "eth0");
  CHECK(interface_of(one, one.addresses[0]) == "eth0");
  CHECK(interface_of(one, one.excluded[0]) == "eth1");
}

TEST_CASE("VMACs are called by prefix and VRID, the second of a name by a number") {
  VrrpConfig config;
  config.instances = {with_vmac("A", 51), with_vmac("B", 51, Family::ipv6), with_vmac("C", 51),
                      with_vmac("D", 51, Family::ipv6), with_vmac("E", 7)};
  config.instances[2].interface = "eth1";
  config.instances[3].interface = "eth1";
  config.instances[4].vmac.edit().transmit_on_base = true;
  CHECK(needs_wiring(config));
  const Wiring wiring = wire(config, {}, {known("eth0"), known("eth1"), known("vrrp.7")});
  std::vector<std::string> names;
  for (const auto& one : config.instances) names.push_back(own_interface(one));
  CHECK(names ==
        std::vector<std::string>{"vrrp.51", "vrrp6.51", "vrrp1.51", "vrrp2.51", "vrrp1.7"});
  REQUIRE(wiring.links.size() == 5);
  CHECK(wiring.links[0].mac == kMac51);
  CHECK(wiring.links[1].mac.to_string() == "00:00:5e:00:02:33");
  CHECK_FALSE(wiring.links[0].ipv6);
  CHECK(wiring.links[1].ipv6);
  CHECK(wiring.links[1].link_local);
  CHECK(advert_interface(config.instances[0]) == "vrrp.51");
  CHECK(source_interface(config.instances[0]) == "eth0");
  CHECK(source_interface(config.instances[1]) == "vrrp6.51");
  CHECK(advert_interface(config.instances[4]) == "eth0");
  CHECK(interface_of(config.instances[4], config.instances[4].addresses[0]) == "vrrp1.7");
}

TEST_CASE("names given are kept free for who gave them, and prefixes are cut to fit") {
  VrrpConfig config;
  config.instances = {with_vmac("A", 51), with_vmac("B", 52), with_vmac("C", 200)};
  config.instances[1].vmac.edit().name = "longlonglong.51";
  config.instances[1].vmac.edit().group = 4;
  const Wiring wiring = wire(config, {"longlonglonglong", {}}, {});
  CHECK(own_interface(config.instances[0]) == "longlonglon1.51");
  CHECK(own_interface(config.instances[1]) == "longlonglong.51");
  CHECK(own_interface(config.instances[2]) == "longlonglon.200");
  CHECK(wiring.links[1].group == 4u);
}

TEST_CASE("an interface that fits keeps its name") {
  VrrpConfig config;
  config.instances = {with_vmac("A", 51)};
  const auto there = known("mine", KnownLink::Kind::private_macvlan, "eth0", kMac51);
  CHECK(wire(config, {}, {there}).lines ==
        std::vector<std::string>{"(A) Found matching interface mine"});
  CHECK(own_interface(config.instances[0]) == "mine");

  config.instances[0].vmac.edit().name = "wanted";
  CHECK(wire(config, {}, {there}).lines.back() ==
        "(A) vmac name mismatch wanted <=> mine. changing to mine.");
  CHECK(own_interface(config.instances[0]) == "mine");
  // One that we made ourselves is made anew under the other name.
  config.instances[0].vmac.edit().name = "wanted";
  auto ours = there;
  ours.ours = true;
  CHECK(wire(config, {}, {ours}).lines.empty());
  CHECK(own_interface(config.instances[0]) == "wanted");

  for (const auto& other : {known("vrrp.51", KnownLink::Kind::private_macvlan, "eth1", kMac51),
                            known("vrrp.51", KnownLink::Kind::other_macvlan, "eth0", kMac51),
                            known("vrrp.51", KnownLink::Kind::private_macvlan, "eth0",
                                  MacAddress{{2, 0, 0, 0, 0, 1}})}) {
    config.instances[0].vmac.edit().name.clear();
    CHECK(wire(config, {}, {other}).links.size() == 1);
    CHECK(own_interface(config.instances[0]) == "vrrp1.51");
  }
}

TEST_CASE("a name that belongs to something else is given up") {
  VrrpConfig config;
  config.instances = {with_vmac("A", 51)};
  config.instances[0].vmac.edit().name = "dummy0";
  CHECK(wire(config, {}, {known("dummy0")}).lines ==
        std::vector<std::string>{"(A) VMAC interface name dummy0 already exists as a non VMAC "
                                 "interface. ignoring configured name"});
  CHECK(own_interface(config.instances[0]) == "vrrp.51");
  config.instances[0].vmac.edit().name = "old";
  const auto lines =
      wire(config, {}, {known("old", KnownLink::Kind::other_macvlan, "eth0", kMac51)}).lines;
  CHECK(lines ==
        std::vector<std::string>{
            "(A) VMAC old already exists but is incompatible. It will be deleted/updated"});
  CHECK(own_interface(config.instances[0]) == "old");
}

TEST_CASE("a VMAC on a macvlan is looked for on what that stands on") {
  VrrpConfig config;
  config.instances = {with_vmac("A", 51)};
  config.instances[0].interface = "mv0";
  const auto base = known("mv0", KnownLink::Kind::other_macvlan, "eth0");
  wire(config, {}, {base, known("x", KnownLink::Kind::private_macvlan, "eth0", kMac51)});
  CHECK(own_interface(config.instances[0]) == "x");
}

TEST_CASE("use_vmac_addr and use_vmac of an address give it a VMAC where it is") {
  VrrpConfig config;
  config.instances = {with_vmac("A", 51), instance()};
  InstanceConfig& first = config.instances[0];
  first.vmac.edit().for_addresses = true;
  first.excluded = {address("10.1.0.1", "eth1"), address("10.1.0.2", "eth1"),
                    address("2001:db8::1"), address("10.0.0.9", "eth0")};
  InstanceConfig& second = config.instances[1];
  second.vrid = VirtualRouterId(60);
  second.excluded = {address("10.2.0.1"), address("10.2.0.2")};
  second.excluded[0].use_vmac = true;
  const Wiring wiring = wire(config, {"vr", "va"}, {});
  CHECK(interface_of(first, first.addresses[0]) == "vr.51");
  CHECK(interface_of(first, first.excluded[0]) == "va.51");
  CHECK(interface_of(first, first.excluded[1]) == "va.51");
  CHECK(interface_of(first, first.excluded[2]) == "va6.51");
  CHECK(interface_of(first, first.excluded[3]) == "vr.51");
  CHECK(interface_of(second, second.excluded[0]) == "va.60");
  CHECK(interface_of(second, second.excluded[1]) == "eth0");
  CHECK(advert_interface(second) == "eth0");
  REQUIRE(wiring.links.size() == 4);
  CHECK(wiring.links[1].base == "eth1");
  CHECK(wiring.links[2].mac.to_string() == "00:00:5e:00:02:33");
  CHECK(wiring.links[0].ipv6);
  CHECK_FALSE(wiring.links[1].ipv6);
}

TEST_CASE("addresses of an ipvlan's router stay on the interface below") {
  VrrpConfig config;
  config.instances = {instance()};
  InstanceConfig& one = config.instances[0];
  one.ipvlan.edit().used = true;
  one.ipvlan.edit().address = Prefix{ip("10.0.0.77"), 24};
  one.ipvlan.edit().mode = Ipvlan::Mode::vepa;
  const Wiring wiring = wire(config, {}, {});
  REQUIRE(wiring.links.size() == 1);
  CHECK(wiring.links[0].kind == VirtualLink::Kind::ipvlan);
  CHECK(wiring.links[0].mode == Ipvlan::Mode::vepa);
  CHECK(advert_interface(one) == "vrrp.51");
  CHECK(interface_of(one, one.addresses[0]) == "eth0");

  KnownLink there = known("ipv", KnownLink::Kind::l2_ipvlan, "eth0");
  there.mode = Ipvlan::Mode::vepa;
  there.ipv4 = ip("10.0.0.77");
  one.ipvlan.edit().name.clear();
  wire(config, {}, {there});
  CHECK(own_interface(one) == "ipv");
  there.ipv4 = ip("10.0.0.78");
  one.ipvlan.edit().name.clear();
  wire(config, {}, {there});
  CHECK(own_interface(one) == "vrrp.51");
}
