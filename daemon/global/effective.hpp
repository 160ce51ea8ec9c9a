// global_defs and the top level written back as keywords.
#pragma once

#include "daemon/global/config.hpp"
#include "parser/statement.hpp"

namespace understudy {

/// The keywords that give this value, defaults included: reading them gives the same value again.
[[nodiscard]] parser::Statements effective(const GlobalConfig& config);

}  // namespace understudy
