// Facts about this node that decide on priority and FAULT: links and scripts.
//
// Facts are kept once for the whole process and folded into a TrackingSummary per instance. A fault
// is a function of present facts, never of the order in which they came.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vrrp/config.hpp"
#include "vrrp/event.hpp"

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

/// What a fact's news came to.
struct TrackingUpdate {
  /// For the log, in the original's words.
  std::vector<std::string> lines;
  /// Summaries of instances that track it may differ now.
  bool changed = false;
};

/// The facts of one process.
class Tracking {
 public:
  /// Scripts start unknown (pending), or failed with init_fail. Interfaces start down.
  explicit Tracking(const VrrpConfig& config);

  /// An interface is up (administratively and running) or not; a missing one is down.
  TrackingUpdate link(std::string_view interface, bool up);
  /// A script ended.
  TrackingUpdate script(std::string_view name, const ScriptResult& result);

  /// A reload. What is known of a script stays known if its command is the same; a new script
  /// counts as working until it fails. Returns lines for the log.
  std::vector<std::string> reconfigure(const VrrpConfig& config);

  /// Everything known about scripts, for the page that outlives the process.
  [[nodiscard]] std::map<std::string, ScriptState, std::less<>> script_states() const;
  /// Continues from what script_states() of an earlier process said; unknown names are ignored.
  void adopt(std::string_view name, const ScriptState& state);

  /// What the facts mean for one instance now.
  [[nodiscard]] TrackingSummary summary(const InstanceConfig& instance) const;
  /// Why an instance cannot leave FAULT, one line each, "(VI_1): entering FAULT state …".
  [[nodiscard]] std::vector<std::string> faults(const InstanceConfig& instance) const;

 private:
  enum class Health : std::uint8_t { pending, presumed_up, down, up };
  struct Script {
    TrackScript config;
    ScriptState state;
    [[nodiscard]] Health health() const;
  };

  static bool succeeded(Script& script);
  static bool failed(Script& script);
  [[nodiscard]] bool is_up(std::string_view interface) const;
  void add_interfaces(const InstanceConfig& instance, TrackingSummary& sum) const;
  void add_scripts(const InstanceConfig& instance, TrackingSummary& sum) const;

  std::map<std::string, bool, std::less<>> links_;
  std::map<std::string, Script, std::less<>> scripts_;
};

}  // namespace understudy::vrrp
