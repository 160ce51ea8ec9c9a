// The configuration of VRRP as a recording has it (vrrp/recording.hpp).
#pragma once

#include <string>

#include "vrrp/config.hpp"

namespace understudy {

/// The text that, read as a file of its own, gives this value again: with a definition for each
/// thing it refers to that is defined elsewhere.
[[nodiscard]] std::string recorded_text(const vrrp::VrrpConfig& config);

}  // namespace understudy
