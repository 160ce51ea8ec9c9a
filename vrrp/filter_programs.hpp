// Telling the kernel's packet filter by the programs of iptables and IP sets. It waits, so the loop
// leaves it to a thread.
#pragma once

#include <string>
#include <vector>

#include "daemon/base/result.hpp"

namespace understudy::vrrp {

/// Runs a program found in PATH with `input` as its standard input; what it writes. An error has
/// its complaint, and code ENOENT where there is no such program.
[[nodiscard]] Result<std::string> run_program(const std::vector<std::string>& arguments,
                                              const std::string& input = {});

}  // namespace understudy::vrrp
