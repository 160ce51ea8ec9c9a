// Which of the configured virtual routers this version can run.
#pragma once

#include <string>

#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// Why this version does not run it; empty: it does.
[[nodiscard]] std::string why_not_runnable(const InstanceConfig& instance);

/// The same without the instances that are not run.
[[nodiscard]] VrrpConfig runnable(VrrpConfig config);

}  // namespace understudy::vrrp
