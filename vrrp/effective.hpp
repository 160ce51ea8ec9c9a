// VRRP written back as keywords.
#pragma once

#include "parser/statement.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// The keywords that give this value, defaults included: reading them gives the same value again.
[[nodiscard]] parser::Statements effective(const VrrpConfig& config);

}  // namespace understudy::vrrp
