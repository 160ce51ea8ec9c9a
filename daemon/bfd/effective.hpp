// The BFD sessions written back as keywords.
#pragma once

#include "daemon/bfd/config.hpp"
#include "parser/statement.hpp"

namespace understudy::bfd {

/// The keywords that give this value, defaults included: reading them gives the same value again.
[[nodiscard]] parser::Statements effective(const BfdConfig& config);

}  // namespace understudy::bfd
