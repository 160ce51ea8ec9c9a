// Loading a kernel module.
#pragma once

#include <string>

#include "daemon/base/result.hpp"

namespace understudy::ipvs {

/// Loads `name` and what it depends on, as modprobe(8) does but without running it. The error says
/// in a few words why not.
[[nodiscard]] Result<void> load_module(const std::string& name);

/// Loads the module of a scheduler ("wlc": ip_vs_wlc); false when it cannot be loaded.
[[nodiscard]] bool load_scheduler(const std::string& scheduler);

}  // namespace understudy::ipvs
