#include "vrrp/announcements.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "vrrp/wiring.hpp"

namespace understudy::vrrp {
namespace {

Announcement announcement(const InstanceConfig& config, const VirtualAddress& address) {
  return {address.address, address.prefix_length, address.detect_duplicates,
          interface_of(config, address), base_of(config, address)};
}

/// Whether garp_extra_if is about the interface of this address. The instance's own one sends
/// adverts, which keep switches informed, unless they leave from the interface below.
bool is_further(const InstanceConfig& config, const VirtualAddress& address) {
  const std::string& interface = interface_of(config, address);
  const bool ours = interface != base_of(config, address);
  if (!ours && !config.garp_extra_all) return false;
  const std::string& own = own_interface(config);
  return interface != (own.empty() ? config.interface : own) || config.vmac->transmit_on_base;
}

}  // namespace

std::vector<Announcement> announcements_of(const InstanceConfig& config, const Announce& action) {
  const std::set<IpAddress> only(action.only.begin(), action.only.end());
  std::vector<Announcement> result;
  for (const auto* list : {&config.addresses, &config.excluded}) {
    for (const VirtualAddress& address : *list) {
      if (!only.empty() && !only.contains(address.address)) continue;
      result.push_back(announcement(config, address));
    }
  }
  return result;
}

std::vector<Announcement> further_interfaces(const InstanceConfig& config) {
  std::vector<Announcement> result;
  std::set<std::string_view> seen;
  for (const auto* list : {&config.addresses, &config.excluded}) {
    for (const VirtualAddress& address : *list) {
      if (!is_further(config, address) || !seen.insert(interface_of(config, address)).second) {
        continue;
      }
      result.push_back(announcement(config, address));
    }
  }
  return result;
}

Duration extra_interval(const InstanceConfig& config) {
  if (config.garp_extra_interval.count() == 0) return {};
  for (const auto* list : {&config.addresses, &config.excluded}) {
    for (const VirtualAddress& address : *list) {
      if (is_further(config, address)) return config.garp_extra_interval;
    }
  }
  return {};
}

}  // namespace understudy::vrrp
