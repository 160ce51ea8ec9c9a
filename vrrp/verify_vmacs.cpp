// Virtual routers that would have one virtual interface between them without being a group.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "vrrp/verify_groups.hpp"

namespace understudy::vrrp {

namespace {

using parser::Diagnostics;
using parser::Location;
using parser::Severity;

/// Who is on a virtual interface.
struct User {
  std::size_t instance = 0;
  /// nullptr: the instance itself.
  const VirtualAddress* address = nullptr;
};
/// By what makes an interface another one.
using Users = std::map<std::string, std::vector<User>>;

std::string interface_of(const InstanceConfig& instance, Family family, const std::string& base) {
  std::string key =
      fmt::format("{} {} {}", instance.vrid.value(), family == Family::ipv6 ? 6 : 4, base);
  if (instance.vmac->address) {
    for (const auto octet : *instance.vmac->address) key += fmt::format(":{:02x}", octet);
  }
  return key;
}

bool is_on_vmac(const InstanceConfig& instance, const VirtualAddress& address) {
  const bool elsewhere = !address.device->empty() && *address.device != instance.interface;
  const bool other = elsewhere || address.address.family() != instance.family;
  return other ? instance.vmac->for_addresses || address.use_vmac
               : instance.vmac->used || address.use_vmac;
}

void add_addresses(Users& users, std::size_t at, const InstanceConfig& instance,
                   const std::vector<VirtualAddress>& addresses) {
  for (const VirtualAddress& address : addresses) {
    if (!is_on_vmac(instance, address)) continue;
    const std::string& base = address.device->empty() ? instance.interface : *address.device;
    users[interface_of(instance, address.address.family(), base)].push_back({at, &address});
  }
}

Users find_users(const VrrpConfig& config) {
  Users users;
  for (std::size_t at = 0; at < config.instances.size(); ++at) {
    const InstanceConfig& instance = config.instances[at];
    if (instance.vmac->used) {
      users[interface_of(instance, instance.family, instance.interface)].push_back({at, nullptr});
    }
    add_addresses(users, at, instance, instance.addresses);
    add_addresses(users, at, instance, instance.excluded);
  }
  return users;
}

/// What is said of `later` because of `earlier`; empty: nothing.
std::string describe(const VrrpConfig& config, const User& later, const User& earlier) {
  if (earlier.address == nullptr) return {};
  const std::string& name = config.instances[later.instance].name;
  const std::string& other = config.instances[earlier.instance].name;
  if (later.address == nullptr) {
    return fmt::format("({}) VIP/eVIP {} uses same VMAC as VRRP instance {}, disabling {}", other,
                       text_of(*earlier.address), name, name);
  }
  return fmt::format(
      "({}) VIP/eVIP {} uses same VMAC as VRRP instance {} VIP/eVIP {}, disabling {}", other,
      text_of(*later.address), name, text_of(*earlier.address), name);
}

}  // namespace

void disable_vmac_conflicts(const Membership& membership, Diagnostics& diagnostics,
                            VrrpConfig& config) {
  const auto share_group = [&](std::size_t first, std::size_t second) {
    const std::size_t group = membership.group_of[first];
    return group != Membership::kNone && group == membership.group_of[second];
  };
  for (const auto& [key, users] : find_users(config)) {
    for (auto later = users.begin(); later != users.end(); ++later) {
      for (auto earlier = users.begin(); earlier != later; ++earlier) {
        if (diagnostics.full()) return;
        if (earlier->instance == later->instance ||
            share_group(earlier->instance, later->instance)) {
          continue;
        }
        auto message = describe(config, *later, *earlier);
        if (message.empty()) continue;
        diagnostics.add(Severity::error, Location{}, std::move(message));
        config.instances[later->instance].disabled = true;
      }
    }
  }
}

}  // namespace understudy::vrrp
