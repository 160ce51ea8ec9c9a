// Checks that need no connection of their own: MISC_CHECK { }, FILE_CHECK { } and BFD_CHECK { }.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "checkers/keywords.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;

// --- MISC_CHECK ---

/// 2^32 microseconds, the original's range.
constexpr unsigned kLongestTimeout = 4294;

/// "'/bin/check' 'a'"; empty when there is no script yet.
std::string shown(const MiscDraft& draft) {
  std::string text;
  if (!draft.script) return text;
  for (const auto& word : draft.script->argv) {
    text += fmt::format("{}'{}'", text.empty() ? "" : " ", word);
  }
  return text;
}

void take_user(MiscDraft& draft, const Binding& binding) {
  if (binding.arguments().empty()) {
    binding.error(fmt::format("No user specified for misc checker script {}", shown(draft)));
    return;
  }
  draft.user = binding.argument();
  draft.group = binding.argument(1);
  const auto found = find_credentials(draft.user, draft.group);
  if (found) return;
  draft.user_unknown = true;
  binding.error(
      fmt::format("Failed to set uid/gid for misc checker script {} - removing", shown(draft)),
      found.error().message);
}

Block<MiscDraft> misc_rows() {
  Block<MiscDraft> rows;
  rows.merge(common_check_rows(false), &MiscDraft::common);
  rows.value("misc_path", "The script; required. It is quoted as others are.", script_text(),
             &MiscDraft::script)
      .allow_missing()
      .syntax = "SCRIPT";
  rows.value("misc_timeout", "Seconds it may run.", number<unsigned>(0, kLongestTimeout),
             &MiscDraft::timeout)
      .by_default("0: the virtual server's delay_loop")
      .invalid("Invalid misc_timeout value '{1}'");
  rows.flag("misc_dynamic", "Exit status 2 to 255 also says the weight: 0 to 253.",
            &MiscDraft::dynamic);
  rows.statement("user", "Who it runs as.", take_user)
      .takes("USER [GROUP]", 0, SIZE_MAX)
      .by_default("script_user");
  return rows;
}

MiscDraft* open_misc(RealServerDraft& server, const Binding& /*binding*/) {
  return &add_check<MiscDraft>(server.checks);
}

void close_misc(RealServerDraft& server, MiscDraft& check, const Binding& binding) {
  if (check.script && !check.user_unknown) return;
  if (check.user_unknown) {
    server.section->user_unknown = true;
  } else {
    binding.report_at(Severity::error, binding.closing(),
                      "No script path has been specified for MISC_CHECKER - skipping");
  }
  server.checks.pop_back();
}

// --- FILE_CHECK ---

void take_file(FileDraft& draft, const Binding& binding) {
  const auto name = binding.argument();
  const auto* file = draft.server->section->global->find_track_file(name, binding.node().at);
  if (file != nullptr) {
    draft.file = file;
    return;
  }
  binding.error(fmt::format("track_file {} not found", name),
                "the track_file block must stand before it");
}

void take_weight(FileDraft& draft, const Binding& binding) {
  constexpr int kLargest = std::numeric_limits<int>::max();
  const auto weight = parse_signed(binding.argument(), -kLargest, kLargest);
  if (!weight) {
    binding.error(weight.error().message);
    binding.error(fmt::format("weight for track file must be in [-{0}..{0}] inclusive. Ignoring...",
                              kLargest));
    return;
  }
  bool reverse = false;
  if (binding.arguments().size() > 1) {
    const auto option = binding.argument(1);
    if (option != "reverse" && option != "noreverse") {
      binding.error_at(binding.arguments()[1],
                       fmt::format("unknown track file weight option {} - ignoring", option),
                       "expected reverse or noreverse");
      return;
    }
    reverse = option == "reverse";
  }
  draft.weight = static_cast<int>(*weight);
  draft.reverse = reverse;
}

Block<FileDraft> file_rows() {
  Block<FileDraft> rows;
  rows.statement("track_file", "Name of the track_file; required.", take_file).takes("NAME", 1, 1);
  rows.statement("weight",
                 "Times the number in the file, added to the server's weight; 0: any "
                 "number but 0 is a failure.",
                 take_weight)
      .takes("NUMBER [reverse|noreverse]", 1, 2)
      .accepts("-2147483647..2147483647")
      .by_default("the track_file's")
      .when_missing("track file weight missing");
  return rows;
}

/// The check is told whose it is, for what is said about it.
template <typename T>
T* open_inside(RealServerDraft& server, const Binding& /*binding*/) {
  T& check = add_check<T>(server.checks);
  check.server = &server;
  return &check;
}

void close_file(RealServerDraft& server, FileDraft& check, const Binding& binding) {
  if (check.file != nullptr) return;
  binding.report_at(Severity::error, binding.closing(),
                    "FILE_CHECK has no track_file specified - ignoring");
  server.checks.pop_back();
}

// --- BFD_CHECK ---

/// BFD_INAME_MAX.
constexpr std::size_t kNameSize = 32;

bool monitors(const RealServerDraft& server, std::string_view name) {
  return std::ranges::any_of(server.checks, [name](const CheckDraft& check) {
    const auto* bfd = std::get_if<Apart<BfdDraft>>(&check);
    return bfd != nullptr && (*bfd)->name == name;
  });
}

/// What is wrong with the session's name; empty: nothing.
std::string refusal_of_session(const BfdDraft& draft, const Binding& binding) {
  const auto name = binding.argument();
  if (binding.arguments().size() != 1) {
    return "BFD_CHECK - No or too many names specified - skipping checker";
  }
  if (!draft.server->section->bfd_defined(name, binding.node().at)) {
    return fmt::format("BFD_CHECK - BFD {} not configured", name);
  }
  if (!draft.name.empty()) {
    return fmt::format("BFD_CHECK - BFD {} already specified as {}", name, draft.name);
  }
  if (name.size() >= kNameSize) return fmt::format("BFD_CHECK - BFD name {} too long", name);
  if (monitors(*draft.server, name)) {
    return fmt::format("BFD_CHECK - RS already monitoring {}", name);
  }
  return {};
}

void take_session(BfdDraft& draft, const Binding& binding) {
  if (draft.refused) return;
  const auto wrong = refusal_of_session(draft, binding);
  if (wrong.empty()) {
    draft.name = binding.argument();
    return;
  }
  binding.error(fmt::format("({}) {}", describe(*draft.server), wrong),
                "name one bfd_instance that stands before it");
  draft.refused = true;
}

Block<BfdDraft> bfd_rows() {
  Block<BfdDraft> rows;
  rows.statement("name", "Name of the bfd_instance; required.", take_session)
      .takes("NAME", 0, SIZE_MAX);
  rows.value("alpha", "The server is down until the session is up.", optional_boolean(),
             &BfdDraft::alpha)
      .by_default("the real server's")
      .invalid("Invalid alpha parameter {1}");
  return rows;
}

void close_bfd(RealServerDraft& server, BfdDraft& check, const Binding& binding) {
  if (!check.refused && !check.name.empty()) return;
  if (!check.refused) {
    binding.report_at(Severity::error, binding.closing(),
                      fmt::format("({}) No name has been specified for BFD_CHECKER - skipping",
                                  describe(server)));
  }
  server.checks.pop_back();
}

}  // namespace

void add_local_check_rows(Block<RealServerDraft>& rows) {
  rows.block("MISC_CHECK", "A script succeeds.", misc_rows(), open_misc, close_misc).adds_up();
  rows.block("FILE_CHECK", "The number in a file allows it.", file_rows(), open_inside<FileDraft>,
             close_file)
      .adds_up();
  rows.block("BFD_CHECK", "A BFD session is up.", bfd_rows(), open_inside<BfdDraft>, close_bfd)
      .adds_up();
}

}  // namespace understudy::checkers
