#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "daemon/global/rows.hpp"

namespace understudy::global {

namespace {

using namespace parser;

/// A check of include_check by its name; nullptr: none. The manual calls the first one readable.
bool IncludeChecks::*include_check_of(std::string_view name) {
  if (name == "read" || name == "readable") return &IncludeChecks::read;
  if (name == "match") return &IncludeChecks::match;
  if (name == "wildcard_match") return &IncludeChecks::wildcard_match;
  if (name == "brace_match") return &IncludeChecks::brace_match;
  return nullptr;
}

/// Without words all checks; one word sets, "+word" adds, "-word" takes away.
void take_include_check(GlobalDraft& draft, const Binding& binding) {
  IncludeChecks& checks = draft.include_check;
  const auto words = binding.arguments();
  if (words.empty()) checks = {true, true, true, true};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view text = words[i].text;
    const char sign = text.empty() ? '\0' : text.front();
    const bool adds = sign == '+';
    const bool takes_away = sign == '-';
    if (!adds && !takes_away) {
      if (i > 0) {
        binding.error_at(words[i],
                         fmt::format("Duplicate include_check '{}' specified - ignoring", text),
                         fmt::format("'+{}' adds a check", text));
        continue;
      }
      checks = {};
    }
    const std::string_view name = adds || takes_away ? text.substr(1) : text;
    const auto check = include_check_of(name);
    if (check == nullptr) {
      binding.error_at(words[i], fmt::format("Unknown include_check type '{}' - ignoring", name),
                       "expected one of match, wildcard_match, brace_match, read");
      continue;
    }
    if (!adds && !takes_away) checks.read = true;
    checks.*check = !takes_away;
  }
}

void add_includes(Rows& rows) {
  rows.statement("include_check", "Which checks every include must pass from here on.",
                 take_include_check)
      .takes("[[+|-]match|wildcard_match|brace_match|read ...]", 0, SIZE_MAX)
      .by_default("none; without words all");
}

void add_reload(Rows& rows) {
  rows.statement("reload_check_config",
                 "Check a configuration before it is loaded, and log the complaints to a file.",
                 [](GlobalDraft& draft, const Binding& binding) {
                   draft.reload.check_log =
                       binding.arguments().empty() ? "/dev/null" : binding.argument();
                 })
      .takes("[LOGFILE]", 0, 1)
      .pending();
  rows.statement("reload_time_file", "File that tells the time of the next reload.",
                 [](GlobalDraft& draft, const Binding& binding) {
                   draft.reload.time_file = binding.argument();
                 })
      .takes("PATH", 1, 1)
      .when_missing("reload_time_file invalid")
      .when_extra("reload_time_file invalid", Extra::refused)
      .pending();
  rows.flag("reload_repeat", "Read that file again after the reload.",
            [](GlobalDraft& draft, bool) { draft.reload.repeat = true; })
      .pending();
  rows.statement("reload_file", "File that exists while a reload runs.",
                 [](GlobalDraft& draft, const Binding& binding) {
                   draft.reload.file = binding.argument();
                 })
      .takes("[PATH]", 0, 1)
      .by_default("none; without a path keepalived.reload where the pid files are")
      .pending();
}

/// A file of SIGUSR1 and its like; exactly one path that is not empty.
void dump_file_row(Rows& rows, const std::string& what, parser::RowText doc,
                   std::string GlobalConfig::*member) {
  const std::string complaint = "{0} requires a non-empty path";
  rows.value(what + "_dump_file|" + what + "_file_location", doc, text("PATH"),
             [member](GlobalDraft& draft, std::string path, const Binding& binding) {
               if (path.empty()) {
                 binding.error(fmt::format("{} requires a non-empty path", binding.keyword()));
                 return;
               }
               draft.*member = std::move(path);
             })
      .from("2.3.3")
      .when_missing(complaint)
      .when_extra(complaint, Extra::refused)
      .pending();
}

void add_dumps(Rows& rows) {
  boolean_row(rows, "data_use_instance", "Names of dumps carry instance and network namespace.",
              &GlobalConfig::data_use_instance)
      .invalid("Invalid value '{1}' for global date_use_instance specified")
      .pending();
  dump_file_row(rows, "state", "Where SIGUSR1 writes the state; a directory if it ends in '/'.",
                &GlobalConfig::state_dump_file);
  dump_file_row(rows, "stats", "Where SIGUSR2 writes the statistics.",
                &GlobalConfig::stats_dump_file);
  dump_file_row(rows, "json", "Where the JSON signal writes.", &GlobalConfig::json_dump_file);
  rows.value("json_version", "Form of the JSON dump.", number<std::uint32_t>(1, 2),
             &GlobalConfig::json_version)
      .from("2.2.8")
      .by_default("1")
      .when_missing("{0} requires version")
      .invalid("Invalid JSON version")
      .pending();
}

/// A directory of iproute2.
void iproute_row(Rows& rows, parser::RowText name, parser::RowText doc, parser::RowText fallback,
                 std::string GlobalConfig::*member) {
  rows.value(name, doc, text("PATH"), member)
      .from("2.3.2")
      .by_default(fallback)
      .when_missing("{0} requires path")
      .when_extra("{0} requires path", Extra::refused);
}

void take_save_directory(GlobalDraft& draft, const Binding& binding) {
  std::string path(binding.argument());
  struct stat found {};
  const int error = stat(path.c_str(), &found) == 0 ? 0 : errno;
  const std::string about = "config_save_dir " + path;
  if (error == 0 && !S_ISDIR(found.st_mode)) {
    binding.error(about + " exists and is not a directory");
    return;
  }
  if (error == ENOENT && mkdir(path.c_str(), S_IRWXU) != 0) {
    binding.error(fmt::format("Unable to create {} (error {} - {})", about, errno,
                              std::strerror(errno)));  // NOLINT(concurrency-mt-unsafe)
    return;
  }
  if (error != 0 && error != ENOENT) {
    binding.error(fmt::format("{} error {} - {}", about, error,
                              std::strerror(error)));  // NOLINT(concurrency-mt-unsafe)
    return;
  }
  if (path.ends_with('/')) path.pop_back();
  draft.config_save_dir = std::move(path);
}

void add_directories(Rows& rows) {
  iproute_row(rows, "iproute_usr_dir", "Where names of routing tables and protocols stand.",
              "/usr/share/iproute2", &GlobalConfig::iproute_usr_dir);
  iproute_row(rows, "iproute_etc_dir", "Where the machine's own such names stand.", "/etc/iproute2",
              &GlobalConfig::iproute_etc_dir);
  rows.value("tmp_config_directory", "Where the expanded configuration is kept.", text("DIRECTORY"),
             [](GlobalDraft& draft, std::string path, const Binding& binding) {
               if (!draft.tmp_config_directory.empty()) {
                 binding.error(fmt::format("{} already specified - ignoring", binding.keyword()));
                 return;
               }
               draft.tmp_config_directory = std::move(path);
             })
      .by_default("memory")
      .when_missing("{0} missing directory name")
      .pending();
  rows.statement("config_save_dir",
                 "Where copies of the configuration are kept; made if it is not there.",
                 take_save_directory)
      .takes("DIRECTORY", 1, 1)
      .pending();
}

}  // namespace

void add_files(Rows& rows) {
  add_includes(rows);
  add_reload(rows);
  add_dumps(rows);
  add_directories(rows);
}

}  // namespace understudy::global
