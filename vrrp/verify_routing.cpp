#include "vrrp/verify_routing.hpp"

#include <fmt/format.h>

#include <string_view>
#include <unordered_set>
#include <utility>

namespace understudy::vrrp {

namespace {

using parser::Diagnostics;
using parser::Location;
using parser::Severity;
using Names = std::unordered_set<std::string_view>;

/// Of an entry with a group: whether both say the same about tracking.
void settle(std::string& group, bool no_track, std::string_view what, const Names& groups,
            Diagnostics& diagnostics) {
  if (group.empty()) return;
  if (!groups.contains(group)) {
    group.clear();
  } else if (no_track) {
    diagnostics.add(
        Severity::note, Location{},
        fmt::format("Static {} has both track_group and no_track set - not tracking", what));
  }
}

}  // namespace

void complete_static(RoutingDraft draft, VrrpConfig& config, Diagnostics& diagnostics) {
  Names groups;
  for (const auto& group : config.track_groups) groups.insert(group.name);
  for (auto& entry : draft.addresses) {
    settle(entry.track_group, entry.address.no_track, "address", groups, diagnostics);
  }
  for (auto& route : draft.routes) {
    settle(route.track_group, route.no_track, "route", groups, diagnostics);
  }
  for (auto& rule : draft.rules) {
    settle(rule.track_group, rule.no_track, "rule", groups, diagnostics);
  }
  config.static_addresses = std::move(draft.addresses);
  config.static_routes = std::move(draft.routes);
  config.static_rules = std::move(draft.rules);
}

}  // namespace understudy::vrrp
