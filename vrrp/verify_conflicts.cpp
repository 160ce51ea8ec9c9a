// Virtual routers that would answer each other: the same VRID on the same network.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "vrrp/verify_groups.hpp"

namespace understudy::vrrp {

namespace {

using parser::Diagnostics;
using parser::Location;
using parser::Severity;

/// The interface adverts are on: of a macvlan the one below.
std::string network_of(const VrrpDraft& draft, const InstanceConfig& instance) {
  if (instance.interface.empty()) return {};
  const InterfaceFacts facts = draft.facts(instance.interface);
  return facts.base.empty() ? instance.interface : facts.base;
}

/// Where unicast adverts come from; empty: the interface's address, whatever it will be.
std::string source_of(const VrrpDraft& draft, const InstanceConfig& instance) {
  if (!instance.mcast_source->empty()) return instance.mcast_source->to_string();
  const InterfaceFacts facts = draft.facts(instance.interface);
  const IpAddress& own = instance.family == Family::ipv4 ? facts.ipv4 : facts.ipv6;
  return own.empty() ? "of " + instance.interface : own.to_string();
}

/// Equal for instances that may conflict.
std::string key_of(const VrrpDraft& draft, const InstanceConfig& instance) {
  return instance.is_unicast()
             ? fmt::format("{} {} unicast {}", instance.vrid.value(),
                           instance.family == Family::ipv6, source_of(draft, instance))
             : fmt::format("{} {} {}", instance.vrid.value(), instance.mcast_group.to_string(),
                           network_of(draft, instance));
}

bool have_common_peer(const InstanceConfig& first, const InstanceConfig& second) {
  std::set<IpAddress> peers;
  for (const UnicastPeer& peer : first.unicast->peers) peers.insert(peer.address);
  return std::ranges::any_of(second.unicast->peers,
                             [&](const UnicastPeer& peer) { return peers.contains(peer.address); });
}

/// What is said of two instances with the same key; empty: nothing.
std::string describe(const VrrpDraft& draft, const InstanceConfig& first,
                     const InstanceConfig& second) {
  if (!first.is_unicast()) {
    return fmt::format("{} and {} both use VRID {} with IPv{} on interface {}", first.name,
                       second.name, first.vrid.value(), first.family == Family::ipv6 ? 6 : 4,
                       network_of(draft, first));
  }
  const bool apart =
      !first.interface.empty() && !second.interface.empty() && first.interface != second.interface;
  if (apart || !have_common_peer(first, second)) return {};
  return fmt::format("({}) duplicate VRID conflict with {} VRID {}", first.name, second.name,
                     first.vrid.value());
}

}  // namespace

std::string find_conflicts(const VrrpDraft& draft, const VrrpConfig& config,
                           Diagnostics& diagnostics) {
  std::unordered_map<std::string, std::vector<std::size_t>> alike;
  for (std::size_t at = 0; at < config.instances.size(); ++at) {
    alike[key_of(draft, config.instances[at])].push_back(at);
  }
  if (alike.size() == config.instances.size()) return {};
  std::string first_conflict;
  for (std::size_t at = 0; at < config.instances.size(); ++at) {
    const InstanceConfig& first = config.instances[at];
    const auto& others = alike[key_of(draft, first)];
    for (auto other = std::ranges::upper_bound(others, at); other != others.end(); ++other) {
      // Enough has been said: comparing all pairs of many thousands would take minutes.
      if (diagnostics.full()) return first_conflict;
      auto message = describe(draft, first, config.instances[*other]);
      if (message.empty()) continue;
      diagnostics.add(Severity::error, Location{}, message);
      if (first_conflict.empty()) first_conflict = std::move(message);
    }
  }
  return first_conflict;
}

}  // namespace understudy::vrrp
