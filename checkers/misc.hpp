// MISC_CHECK: a script says whether a server works, and perhaps its weight.
#pragma once

#include <string>

#include "checkers/config.hpp"
#include "checkers/probe.hpp"
#include "checkers/script_runs.hpp"

namespace understudy::checkers {

/// What the end of a script means. `line` begins as "Misc check for [R VS V] by [/bin/check]".
/// With misc_dynamic an exit status of 2 to 255 is a success and says the weight: 0 to 253.
[[nodiscard]] ProbeOutcome misc_outcome(const std::string& line, bool dynamic, ScriptEnd end,
                                        int code);

/// Runs the script.
class MiscProbe : public Probe {
 public:
  /// `runs` outlives it.
  MiscProbe(ScriptRuns& runs, const MiscCheck& check, const ProbeLabels& labels,
            ProbeReport report);
  ~MiscProbe() override;

  void start(std::size_t step) override;
  void cancel() override;

 private:
  ScriptRuns& runs_;
  ScriptCommand command_;
  Duration allowed_;
  ScriptRuns::Place place_;
};

}  // namespace understudy::checkers
