// What an instance tracks, by its own configuration, its sync group's and that of what it puts into
// the kernel: each thing once. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// A thing and what it is worth to one instance.
struct TrackedThing {
  std::string name;
  /// 0: it decides on FAULT.
  int weight = 0;
  bool reverse = false;
  bool operator==(const TrackedThing&) const = default;
};

/// All things one instance tracks.
struct TrackedThings {
  std::vector<TrackedThing> interfaces;
  std::vector<TrackedThing> scripts;
  std::vector<TrackedThing> files;
  std::vector<TrackedThing> processes;
  std::vector<TrackedThing> bfds;
};

/// Names of the things of one kind that any instance or sync group refers to.
[[nodiscard]] std::set<std::string> referred_to(const VrrpConfig& config,
                                                std::vector<TrackReference> TrackReferences::*kind);

/// Finds what each instance of one configuration tracks.
class ThingFinder {
 public:
  /// `config` outlives the finder.
  explicit ThingFinder(const VrrpConfig& config);
  /// Of the instance at `place` in the configuration. A thing that its group tracks too has the
  /// group's weight, unless it decides on FAULT for the instance.
  [[nodiscard]] TrackedThings of(std::size_t place) const;
  /// Every interface that any instance tracks.
  [[nodiscard]] std::set<std::string> interfaces() const;

 private:
  [[nodiscard]] std::vector<TrackedThing> interfaces_of(const InstanceConfig& instance,
                                                        const SyncGroup* group) const;

  const VrrpConfig& config_;
  /// By name of the instance.
  std::map<std::string, const SyncGroup*, std::less<>> groups_;
  std::map<std::string, std::vector<std::string>> static_interfaces_;
};

}  // namespace understudy::vrrp
