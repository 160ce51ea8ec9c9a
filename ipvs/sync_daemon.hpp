// The kernel's threads that keep the connections of IPVS on several directors: a master multicasts
// what it learns, a backup takes it in. Values, and what has to change; no socket.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/bytes.hpp"
#include "daemon/base/result.hpp"
#include "daemon/global/config.hpp"
#include "ipvs/codec.hpp"

namespace understudy::ipvs {

/// What a daemon does (IP_VS_STATE_* in linux/ip_vs.h).
enum class SyncRole : std::uint8_t { master = 1, backup = 2 };

/// One such daemon; the kernel has at most one of each role.
struct SyncDaemon {
  SyncRole role = SyncRole::backup;
  std::string interface;
  /// A backup takes what is sent with its own number; 0: all.
  std::uint8_t id = 0;
  /// Octets of a message, port, time to live, multicast group; 0 and empty: the kernel chooses.
  std::uint16_t max_length = 0;
  std::uint16_t port = 0;
  std::uint8_t ttl = 0;
  IpAddress group;
  bool operator==(const SyncDaemon&) const = default;
};

struct StartSyncDaemon {
  SyncDaemon daemon;
  bool operator==(const StartSyncDaemon&) const = default;
};
struct StopSyncDaemon {
  SyncRole role = SyncRole::backup;
  std::uint8_t id = 0;
  bool operator==(const StopSyncDaemon&) const = default;
};
using SyncChange = std::variant<StopSyncDaemon, StartSyncDaemon>;

/// The daemon that lvs_sync_daemon describes, in one role.
[[nodiscard]] SyncDaemon sync_daemon(const SyncDaemonConfig& config, SyncRole role);

/// What makes exactly `wanted` run where `running` does: what is wrong is stopped first. `before`
/// is what was wanted last: what was asked of a daemon is not always seen from outside.
[[nodiscard]] std::vector<SyncChange> sync_changes(const std::vector<SyncDaemon>& wanted,
                                                   const std::vector<SyncDaemon>& running,
                                                   const std::vector<SyncDaemon>& before);

/// The request that makes the kernel do `change`.
[[nodiscard]] Request encode(const SyncChange& change);
/// The request that dumps what runs.
[[nodiscard]] Request encode_list_sync_daemons();
/// A daemon from the attributes of an IPVS_CMD_NEW_DAEMON message.
[[nodiscard]] Result<SyncDaemon> decode_sync_daemon(ByteView attributes);

}  // namespace understudy::ipvs
