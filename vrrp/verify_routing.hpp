// Completing the static addresses, routes and rules.
#pragma once

#include "parser/diagnostics.hpp"
#include "vrrp/config.hpp"
#include "vrrp/routing_draft.hpp"

namespace understudy::vrrp {

/// Moves them into `config`, whose track groups are complete: what refers to one that was removed
/// is not tracked.
void complete_static(RoutingDraft draft, VrrpConfig& config, parser::Diagnostics& diagnostics);

}  // namespace understudy::vrrp
