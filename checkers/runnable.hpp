// What of a configuration this version can run. The rest is understood and checked, and noted when
// it is read.
#pragma once

#include "checkers/config.hpp"

namespace understudy::checkers {

/// Whether checks of its kind can be made.
[[nodiscard]] bool can_run(const Check& check);
/// Whether a probe asks for it again and again; else what it watches tells.
[[nodiscard]] bool is_asked(const Check& check);

/// The virtual servers the kernel can be told of, with the checks that can be made: a real server
/// with no other checks counts as up.
[[nodiscard]] CheckersConfig runnable(CheckersConfig config);

}  // namespace understudy::checkers
