// What the configuration's scripts look like on this system.
#pragma once

#include <string>
#include <vector>

#include "daemon/config.hpp"

namespace understudy {

/// Says, once for each script of the configuration, why it could not be run or why running it is
/// not safe: keepalived's words, with the path component, its owner and the offending bit. What is
/// unsafe is not run while enable_script_security is on; the look is repeated before every run.
[[nodiscard]] std::vector<std::string> script_warnings(const Config& config);

}  // namespace understudy
