// Telling nftables what to do. It waits, so a loop leaves it to a thread.
#pragma once

#include <string>

#include "daemon/base/result.hpp"

namespace understudy::run {

/// Carries out commands of nft(8) as one transaction. libnftables is loaded for it, and unloaded
/// after: it and what it pulls in are larger than the whole of a process that calls it.
[[nodiscard]] Result<void> run_nftables(const std::string& commands);

}  // namespace understudy::run
