// What a reload means for the virtual routers.
#pragma once

#include <cstddef>
#include <vector>

#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// One virtual router in both configurations, as positions in their `instances`.
struct InstancePair {
  std::size_t before = 0;
  std::size_t after = 0;
  bool operator==(const InstancePair&) const = default;
};

/// Every instance of both configurations, exactly once.
struct InstanceDiff {
  /// Nothing differs: do nothing.
  std::vector<InstancePair> kept;
  /// The same virtual router, configured otherwise (perhaps renamed): Reconfigured.
  std::vector<InstancePair> changed;
  /// Positions in the old configuration: Stopped.
  std::vector<std::size_t> removed;
  /// Positions in the new configuration: Started.
  std::vector<std::size_t> added;
  bool operator==(const InstanceDiff&) const = default;
};

/// Instances correspond by name where interface, VRID and address family are the same too, else by
/// those three alone: they are what a virtual router is to its peers, and a new name must not make
/// it give up its addresses. A name that moves to another interface, VRID or family is one virtual
/// router removed and one added.
[[nodiscard]] InstanceDiff diff(const VrrpConfig& before, const VrrpConfig& after);

}  // namespace understudy::vrrp
