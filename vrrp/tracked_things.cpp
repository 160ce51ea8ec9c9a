#include "vrrp/tracked_things.hpp"

#include <algorithm>

#include "vrrp/dependencies.hpp"
#include "vrrp/wiring.hpp"

namespace understudy::vrrp {
namespace {

TrackedThing* find(std::vector<TrackedThing>& things, const std::string& name) {
  const auto found =
      std::ranges::find_if(things, [&](const TrackedThing& thing) { return thing.name == name; });
  return found == things.end() ? nullptr : &*found;
}

std::vector<TrackedThing> things_of(const std::vector<TrackReference>& own,
                                    const std::vector<TrackReference>* groups) {
  std::vector<TrackedThing> things;
  for (const TrackReference& reference : own) {
    things.push_back({reference.name, reference.weight.value_or(0), reference.reverse});
  }
  if (groups == nullptr) return things;
  for (const TrackReference& reference : *groups) {
    const int weight = reference.weight.value_or(0);
    if (TrackedThing* known = find(things, reference.name); known == nullptr) {
      things.push_back({reference.name, weight, reference.reverse});
    } else if (known->weight != 0) {
      known->weight = weight;
      known->reverse = reference.reverse;
    }
  }
  return things;
}

}  // namespace

ThingFinder::ThingFinder(const VrrpConfig& config)
    : config_(config), static_interfaces_(static_interfaces(config)) {
  for (const SyncGroup& group : config.groups) {
    for (const std::string& member : group.members) groups_.emplace(member, &group);
  }
}

TrackedThings ThingFinder::of(std::size_t place) const {
  const InstanceConfig& instance = config_.instances[place];
  const auto found = groups_.find(instance.name);
  const SyncGroup* group = found == groups_.end() ? nullptr : found->second;
  const auto both = [&](std::vector<TrackReference> TrackReferences::*list) {
    return things_of((*instance.track).*list,
                     group == nullptr ? nullptr : &((*group->track).*list));
  };
  return {interfaces_of(instance, group), both(&TrackReferences::scripts),
          both(&TrackReferences::files), both(&TrackReferences::processes),
          both(&TrackReferences::bfds)};
}

/// Those of track_interface, its own, and those that its addresses, routes and rules need.
std::vector<TrackedThing> ThingFinder::interfaces_of(const InstanceConfig& instance,
                                                     const SyncGroup* group) const {
  auto things =
      things_of(instance.track->interfaces, group == nullptr ? nullptr : &group->track->interfaces);
  const auto add = [&](const std::string& name) {
    if (name.empty() || (instance.dont_track_primary && name == instance.interface)) return;
    if (find(things, name) == nullptr) things.push_back({name, 0, false});
  };
  add(instance.interface);
  if (!instance.dont_track_primary) add(own_interface(instance));
  for (const std::string& name : object_interfaces(instance)) add(name);
  const auto needed = static_interfaces_.find(instance.name);
  if (needed == static_interfaces_.end()) return things;
  for (const std::string& name : needed->second) add(name);
  return things;
}

}  // namespace understudy::vrrp
