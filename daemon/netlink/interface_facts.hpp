// The interfaces there are now, as far as a configuration's meaning depends on them.
#pragma once

#include <map>
#include <string>

#include "daemon/base/interface_facts.hpp"

namespace understudy::netlink {

/// By name. Empty when the kernel cannot be asked.
[[nodiscard]] std::map<std::string, InterfaceFacts> read_interfaces();

}  // namespace understudy::netlink
