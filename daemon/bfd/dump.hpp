// bfd_instance blocks in the format of keepalived's -d.
#pragma once

#include <string>
#include <vector>

#include "daemon/bfd/config.hpp"

namespace understudy::bfd {

/// "------< BFD Topology >------" and what follows; nothing without sessions. Of a session's state
/// the original says nothing here.
[[nodiscard]] std::vector<std::string> dump(const BfdConfig& config);

}  // namespace understudy::bfd
