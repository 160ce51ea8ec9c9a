// Two hosts for the vrrp process, and configurations that are quick to watch.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/network_namespace.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/vrrp_child.hpp"

/// A master down interval of 100 ms adverts, and time for a busy machine.
inline constexpr std::chrono::milliseconds kElection(3000);

/// VI_1 with 10.9.0.100, version 3, an advert every 100 ms, the second ARPs after a second.
inline understudy::vrrp::InstanceConfig fast_instance(std::uint8_t priority) {
  using namespace understudy;
  vrrp::InstanceConfig config;
  config.name = "VI_1";
  config.interface = "eth0";
  config.vrid = VirtualRouterId(51);
  config.priority = Priority(priority);
  config.version = 3;
  config.advert_interval = std::chrono::milliseconds(100);
  config.mcast_group = *IpAddress::parse("224.0.0.18");
  vrrp::VirtualAddress address;
  address.address = *IpAddress::parse("10.9.0.100");
  config.addresses = {address};
  config.garp.edit().delay = std::chrono::seconds(1);
  return config;
}

/// A configuration of just these instances.
inline VrrpChild::Config configuration(std::vector<understudy::vrrp::InstanceConfig> instances) {
  VrrpChild::Config config;
  config.role.instances = std::move(instances);
  return config;
}

/// A network with pages for both sides.
struct Site {
  NamespacePair network;
  TemporaryDirectory directory;

  [[nodiscard]] VrrpChild::Options options(char which) const {
    return {directory.path(std::string("page-") + which), false, false, {}};
  }
  [[nodiscard]] bool vip(char which) const { return network.has_address(which, "10.9.0.100"); }
};
