#include "vrrp/dump_parts.hpp"
#include "vrrp/wiring.hpp"

namespace understudy::vrrp {
namespace {

/// The original's weight of an interface an instance uses but does not depend on.
constexpr int kNotTracked = 255;

template <typename Things>
std::unordered_map<std::string, DumpWeight> weights_of(const Things& things) {
  std::unordered_map<std::string, DumpWeight> weights;
  for (const auto& thing : things) {
    weights.try_emplace(thing.name, DumpWeight{thing.weight, thing.reverse});
  }
  return weights;
}

}  // namespace

DumpContext::DumpContext(const VrrpConfig& vrrp, const GlobalConfig& globals,
                         const DumpFacts& known)
    : config(vrrp),
      global(globals),
      facts(known),
      script_weights(weights_of(vrrp.scripts)),
      file_weights(weights_of(globals.track_files)),
      process_weights(weights_of(vrrp.processes)),
      bfd_weights(weights_of(known.bfds)) {
  for (const auto& interface : facts.interfaces) interfaces.emplace(interface.name, &interface);
  for (const auto& instance : config.instances) {
    follow_own(instance);
    follow(*instance.track, instance.name);
  }
  for (const auto& group : config.groups) {
    for (const auto& member : group.members) {
      group_of.emplace(member, group.name);
      follow(*group.track, member);
      for (const auto& reference : group.track->interfaces) {
        const auto [value, reverse] = weight(reference, {});
        interface_followers.add(reference.name, member, value, reverse);
      }
    }
  }
  follow_statics();
}

DumpWeight DumpContext::weight(const TrackReference& reference,
                               const std::unordered_map<std::string, DumpWeight>& things) const {
  if (reference.weight) return {*reference.weight, reference.reverse};
  const auto found = things.find(reference.name);
  return found == things.end() ? DumpWeight() : found->second;
}

/// Its interfaces: those it names, its own, and those of its addresses, routes and rules.
void DumpContext::follow_own(const InstanceConfig& instance) {
  const auto follow_device = [&](const std::string& device, int value = 0, bool reverse = false) {
    if (!device.empty()) interface_followers.add(device, instance.name, value, reverse);
  };
  for (const auto& reference : instance.track->interfaces) {
    const auto [value, reverse] = weight(reference, {});
    follow_device(reference.name, value, reverse);
  }
  for (const std::string* own : {&instance.interface, &own_interface(instance)}) {
    follow_device(*own, instance.dont_track_primary ? kNotTracked : 0);
  }
  for (const auto* addresses : {&instance.addresses, &instance.excluded}) {
    for (const auto& address : *addresses) {
      const bool own = address.device->empty() || *address.device == instance.interface;
      if (address.no_track || (own && instance.dont_track_primary)) continue;
      follow_device(own ? instance.interface : *address.device);
      follow_device(*address.vmac);
    }
  }
  for (const auto& route : instance.routes) {
    if (!route.no_track) follow_device(route.device);
  }
  for (const auto& rule : instance.rules) {
    if (rule.no_track) continue;
    follow_device(rule.input_device);
    follow_device(rule.output_device);
  }
}

/// What is no interface.
void DumpContext::follow(const TrackReferences& references, const std::string& instance) {
  const auto follow_all = [&](const std::vector<TrackReference>& all, const auto& things,
                              Followers& followers) {
    for (const auto& reference : all) {
      const auto [value, reverse] = weight(reference, things);
      followers.add(reference.name, instance, value, reverse);
    }
  };
  follow_all(references.scripts, script_weights, script_followers);
  follow_all(references.files, file_weights, file_followers);
  follow_all(references.processes, process_weights, process_followers);
  follow_all(references.bfds, bfd_weights, bfd_followers);
}

/// Interfaces of static things that a track_group makes its instances depend on.
void DumpContext::follow_statics() {
  std::unordered_map<std::string, const TrackGroup*> groups;
  for (const auto& group : config.track_groups) groups.emplace(group.name, &group);
  const auto follow_device = [&](const std::string& group, const std::string& device) {
    const auto found = groups.find(group);
    if (found == groups.end() || device.empty()) return;
    for (const auto& member : found->second->members) {
      interface_followers.add(device, member, 0, false);
    }
  };
  for (const auto& entry : config.static_addresses) {
    follow_device(entry.track_group, *entry.address.device);
  }
  for (const auto& route : config.static_routes) follow_device(route.track_group, route.device);
  for (const auto& rule : config.static_rules) follow_device(rule.track_group, rule.input_device);
}

}  // namespace understudy::vrrp
