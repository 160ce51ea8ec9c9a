// Whether a process is one that is tracked. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::run {

/// Processes that are counted together (vrrp_track_process).
struct WatchedProcess {
  /// How the arguments of a process must match `parameters`.
  enum class Match : std::uint8_t {
    any,
    exact,
    /// They begin with them; of the last only the beginning must be the same.
    initial,
    /// They begin with them.
    partial,
  };
  std::string name;
  std::string command;
  std::vector<std::string> parameters;
  Match match = Match::any;
  /// `command` is the first word of the command line, not the kernel's name of the process.
  bool full_command = false;
  bool operator==(const WatchedProcess&) const = default;
};

/// Whether it counts a process of that name (/proc/PID/comm) and command line (/proc/PID/cmdline:
/// words that end in NUL).
[[nodiscard]] bool matches(const WatchedProcess& watched, std::string_view comm,
                           std::string_view command_line);

/// The name of a process in /proc/PID/stat; empty: it is a zombie, or `stat` is none.
[[nodiscard]] std::string_view name_in_stat(std::string_view stat);

}  // namespace understudy::run
