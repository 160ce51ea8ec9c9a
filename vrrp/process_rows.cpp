// vrrp_track_process.
#include <fmt/format.h>

#include "vrrp/keywords.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;
using Match = TrackProcess::Match;
using ProcessRows = Block<TrackProcess>;

constexpr unsigned kMostProcesses = 65535;
constexpr std::uint64_t kLongestDelay = 3600ULL * 1'000'000;
constexpr std::int64_t kHeaviest = 254;

void take_process(TrackProcess& draft, const Binding& binding) {
  draft.command = binding.argument();
  for (const Word& word : binding.arguments().subspan(1)) draft.parameters.emplace_back(word.text);
  if (draft.parameters.empty()) return;
  if (draft.match == Match::any) draft.match = Match::exact;
  draft.full_command = true;
}

void take_match(TrackProcess& draft, const Binding& binding) {
  const auto word = binding.argument();
  if (binding.arguments().empty()) {
    draft.match = Match::exact;
  } else if (word == "initial") {
    draft.match = Match::initial;
  } else if (word == "partial") {
    draft.match = Match::partial;
  } else {
    binding.error(fmt::format("Invalid param_match type {} - ignoring", word),
                  "expected initial, partial or nothing");
    return;
  }
  draft.full_command = true;
}

void take_weight(TrackProcess& draft, const Binding& binding) {
  if (draft.weight != 0) {
    binding.error(fmt::format("Weight already set for track process {} - ignoring {}", draft.name,
                              binding.argument()));
    return;
  }
  const auto weight = parse_signed(binding.argument(), -kHeaviest, kHeaviest);
  if (!weight) {
    binding.error(weight.error().message);
    binding.error(fmt::format(
        "Weight ({}) for vrrp_track_process {} must be between [-254..254] inclusive. Ignoring...",
        binding.argument(), draft.name));
    return;
  }
  draft.weight = static_cast<int>(*weight);
  if (binding.arguments().size() < 2) return;
  if (binding.argument(1) == "reverse") {
    draft.reverse = true;
  } else {
    binding.error_at(binding.arguments()[1], fmt::format("vrrp_track_process {} unknown weight "
                                                         "option {}",
                                                         draft.name, binding.argument(1)));
  }
}

void take_quorum(TrackProcess& draft, unsigned quorum, const Binding& binding) {
  if (quorum > draft.quorum_max) {
    binding.error("Quorum is greater than quorum_max - ignoring",
                  fmt::format("quorum_max is {}", draft.quorum_max));
    return;
  }
  draft.quorum = quorum;
}

void take_quorum_max(TrackProcess& draft, unsigned most, const Binding& binding) {
  // 0 (the process must not run) does not contradict a quorum that was not given.
  const bool none_wanted = most == 0 && draft.quorum <= 1;
  if (!none_wanted && most < draft.quorum) {
    binding.error("quorum_max is less than quorum - ignoring",
                  fmt::format("quorum is {}", draft.quorum));
    return;
  }
  draft.quorum_max = most;
  if (most == 0) {
    draft.quorum = 0;
  } else if (draft.quorum == 0) {
    draft.quorum = 1;
  }
}

void add_delay(ProcessRows& rows, const std::string& name, parser::RowText doc, bool fork,
               bool terminate) {
  rows.value(name, doc, decimal_seconds(1, kLongestDelay),
             [fork, terminate](TrackProcess& draft, std::chrono::microseconds value) {
               if (fork) draft.fork_delay = value;
               if (terminate) draft.terminate_delay = value;
             })
      .by_default("0")
      .invalid(name +
               " ({1}) for vrrp_track_process {2} must be between [0.000001..3600] inclusive. "
               "Ignoring...");
}

ProcessRows process_rows() {
  ProcessRows rows;
  rows.statement("process", "Command, and the arguments it must have. Required.", take_process)
      .takes("COMMAND [ARGUMENT ...]", 1, SIZE_MAX)
      .once("Process already set for track process {2} - ignoring {1}");
  rows.statement("param_match",
                 "Arguments must be the configured ones, begin with them (partial), or that and "
                 "the last one only begin so (initial).",
                 take_match)
      .takes("[initial|partial]", 0, 1)
      .by_default("exact where arguments are configured");
  rows.statement("weight",
                 "Added to the priority while there is a quorum (positive) or none (negative); 0: "
                 "no quorum is a FAULT.",
                 take_weight)
      .takes("NUMBER [reverse]", 1, 2)
      .by_default("0")
      .accepts("-254..254")
      .when_missing("No weight specified for track process {2} - ignoring");
  rows.value("quorum", "Processes there must be.", number<unsigned>(1, kMostProcesses), take_quorum)
      .by_default("1")
      .invalid(
          "Quorum ({1}) for vrrp_track_process {2} must be between [1..65535] inclusive. "
          "Ignoring...");
  rows.value("quorum_max", "Processes there may be; 0: none.", number<unsigned>(0, kMostProcesses),
             take_quorum_max)
      .by_default("any number")
      .invalid(
          "quorum_max ({1}) for vrrp_track_process {2} must be between [0..65535] inclusive. "
          "Ignoring...");
  add_delay(rows, "fork_delay", "Seconds until a new process counts.", true, false);
  add_delay(rows, "terminate_delay", "Seconds until a process that ended no longer counts.", false,
            true);
  add_delay(rows, "delay", "Both.", true, true);
  rows.flag("full_command", "Compare the command line instead of the kernel's name of the process.",
            &TrackProcess::full_command);
  return rows;
}

void close_process(VrrpDraft& section, TrackProcess& draft, const Binding& binding) {
  if (!draft.command.empty()) {
    section.process_index.emplace(draft.name, section.processes.size() - 1);
    return;
  }
  binding.report_at(Severity::error, binding.closing(),
                    fmt::format("track process '{}' process name not specified", draft.name));
  section.processes.pop_back();
}

}  // namespace

void add_process_rows(Block<VrrpDraft>& rows) {
  rows.block(
          "vrrp_track_process", "Processes whose number is tracked; comes before what tracks them.",
          process_rows(),
          [](VrrpDraft& section, const Binding& binding) {
            auto& draft = section.processes.emplace_back();
            draft.name = binding.argument();
            return &draft;
          },
          close_process)
      .takes("NAME", 1, 1)
      .adds_up()
      .reported_by(Stage::vrrp);
}

}  // namespace understudy::vrrp
