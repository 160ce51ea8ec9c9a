// Telling the kernel's packet filter: libnftables, and the programs of iptables and IP sets. All of
// it waits, so the loop leaves it to a thread.
#pragma once

#include <string>
#include <vector>

#include "daemon/base/result.hpp"

namespace understudy::vrrp {

/// Carries out commands of nft(8) as one transaction. libnftables is loaded for it, and unloaded
/// after: it and what it pulls in are larger than the whole of this process.
[[nodiscard]] Result<void> run_nftables(const std::string& commands);

/// Runs a program found in PATH with `input` as its standard input; what it writes. An error has
/// its complaint, and code ENOENT where there is no such program.
[[nodiscard]] Result<std::string> run_program(const std::vector<std::string>& arguments,
                                              const std::string& input = {});

}  // namespace understudy::vrrp
