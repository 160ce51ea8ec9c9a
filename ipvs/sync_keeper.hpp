// Keeps the synchronisation daemons of IPVS what is wanted (lvs_sync_daemon). Starting and stopping
// one waits for the kernel's thread, so a thread of ours does it; the loop never waits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/base/errand.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "ipvs/sync_daemon.hpp"

namespace understudy::ipvs {

/// What should run, and in which network namespace (see NamespaceVisit).
struct SyncWish {
  std::vector<SyncDaemon> daemons;
  std::optional<std::string> net_namespace;
  bool operator==(const SyncWish&) const = default;
};

/// Reads what runs and changes what differs. What the kernel refuses is said once and tried again
/// now and then.
class SyncKeeper {
 public:
  SyncKeeper(Loop& loop, Log& log);

  /// From now on exactly this runs. With nothing wanted and nothing wanted before, the kernel is
  /// not asked: daemons of others stay.
  void want(SyncWish wish);
  /// Waits until it is so, as far as the kernel does it.
  void finish();

 private:
  /// Why it is not as wanted; empty: it is.
  using Complaints = std::vector<std::string>;

  void begin();
  void ended(const Complaints& complaints);

  Loop& loop_;
  Log& log_;
  SyncWish wish_;
  /// What the errand under way, or the last one, was given.
  SyncWish begun_;
  /// It has been looked at after the first time, too: another process of ours may just have been
  /// about to stop what it ran.
  bool looked_again_ = false;
  Complaints said_;
  Timer timer_;
  Errand<Complaints> errand_;
};

}  // namespace understudy::ipvs
