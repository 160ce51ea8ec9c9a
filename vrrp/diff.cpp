#include "vrrp/diff.hpp"

#include <map>
#include <string>
#include <tuple>

namespace understudy::vrrp {
namespace {

/// What makes a virtual router to its peers.
using Identity = std::tuple<std::string, VirtualRouterId, Family>;

Identity identity(const InstanceConfig& config) {
  return {config.interface, config.vrid, config.mcast_group.family()};
}

}  // namespace

InstanceDiff diff(const VrrpConfig& before, const VrrpConfig& after) {
  // Verification lets an identity occur once; were it twice, names tell them apart.
  std::multimap<Identity, std::size_t> old;
  for (std::size_t i = 0; i < before.instances.size(); ++i) {
    old.emplace(identity(before.instances[i]), i);
  }
  InstanceDiff result;
  for (std::size_t i = 0; i < after.instances.size(); ++i) {
    const InstanceConfig& config = after.instances[i];
    const auto [first, last] = old.equal_range(identity(config));
    if (first == last) {
      result.added.push_back(i);
      continue;
    }
    auto match = first;
    for (auto candidate = first; candidate != last; ++candidate) {
      if (before.instances[candidate->second].name == config.name) match = candidate;
    }
    const InstancePair pair{match->second, i};
    old.erase(match);
    (before.instances[pair.before] == config ? result.kept : result.changed).push_back(pair);
  }
  std::vector<bool> gone(before.instances.size(), false);
  for (const auto& [key, index] : old) gone[index] = true;
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (gone[i]) result.removed.push_back(i);
  }
  return result;
}

}  // namespace understudy::vrrp
