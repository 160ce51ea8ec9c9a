// understudy replay: steps through a recording of the vrrp process (vrrp/recording.hpp).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.hpp"
#include "vrrp/ensemble.hpp"
#include "vrrp/recording.hpp"

namespace understudy::tool {

/// What one input came to for an instance, a sync group, or (without a name) the node.
struct ReplayedSubject {
  /// "instance", "group" or "node".
  std::string_view kind;
  std::string name;
  RouterState state = RouterState::init;
  /// Of an instance: its effective priority.
  unsigned priority = 0;
  vrrp::Actions actions;
};

/// One line of a recording, replayed.
struct ReplayedStep {
  /// Since 1970-01-01 UTC, as the recording node's clock had it when the run began.
  Duration wall_clock{};
  /// "advert from 10.0.0.2 for VI_1, priority 90".
  std::string input;
  /// Everything the input concerned, in order.
  std::vector<ReplayedSubject> subjects;
  /// The state of a subject is another than before.
  bool changed = false;
  /// It is no input, but where a run begins.
  bool begins_run = false;
};

/// Runs of the vrrp process, made again from their recording.
class Replay {
 public:
  /// Takes the next line. A line that begins a run gives a step that says so; an error tells what
  /// is wrong with the line, after which only another run can be replayed.
  [[nodiscard]] Result<ReplayedStep> step(std::string_view line);

 private:
  [[nodiscard]] Result<ReplayedStep> begin(const vrrp::RecordingStart& start);
  [[nodiscard]] Result<ReplayedStep> replay(vrrp::RecordedInput recorded);
  /// Fills in what a recording leaves out; an error if the configuration cannot be read.
  [[nodiscard]] Result<void> configure(vrrp::RecordedInput& recorded);
  [[nodiscard]] std::string describe(const vrrp::Input& input) const;
  [[nodiscard]] std::string name_of_instance(vrrp::InstanceId id) const;
  [[nodiscard]] ReplayedSubject subject(const vrrp::Subject& of) const;
  void take(const vrrp::Outcome& outcome, ReplayedStep& step);

  /// Of the present run.
  std::unique_ptr<vrrp::Ensemble> ensemble_ = std::make_unique<vrrp::Ensemble>();
  /// There was the line that begins a run, and the input that has its configuration.
  bool begun_ = false;
  bool running_ = false;
  Duration wall_clock_{};
  TimePoint last_;
  /// By kind and name.
  std::map<std::string, RouterState> known_;
};

}  // namespace understudy::tool
