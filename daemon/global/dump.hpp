// global_defs in the format of keepalived's -d and of its data files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/global/config.hpp"
#include "daemon/global/dump_lines.hpp"

namespace understudy {

/// How a process is scheduled where the configuration leaves it open.
struct DefaultScheduling {
  unsigned rt_priority = 0;
  std::uint64_t rlimit_rttime_us = 10'000;
};

/// What the section shows besides the configuration.
struct GlobalDumpFacts {
  /// It is the vrrp process that speaks: only that one knows interfaces and instances.
  bool vrrp_process = false;
  std::uint16_t umask = 0177;
  DefaultScheduling vrrp_default;
  DefaultScheduling checker_default;
  DefaultScheduling bfd_default;
  /// Of this process, while it is real-time.
  std::optional<unsigned> current_rt_priority;
  std::optional<std::uint64_t> current_rlimit_rttime_us;
  /// "2026-11-21 08:00:00", from the file of reload_time_file; empty: none.
  std::string scheduled_reload;
  FindScript find_script;
};

/// "------< Global definitions >------" and what follows.
[[nodiscard]] std::vector<std::string> dump(const GlobalConfig& config,
                                            const GlobalDumpFacts& facts);

}  // namespace understudy
