// A notify FIFO: a named pipe that gets a line per change, and the program that reads it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/messages.hpp"
#include "daemon/run/script.hpp"

namespace understudy::run {

/// A named pipe and its reader; an empty path is none.
struct FifoSettings {
  std::string path;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  /// The whole command, its last argument being the path; empty argv: nobody is started.
  ScriptCommand reader;
  bool operator==(const FifoSettings&) const = default;
};

/// Lines kept when the pipe is full; beyond it the oldest is dropped.
inline constexpr std::size_t kMostFifoLines = 10'000;

/// Made if it does not exist; removed at the end if we made it. Writing never blocks. A reader that
/// ends is started again, later each time it ends at once.
class Fifo {
 public:
  /// `type` is "", "vrrp_" or "lvs_", for messages.
  Fifo(Loop& loop, Log& log, ScriptRunner& scripts, std::string type, FifoSettings settings);
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;
  /// The reader is told to end; it may still read what is in the pipe.
  ~Fifo();

  /// Appends a line; `line` has no newline.
  void write(const std::string& line);
  /// The pipe has taken all lines.
  [[nodiscard]] bool idle() const { return lines_.empty(); }
  /// No more lines: the pipe is closed, so that the reader meets its end, and removed.
  void close();
  /// Whether the reader runs.
  [[nodiscard]] bool reading() const { return scripts_.running(reader_); }
  [[nodiscard]] const FifoSettings& settings() const { return settings_; }

 private:
  bool open();
  void start_reader();
  void reader_ended(ScriptEnd end, int code);
  void flush();
  void drop_oldest();

  Loop& loop_;
  Log& log_;
  ScriptRunner& scripts_;
  std::string type_;
  FifoSettings settings_;
  Fd fd_;
  std::unique_ptr<Watch> watch_;
  bool made_ = false;
  std::deque<std::string> lines_;
  /// Octets of the first line already in the pipe.
  std::size_t written_ = 0;
  std::uint64_t dropped_ = 0;
  ScriptId reader_ = 0;
  TimePoint reader_started_;
  Duration reader_delay_{};
  Timer restart_;
  /// Tells the reader's end handler that this object is gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace understudy::run
