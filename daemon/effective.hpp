// The whole configuration written back as keywords.
#pragma once

#include "daemon/config.hpp"
#include "parser/statement.hpp"

namespace understudy {

/// The keywords that give this value, defaults included, in an order in which what is referred to
/// comes first: reading them gives the same value again.
[[nodiscard]] parser::Statements effective(const Config& config);

}  // namespace understudy
