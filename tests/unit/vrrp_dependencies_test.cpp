// Which interfaces an instance depends on because of what it holds.
#include <catch2/catch.hpp>

#include "vrrp/dependencies.hpp"

using namespace understudy;
using namespace understudy::vrrp;

namespace {

using Names = std::vector<std::string>;

vrrp::Route route_by(const std::string& device, bool no_track = false) {
  vrrp::Route route;
  route.device = device;
  route.no_track = no_track;
  return route;
}

}  // namespace

TEST_CASE("an instance depends on the interfaces its addresses, routes and rules name") {
  InstanceConfig config;
  config.interface = "eth0";
  CHECK(object_interfaces(config).empty());
  VirtualAddress address;
  config.addresses.push_back(address);
  address.device = "eth1";
  config.excluded.push_back(address);
  config.routes = {route_by("eth2"), route_by("eth1"), route_by(""), route_by("eth9", true)};
  vrrp::Rule rule;
  rule.input_device = "eth3";
  rule.output_device = "eth4";
  config.rules = {rule};
  CHECK(object_interfaces(config) == Names{"eth1", "eth2", "eth3", "eth4"});
  config.rules[0].no_track = true;
  config.excluded[0].no_track = true;
  CHECK(object_interfaces(config) == Names{"eth2", "eth1"});
}

TEST_CASE("members of a track_group depend on the interfaces of its static entries") {
  VrrpConfig config;
  config.track_groups = {{"G", {"A", "B"}}, {"H", {"B"}}, {"I", {"C"}}};
  StaticAddress address;
  address.address.device = "eth1";
  address.track_group = "G";
  config.static_addresses = {address};
  config.static_routes = {route_by("eth2"), route_by("eth3", true), route_by("eth4")};
  config.static_routes[0].track_group = "H";
  config.static_routes[1].track_group = "H";
  vrrp::Rule rule;
  rule.input_device = "eth5";
  rule.output_device = "eth6";
  rule.track_group = "G";
  config.static_rules = {rule};
  const std::map<std::string, Names> expected{{"A", {"eth1", "eth5"}},
                                              {"B", {"eth1", "eth5", "eth2"}}};
  CHECK(static_interfaces(config) == expected);
}
