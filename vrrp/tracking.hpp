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
#include "vrrp/script_state.hpp"

namespace understudy::vrrp {

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
  struct Script {
    TrackScript config;
    ScriptState state;
  };

  [[nodiscard]] bool is_up(std::string_view interface) const;
  void add_interfaces(const InstanceConfig& instance, TrackingSummary& sum) const;
  void add_scripts(const InstanceConfig& instance, TrackingSummary& sum) const;

  std::map<std::string, bool, std::less<>> links_;
  std::map<std::string, Script, std::less<>> scripts_;
};

}  // namespace understudy::vrrp
