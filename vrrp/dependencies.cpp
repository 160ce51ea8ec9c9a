#include "vrrp/dependencies.hpp"

#include <algorithm>

namespace understudy::vrrp {
namespace {

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (name.empty() || std::ranges::find(names, name) != names.end()) return;
  names.push_back(name);
}

}  // namespace

std::vector<std::string> object_interfaces(const InstanceConfig& instance) {
  std::vector<std::string> names;
  for (const auto* list : {&instance.addresses, &instance.excluded}) {
    for (const VirtualAddress& address : *list) {
      if (!address.no_track) add_once(names, *address.device);
    }
  }
  for (const Route& route : instance.routes) {
    if (!route.no_track) add_once(names, route.device);
  }
  for (const Rule& rule : instance.rules) {
    if (rule.no_track) continue;
    add_once(names, rule.input_device);
    add_once(names, rule.output_device);
  }
  return names;
}

std::map<std::string, std::vector<std::string>> static_interfaces(const VrrpConfig& config) {
  std::map<std::string, std::vector<std::string>> of_group;
  for (const StaticAddress& entry : config.static_addresses) {
    if (!entry.address.no_track) add_once(of_group[entry.track_group], *entry.address.device);
  }
  for (const Route& route : config.static_routes) {
    if (!route.no_track) add_once(of_group[route.track_group], route.device);
  }
  for (const Rule& rule : config.static_rules) {
    if (!rule.no_track) add_once(of_group[rule.track_group], rule.input_device);
  }
  std::map<std::string, std::vector<std::string>> of_instance;
  for (const TrackGroup& group : config.track_groups) {
    const auto found = of_group.find(group.name);
    if (found == of_group.end()) continue;
    for (const std::string& member : group.members) {
      for (const std::string& name : found->second) add_once(of_instance[member], name);
    }
  }
  return of_instance;
}

}  // namespace understudy::vrrp
