// Log lines in keepalived's form: to syslog, to the console (-l) and to a file (-g).
#pragma once

#include <fmt/format.h>
#include <syslog.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/fd.hpp"

namespace understudy {

/// Where lines go and what they are called.
struct LogOptions {
  std::string ident = "Keepalived";
  int facility = LOG_DAEMON;
  bool to_syslog = true;
  bool to_console = false;
  /// Also write lines of detail(): the daemon's -D.
  bool detailed = false;
  /// Append to this file as well; empty for none.
  std::string file;
};

/// Writes log lines. Never blocks the caller on syslog or the console: what the other side does not
/// take is dropped and counted, and the count is logged when it takes lines again.
class Log {
 public:
  explicit Log(LogOptions options);

  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    write(LOG_INFO, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    write(LOG_WARNING, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    write(LOG_ERR, fmt::format(format, std::forward<Args>(args)...));
  }
  /// Only with -D / --log-detail.
  template <typename... Args>
  void detail(fmt::format_string<Args...> format, Args&&... args) {
    if (options_.detailed) write(LOG_INFO, fmt::format(format, std::forward<Args>(args)...));
  }

  /// One line at a syslog(3) level, no trailing newline.
  void write(int level, std::string_view line);
  /// Many lines at info that should all arrive: waits for who is slow to take them, altogether at
  /// most `patience`. For a time when nothing else needs the process.
  void write_all(const std::vector<std::string>& lines, std::chrono::milliseconds patience);
  [[nodiscard]] const LogOptions& options() const { return options_; }

 private:
  void to_syslog(int level, std::string_view line);
  bool send_syslog(int level, std::string_view line);
  bool reach_syslog();
  void to_console(std::string_view line) const;
  void to_file(std::string_view line);
  void wait_until_taken(std::chrono::steady_clock::time_point limit);

  LogOptions options_;
  Fd syslog_;
  Fd file_;
  std::uint64_t dropped_ = 0;
  std::chrono::steady_clock::time_point next_look_{};
  bool console_may_block_;
};

}  // namespace understudy
