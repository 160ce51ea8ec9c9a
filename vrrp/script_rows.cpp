// vrrp_script.
#include <fmt/format.h>

#include <limits>
#include <utility>

#include "vrrp/keywords.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;
using namespace std::chrono_literals;
using ScriptRows = Block<TrackScriptDraft>;

constexpr std::uint64_t kLongestMicroseconds = 4294'000'000;
constexpr unsigned kLongestCount = std::numeric_limits<std::int32_t>::max();

/// interval and timeout: 0 is diagnosed and becomes a second.
auto positive(std::chrono::microseconds TrackScript::*member, std::string what) {
  return [member, what](TrackScriptDraft& draft, std::chrono::microseconds value,
                        const Binding& binding) {
    if (value == 0us) {
      binding.error(fmt::format("({}): vrrp script {} must be greater than 0, setting to 1",
                                draft.script.name, what));
      value = 1s;
    }
    draft.script.*member = value;
  };
}

auto count(unsigned TrackScript::*member) {
  return [member](TrackScriptDraft& draft, unsigned value) { draft.script.*member = value; };
}

void take_weight(TrackScriptDraft& draft, const Binding& binding) {
  constexpr std::int64_t kLimit = 253;
  const auto weight = parse_signed(binding.argument(), -kLimit, kLimit);
  if (weight) {
    draft.script.weight = static_cast<int>(*weight);
  } else {
    binding.error(weight.error().message);
    binding.error(fmt::format("vrrp_script {} weight {} must be in [-253, 253]", draft.script.name,
                              binding.argument()));
  }
  if (binding.arguments().size() < 2) return;
  if (binding.argument(1) == "reverse") {
    draft.script.reverse = true;
  } else {
    binding.error_at(binding.arguments()[1], fmt::format("vrrp_script {} unknown weight option {}",
                                                         draft.script.name, binding.argument(1)));
  }
}

void take_user(TrackScriptDraft& draft, const Binding& binding) {
  draft.text.user = binding.argument();
  draft.text.group = binding.argument(1);
  const auto found = find_credentials(draft.text.user, draft.text.group);
  draft.user_unknown = found.has_error();
  if (found.has_error()) {
    std::vector<std::string> quoted;
    for (const auto& word : draft.text.argv) quoted.push_back("'" + word + "'");
    binding.error(fmt::format("Unable to set uid/gid for script {}", fmt::join(quoted, " ")),
                  found.error().message);
  }
}

ScriptRows script_rows() {
  ScriptRows rows;
  rows.value(
          "script", "Command line to run; status 0 is success.", script_text(),
          [](TrackScriptDraft& draft, ScriptText text) { draft.text.argv = std::move(text.argv); })
      .takes("SCRIPT", 1, 1)
      .allow_missing();
  rows.value("interval", "Seconds between two runs.", decimal_seconds(0, kLongestMicroseconds, 3),
             positive(&TrackScript::interval, "interval"))
      .by_default("1")
      .invalid("({2}): vrrp script interval '{1}' must be between 0.001 and 4294 - ignoring");
  rows.value("timeout", "Seconds after which it is stopped and has failed.",
             decimal_seconds(0, kLongestMicroseconds, 3),
             positive(&TrackScript::timeout, "timeout"))
      .by_default("interval")
      .invalid("({2}): vrrp script timeout '{1}' invalid - ignoring");
  rows.statement("weight",
                 "Added to the priority while it succeeds (positive) or fails (negative); 0: a "
                 "failure is a FAULT.",
                 take_weight)
      .takes("NUMBER [reverse]", 1, 2)
      .by_default("0")
      .range = "-253..253";
  rows.value("rise", "Successes in a row that count as success.",
             number<unsigned>(1, kLongestCount), count(&TrackScript::rise))
      .by_default("1")
      .invalid("({2}): vrrp script rise value '{1}' invalid, defaulting to 1");
  rows.value("fall", "Failures in a row that count as failure.", number<unsigned>(1, kLongestCount),
             count(&TrackScript::fall))
      .by_default("1")
      .invalid("({2}): vrrp script fall value '{1}' invalid, defaulting to 1");
  rows.statement("user", "User and group it runs as.", take_user)
      .takes("USER [GROUP]", 1, 2)
      .by_default("script_user");
  rows.flag("init_fail", "Assume that it fails until it has run.",
            [](TrackScriptDraft& draft, bool) { draft.script.init_fail = true; });
  return rows;
}

void close_script(VrrpDraft& section, TrackScriptDraft& draft, const Binding& binding) {
  const auto complain = [&](std::string message) {
    binding.report_at(Severity::error, binding.closing(), std::move(message));
  };
  bool usable = !draft.user_unknown;
  if (draft.text.argv.empty()) {
    complain(fmt::format("No script set for vrrp_script {} - removing", draft.script.name));
    usable = false;
  } else if (usable && !section.has_user(draft.text)) {
    complain(
        fmt::format("Unable to set default user for vrrp script {} - removing", draft.script.name));
    usable = false;
  }
  if (usable) {
    section.script_index.emplace(draft.script.name, section.scripts.size() - 1);
  } else {
    section.scripts.pop_back();
  }
}

}  // namespace

void add_script_rows(Block<VrrpDraft>& rows) {
  rows.block(
          "vrrp_script", "A script whose result is tracked; comes before what tracks it.",
          script_rows(),
          [](VrrpDraft& section, const Binding& binding) {
            auto& draft = section.scripts.emplace_back();
            draft.script.name = binding.argument();
            return &draft;
          },
          close_script)
      .takes("NAME", 1, 1)
      .adds_up()
      .reported_by(Stage::vrrp);
}

}  // namespace understudy::vrrp
