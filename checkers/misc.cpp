#include "checkers/misc.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace understudy::checkers {
namespace {

using Result = ProbeOutcome::Result;

ProbeOutcome failure(const std::string& line, std::string reason) {
  ProbeOutcome outcome;
  outcome.result = Result::failed;
  outcome.line = line + " failed";
  outcome.reason = std::move(reason);
  return outcome;
}

ProbeOutcome success(const std::string& line, bool dynamic, int status) {
  ProbeOutcome outcome;
  outcome.line = line + " succeeded";
  if (dynamic) outcome.weight = status == 0 ? WeightWord() : WeightWord::set(status - 2);
  return outcome;
}

}  // namespace

ProbeOutcome misc_outcome(const std::string& line, bool dynamic, ScriptEnd end, int code) {
  switch (end) {
    case ScriptEnd::exited:
      if (code == 0 || (dynamic && code >= 2)) return success(line, dynamic, code);
      return failure(line, fmt::format("(exited with status {})", code));
    case ScriptEnd::signalled:
      return failure(line, fmt::format("(due to signal {})", code));
    case ScriptEnd::not_started:
      // Refused by us, not by what the script is: that says nothing about the server.
      if (code == EAGAIN || code == ENOMEM || code == ECANCELED || code == EMFILE ||
          code == ENFILE) {
        ProbeOutcome outcome;
        outcome.result = Result::not_made;
        if (code != ECANCELED) {
          outcome.line = fmt::format("{} could not be made: {}", line, std::strerror(code));
        }
        return outcome;
      }
      return failure(line, fmt::format("(not started: {})", std::strerror(code)));
    case ScriptEnd::timed_out:
      break;
  }
  ProbeOutcome outcome;
  outcome.result = Result::failed;
  outcome.line = line + " timed out";
  outcome.mail = "=> MISC CHECK timed out on service <=";
  return outcome;
}

MiscProbe::MiscProbe(ScriptRuns& runs, const MiscCheck& check, const ProbeLabels& labels,
                     ProbeReport report)
    : runs_(runs),
      command_{check.script.argv, check.script.uid, check.script.gid},
      allowed_(check.allowed),
      place_(
          runs.open([line = fmt::format("Misc check for [{} VS {}] by [{}]", labels.server,
                                        labels.service, check.script.argv.front()),
                     dynamic = check.dynamic, report = std::move(report)](ScriptEnd end, int code) {
            report(misc_outcome(line, dynamic, end, code));
          })) {}

MiscProbe::~MiscProbe() { runs_.close(place_); }

void MiscProbe::start(std::size_t /*step*/) { runs_.run(place_, command_, allowed_); }

void MiscProbe::cancel() { runs_.abandon(place_); }

}  // namespace understudy::checkers
