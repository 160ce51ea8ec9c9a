// From what the text says about load balancing to what runs: defaults, inheritance from virtual
// server to real server to check, contradictions repaired and reported in the original's words.
#pragma once

#include "checkers/config.hpp"
#include "checkers/draft.hpp"
#include "daemon/global/config.hpp"
#include "daemon/global/script_text.hpp"
#include "parser/diagnostics.hpp"

namespace understudy::checkers {

/// Completes `draft` with the defaults of `global` and checks it.
[[nodiscard]] CheckersConfig verify(CheckersDraft draft, const GlobalConfig& global,
                                    ScriptUsers& users, parser::Diagnostics& diagnostics);

}  // namespace understudy::checkers
