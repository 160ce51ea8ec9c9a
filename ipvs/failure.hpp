// The words for a change the kernel refused.
#pragma once

#include <string>

#include "ipvs/sync_daemon.hpp"
#include "ipvs/types.hpp"

namespace understudy::ipvs {

/// keepalived's line: "IPVS cmd IP_VS_SO_SET_ADDDEST(1159) error: Service not defined(3)
/// (10.0.0.1:tcp:80 -> 10.0.0.2:80)". `code` is an errno; its meaning depends on the change.
[[nodiscard]] std::string failure_line(const Change& change, int code);
/// The same of a synchronisation daemon: "IPVS cmd IP_VS_SO_SET_STARTDAEMON(1163) error: No such
/// device(19)".
[[nodiscard]] std::string failure_line(const SyncChange& change, int code);

}  // namespace understudy::ipvs
