// Loading a kernel module.
#pragma once

#include <string>

#include "daemon/base/result.hpp"

namespace understudy::ipvs {

/// Loads `name` and what it depends on, as modprobe(8) does but without running it; nothing to do
/// when the kernel has it. The error says in a few words why not.
[[nodiscard]] Result<void> load_module(const std::string& name);

}  // namespace understudy::ipvs
