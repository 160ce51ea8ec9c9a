// What is known of a tracking script: its last results, counted by rise and fall.
//
// Pure: a value, and functions of it and the script's configuration.
#pragma once

#include <cstdint>

#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// How a script's run ended.
struct ScriptResult {
  enum class How : std::uint8_t { exited, signalled, timed_out };
  How how = How::exited;
  /// Exit status or signal number.
  int code = 0;
  [[nodiscard]] bool success() const { return how == How::exited && code == 0; }
  bool operator==(const ScriptResult&) const = default;
};

/// What is known of a script; survives a reload and a respawn.
struct ScriptState {
  /// Successes towards up: 0 … rise - 1 is down, rise … rise + fall - 1 is up.
  unsigned score = 0;
  /// It has ended once, or init_fail says what to assume until it does.
  bool known = false;
  /// New at a reload: not taken for failed before it has failed, lest a reload costs a failover.
  bool presumed_up = false;
  int last_status = 0;
  /// It has really ended once.
  bool ran = false;
  bool operator==(const ScriptState&) const = default;
};

/// What a script's state means.
enum class ScriptHealth : std::uint8_t { pending, presumed_up, down, up };
[[nodiscard]] ScriptHealth health(const TrackScript& config, const ScriptState& state);

/// Before the first run; at a reload a new script counts as working until it fails.
[[nodiscard]] ScriptState initial_state(const TrackScript& config, bool at_reload);
/// A known state under another rise and fall: as far above or below the line as before.
[[nodiscard]] ScriptState rescaled(const ScriptState& state, const TrackScript& before,
                                   const TrackScript& after);
/// A state of another process, whose configuration may have had another rise and fall.
[[nodiscard]] ScriptState adopted(const TrackScript& config, const ScriptState& state);
/// Counts a result; true when it brings the script up or down, or is the first.
bool count(const TrackScript& config, const ScriptResult& result, ScriptState& state);

}  // namespace understudy::vrrp
