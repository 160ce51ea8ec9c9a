#include "vrrp/tracked_things.hpp"

#include <algorithm>
#include <utility>

#include "vrrp/dependencies.hpp"
#include "vrrp/wiring.hpp"

namespace understudy::vrrp {
namespace {

/// Interfaces have no weight of their own; references to files and BFD sessions always have one.
const std::vector<TrackScript> kWithoutWeight;

TrackedThing* find(std::vector<TrackedThing>& things, const std::string& name) {
  const auto found =
      std::ranges::find_if(things, [&](const TrackedThing& thing) { return thing.name == name; });
  return found == things.end() ? nullptr : &*found;
}

/// A thing that has a weight of its own, for references that give none.
template <typename Configured>
TrackedThing resolved(const TrackReference& reference, const std::vector<Configured>& configured) {
  if (reference.weight) return {reference.name, *reference.weight, reference.reverse};
  const auto found = std::ranges::find(configured, reference.name, &Configured::name);
  if (found == configured.end()) return {reference.name, 0, reference.reverse};
  return {reference.name, found->weight, found->reverse};
}

/// The references of an instance and, if it is in one, of its group.
template <typename Configured>
std::vector<TrackedThing> things_of(const std::vector<TrackReference>& own,
                                    const std::vector<TrackReference>* groups,
                                    const std::vector<Configured>& configured) {
  std::vector<TrackedThing> things;
  for (const TrackReference& reference : own) things.push_back(resolved(reference, configured));
  if (groups == nullptr) return things;
  for (const TrackReference& reference : *groups) {
    TrackedThing thing = resolved(reference, configured);
    if (TrackedThing* known = find(things, reference.name); known == nullptr) {
      things.push_back(std::move(thing));
    } else if (known->weight != 0) {
      *known = std::move(thing);
    }
  }
  return things;
}

}  // namespace

std::set<std::string> referred_to(const VrrpConfig& config,
                                  std::vector<TrackReference> TrackReferences::*kind) {
  std::set<std::string> names;
  const auto add = [&](const TrackReferences& track) {
    for (const TrackReference& reference : track.*kind) names.insert(reference.name);
  };
  for (const InstanceConfig& instance : config.instances) add(*instance.track);
  for (const SyncGroup& group : config.groups) add(*group.track);
  return names;
}

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
  const auto both = [&](std::vector<TrackReference> TrackReferences::*list,
                        const auto& configured) {
    return things_of((*instance.track).*list, group == nullptr ? nullptr : &((*group->track).*list),
                     configured);
  };
  return {interfaces_of(instance, group), both(&TrackReferences::scripts, config_.scripts),
          both(&TrackReferences::files, kWithoutWeight),
          both(&TrackReferences::processes, config_.processes),
          both(&TrackReferences::bfds, kWithoutWeight)};
}

std::set<std::string> ThingFinder::interfaces() const {
  std::set<std::string> names;
  for (const InstanceConfig& instance : config_.instances) {
    const auto found = groups_.find(instance.name);
    for (auto& thing : interfaces_of(instance, found == groups_.end() ? nullptr : found->second)) {
      names.insert(std::move(thing.name));
    }
  }
  return names;
}

/// Those of track_interface, its own, and those that its addresses, routes and rules need.
std::vector<TrackedThing> ThingFinder::interfaces_of(const InstanceConfig& instance,
                                                     const SyncGroup* group) const {
  auto things = things_of(instance.track->interfaces,
                          group == nullptr ? nullptr : &group->track->interfaces, kWithoutWeight);
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
