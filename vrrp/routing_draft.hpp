// What the text says about static addresses, routes and rules; part of VrrpDraft.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "vrrp/iproute_names.hpp"
#include "vrrp/routing_config.hpp"

namespace understudy::vrrp {

/// The static_… blocks, and what reading them and the virtual_… blocks needs.
struct RoutingDraft {
  /// A rule without preference gets the next lower number, by family, from here down.
  static constexpr std::uint32_t kFirstPreference = 16384;

  std::vector<StaticAddress> addresses;
  std::vector<Route> routes;
  std::vector<Rule> rules;
  /// Made when the first name is looked up.
  std::optional<IprouteNames> names;
  std::uint32_t next_preference4 = kFirstPreference;
  std::uint32_t next_preference6 = kFirstPreference;
};

}  // namespace understudy::vrrp
