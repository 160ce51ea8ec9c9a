// Load balancing written back as keywords.
#pragma once

#include "checkers/config.hpp"
#include "parser/statement.hpp"

namespace understudy::checkers {

/// The keywords that give this value, defaults included: reading them gives the same value again.
[[nodiscard]] parser::Statements effective(const CheckersConfig& config);

}  // namespace understudy::checkers
