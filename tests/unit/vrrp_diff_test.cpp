// vrrp/diff: which virtual routers a reload keeps, changes, adds and removes.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/diff.hpp"

using namespace understudy;
using namespace understudy::vrrp;

namespace {

InstanceConfig router(const char* name, std::uint8_t vrid, unsigned char priority = 100) {
  InstanceConfig config = instance();
  config.name = name;
  config.vrid = VirtualRouterId(vrid);
  config.priority = Priority(priority);
  return config;
}

VrrpConfig of(std::vector<InstanceConfig> instances) {
  VrrpConfig config;
  config.instances = std::move(instances);
  return config;
}

}  // namespace

TEST_CASE("kept, changed, added and removed, in any order") {
  const auto before = of({router("A", 1), router("B", 2), router("C", 3)});
  const auto after = of({router("D", 4), router("B", 2, 90), router("A", 1)});
  CHECK(diff(before, after) == InstanceDiff{{{0, 2}}, {{1, 1}}, {2}, {0}});
  CHECK(diff(before, before) == InstanceDiff{{{0, 0}, {1, 1}, {2, 2}}, {}, {}, {}});
}

TEST_CASE("a new name for the same virtual router changes it, it does not go away") {
  CHECK(diff(of({router("old", 1)}), of({router("new", 1)})) == InstanceDiff{{}, {{0, 0}}, {}, {}});
}

TEST_CASE("another VRID, interface or family under the same name is another virtual router") {
  const auto before = of({router("A", 1)});
  auto moved = router("A", 1);
  moved.interface = "eth1";
  auto other_family = router("A", 1);
  other_family.mcast_group = ip("ff02::12");
  for (const auto& instance : {router("A", 2), moved, other_family}) {
    CHECK(diff(before, of({instance})) == InstanceDiff{{}, {}, {0}, {0}});
  }
}
