// A recording of the vrrp process: every input of its core with its time, so that a run can be
// stepped through again (understudy replay). Pure: lines to values and back.
//
// A line is a JSON object. The first of a run says what it is:
//   {"recording": 1, "version": "0.1.0", "wall_clock": NANOSECONDS, "at": NANOSECONDS}
// and all others are an input (ensemble.hpp) at a time of the monotonic clock in nanoseconds:
//   {"at": 81234567890, "input": "advert", "instance": 0, "source": "10.0.0.2", "priority": 90, …}
// A file may hold several runs one after the other. No line holds a secret: see mask.hpp.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "daemon/base/result.hpp"
#include "daemon/base/types.hpp"
#include "vrrp/config.hpp"
#include "vrrp/ensemble.hpp"

namespace understudy::vrrp {

/// The format that is written, and the only one that is read.
inline constexpr unsigned kRecordingFormat = 1;

/// How a run begins.
struct RecordingStart {
  /// Of the program that wrote it.
  std::string version;
  /// What the wall clock showed at the beginning of the monotonic clock: added to a time it gives
  /// the time since 1970-01-01 UTC.
  Duration wall_clock{};
  TimePoint at;
  bool operator==(const RecordingStart&) const = default;
};

/// One input.
struct RecordedInput {
  TimePoint at;
  /// Begin and Reload are read without `config` and `difference`: they follow from the text below.
  Input input;
  /// Of Begin and Reload: the configuration in the language of keepalived.conf(5).
  std::string configuration;
};

using RecordingLine = std::variant<RecordingStart, RecordedInput>;

/// A line, without newline.
[[nodiscard]] std::string encode(const RecordingLine& line);
/// The reverse; the error says what is wrong with the line.
[[nodiscard]] Result<RecordingLine> decode_recording_line(std::string_view line);

}  // namespace understudy::vrrp
