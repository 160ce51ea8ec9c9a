// What every child process is started with, and how it meets its parent.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "daemon/base/bytes.hpp"
#include "daemon/base/fd.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/result.hpp"
#include "daemon/global/config.hpp"
#include "daemon/run/handover.hpp"

namespace understudy::run {

/// A text that has been decoded, to decode the next one against it; empty: none.
struct TextBefore {
  ByteView text;
  /// See ChildConfig.
  std::span<const std::uint32_t> places = {};
};

/// Something of a configuration that is left empty in it, because it is that of the one before.
struct Unchanged {
  std::uint32_t index = 0;
  std::uint32_t index_before = 0;
  bool operator==(const Unchanged&) const = default;
};

/// The part of the configuration a child needs.
template <typename RoleConfig>
struct ChildConfig {
  GlobalConfig global;
  RoleConfig role;
  /// Of each unit of its text that has virtual servers, where the one it has is; only what decodes
  /// the next text against it makes anything of them.
  std::vector<std::uint32_t> places = {};
  std::vector<Unchanged> unchanged = {};
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
  std::function<Result<ChildConfig<RoleConfig>>(ByteView expanded, const TextBefore& before)>
      decode;
  /// The sealed text that `config` is from.
  Fd text = {};
};

}  // namespace understudy::run
