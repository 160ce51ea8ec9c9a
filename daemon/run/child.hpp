// What every child process is started with, and how it meets its parent.
#pragma once

#include <functional>
#include <utility>

#include "daemon/base/bytes.hpp"
#include "daemon/base/fd.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/result.hpp"
#include "daemon/global/config.hpp"
#include "daemon/run/handover.hpp"

namespace understudy::run {

/// The part of the configuration a child needs.
template <typename RoleConfig>
struct ChildConfig {
  GlobalConfig global;
  RoleConfig role;
};

/// Given to a child after fork, by value; the child owns it all. The child's main function creates
/// its own Loop, speaks Message over `channel`, sends ChildReady once it does its work, obeys
/// ReloadOrder, leaves at SIGTERM, and leaves as at SIGTERM when the channel closes (the parent
/// died).
template <typename RoleConfig>
struct ChildSetup {
  Log log;
  Fd channel;
  HandoverPage page;
  ChildConfig<RoleConfig> config;
  /// This is not the first child of its role since the daemon started, or the page is inherited
  /// from a daemon that crashed.
  bool respawned = false;
  /// Leave addresses (-V) or services (-I) in the kernel at exit.
  bool keep_at_exit = false;
  /// Decodes the content of a ReloadOrder's memfd. Called in a thread of normal priority.
  std::function<Result<ChildConfig<RoleConfig>>(ByteView expanded)> decode;
};

}  // namespace understudy::run
