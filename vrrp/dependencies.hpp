// Which interfaces an instance needs for what it puts into the kernel, and for the static entries
// of its track groups. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// Interfaces that addresses, routes and rules of the instance name, without those whose loss does
/// not matter (no_track), each once. The instance's own interface is not among them unless an
/// address, route or rule names it.
[[nodiscard]] std::vector<std::string> object_interfaces(const InstanceConfig& instance);

/// By instance: the interfaces that static addresses, routes and rules of its track groups name,
/// each once.
[[nodiscard]] std::map<std::string, std::vector<std::string>> static_interfaces(
    const VrrpConfig& config);

}  // namespace understudy::vrrp
