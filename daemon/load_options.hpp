// Where and as whom a program of ours reads the configuration.
#pragma once

#include "daemon/config.hpp"
#include "daemon/options.hpp"

namespace understudy {

/// All but the interfaces.
[[nodiscard]] LoadOptions load_options(const Options& options);
/// With the interfaces that exist now, for load_config().
[[nodiscard]] LoadOptions with_interfaces(LoadOptions load);

}  // namespace understudy
