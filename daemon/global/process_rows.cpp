#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "daemon/global/rows.hpp"

namespace understudy::global {

namespace {

using namespace parser;

/// Longest process name the kernel keeps (TASK_COMM_LEN less its end).
constexpr std::size_t kLongestProcessName = 15;
/// Of SCHED_RR.
constexpr int kLowestRealTime = 1;
constexpr int kHighestRealTime = 99;
constexpr int kAny = std::numeric_limits<int>::max();

/// A name of at most 15 octets; a longer one is cut.
template <typename Target>
Row& process_name_row(Rows& rows, parser::RowText names, parser::RowText doc, Target target) {
  return rows.value(
      names, doc, text("NAME"),
      [target](GlobalDraft& draft, std::string name, const Binding& binding) {
        if (binding.keyword() == "lvs_process_name") {
          binding.report(Severity::note,
                         "'lvs_process_name' is deprecated - please use 'checker_process_name'");
        }
        if (name.size() > kLongestProcessName) {
          binding.error(fmt::format("Process name {} more than {} characters, truncating", name,
                                    kLongestProcessName));
          name.resize(kLongestProcessName);
        }
        draft.*target = std::move(name);
      });
}

void add_names(Rows& rows) {
  rows.flag("process_names", "Give each process a name of its own.", [](GlobalDraft& draft, bool) {
    draft.process_names = true;
    draft.vrrp_process_name = "keepalived_vrrp";
    draft.checker_process_name = "keepalived_lvs";
    draft.bfd_process_name = "keepalived_bfd";
  });
  process_name_row(rows, "process_name", "Name of the parent process.",
                   &GlobalConfig::process_name);
  process_name_row(rows, "vrrp_process_name", "Name of the VRRP process.",
                   &GlobalConfig::vrrp_process_name);
  process_name_row(rows, "checker_process_name|lvs_process_name", "Name of the checker process.",
                   &GlobalConfig::checker_process_name);
  process_name_row(rows, "bfd_process_name", "Name of the BFD process.",
                   &GlobalConfig::bfd_process_name)
      .pending();
}

/// The CPUs as numbers of those that are online; all or nothing.
void take_cpus(std::vector<unsigned>& cpus, const std::string& who, const Binding& binding) {
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  cpus.clear();
  for (const Word& word : binding.arguments()) {
    const auto cpu = parse_signed(word.text, 0, online - 1);
    if (!cpu) {
      binding.error_at(word, cpu.error().message);
      binding.error_at(word,
                       fmt::format("Invalid cpu_id:{} specified for {} process", word.text, who),
                       fmt::format("expected 0..{}", online - 1));
      cpus.clear();
      return;
    }
    cpus.push_back(static_cast<unsigned>(*cpu));
  }
  std::ranges::sort(cpus);
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
}

/// Notes an old spelling of *_rlimit_rttime.
void note_old_spelling(const Binding& binding) {
  const std::string_view word = binding.keyword();
  if (word.ends_with("rttime")) return;
  binding.report_at(Severity::note, binding.here(),
                    fmt::format("Keyword '{}' is deprecated - please use '{}rttime'", word,
                                word.substr(0, word.size() - 5)));
}

/// Scheduling of one process; `who` is the keyword's prefix and its name in complaints.
void add_scheduling(Rows& rows, const std::string& who, const std::string& doc,
                    ProcessScheduling GlobalConfig::*process) {
  Row& nice =
      rows.value(who + "_priority", doc + " process: nice value.", number<int>(-20, 19),
                 [process](GlobalDraft& draft, int value) { (draft.*process).nice = value; });
  nice.by_default("0")
      .when_missing("No " + who + " process priority specified")
      .invalid("Invalid " + who + " process priority specified");
  Row& no_swap =
      rows.flag(who + "_no_swap", doc + " process: keep its memory from being swapped out.",
                [process](GlobalDraft& draft, bool) { (draft.*process).no_swap = true; });
  Row& limit =
      rows.value(who + "_rlimit_rttime|" + who + "_rlimit_rtime",
                 doc + " process: microseconds it may run at real-time priority without a pause.",
                 number<unsigned>(1, kUnlimited),
                 [process](GlobalDraft& draft, unsigned value, const Binding& binding) {
                   note_old_spelling(binding);
                   // One microsecond would end the process before it could lower its priority.
                   (draft.*process).rlimit_rttime_us = value == 1 ? 2 : value;
                 });
  limit.by_default("10000").invalid("Invalid " + who + " real-time limit - {1}");
  rows.statement(who + "_cpu_affinity", doc + " process: the CPUs it may run on, from 0.",
                 [process, who](GlobalDraft& draft, const Binding& binding) {
                   take_cpus((draft.*process).cpus, who, binding);
                 })
      .takes("CPU ...", 1, SIZE_MAX)
      .by_default("all")
      .when_missing("No " + who + " cpu_id set specified")
      .pending();
  // This version runs no BFD process.
  const bool runs = process != &GlobalConfig::bfd_process;
  nice.no_effect = no_swap.no_effect = limit.no_effect = !runs;
}

/// 1..99; what is outside is diagnosed and moved inside.
std::uint8_t clamp_rt_priority(int value, const std::string& who, const Binding& binding) {
  if (value < kLowestRealTime) {
    binding.error(
        fmt::format("{} process real-time priority {} less than minimum {} - setting to minimum",
                    who, value, kLowestRealTime));
    value = kLowestRealTime;
  } else if (value > kHighestRealTime) {
    binding.error(
        fmt::format("{} process real-time priority {} greater than maximum {} - setting to maximum",
                    who, value, kHighestRealTime));
    value = kHighestRealTime;
  }
  return static_cast<std::uint8_t>(value);
}

Row& real_time_row(Rows& rows, const std::string& who, const std::string& doc,
                   ProcessScheduling GlobalConfig::*process) {
  return rows
      .value(who + "_rt_priority", doc, number<int>(-kAny - 1, kAny),
             [process, who](GlobalDraft& draft, int value, const Binding& binding) {
               if (value == 0 && process == &GlobalConfig::vrrp_process) {
                 draft.vrrp_real_time = false;
                 return;
               }
               (draft.*process).rt_priority = clamp_rt_priority(value, who, binding);
             })
      .by_default("none")
      .accepts("1..99")
      .when_missing("No " + who + " process real-time priority specified")
      .invalid(who + " process real-time priority '{1}' invalid");
}

void add_real_time(Rows& rows) {
  real_time_row(rows, "vrrp", "VRRP process: SCHED_RR priority; 0 turns real-time scheduling off.",
                &GlobalConfig::vrrp_process)
      .by_default("the lowest real-time priority")
      .accepts("0..99");
  real_time_row(rows, "checker", "Checker process: SCHED_RR priority.",
                &GlobalConfig::checker_process);
  real_time_row(rows, "bfd", "BFD process: SCHED_RR priority.", &GlobalConfig::bfd_process)
      .pending();
  boolean_row(rows, "vrrp_real_time",
              "Run the VRRP process at a real-time priority. Not known to keepalived.",
              &GlobalConfig::vrrp_real_time)
      .by_default("on");
  rows.statement("max_auto_priority",
                 "Highest real-time priority a late process may raise itself to; -1: never.",
                 [](GlobalDraft& draft, const Binding& binding) {
                   if (binding.arguments().empty()) {
                     draft.max_auto_priority = kHighestRealTime;
                     return;
                   }
                   const auto value = parse_signed(binding.argument(), -1, kHighestRealTime);
                   if (value) {
                     draft.max_auto_priority = static_cast<int>(*value);
                     return;
                   }
                   binding.error(value.error().message);
                   binding.error(
                       fmt::format("max_auto_priority '{}' must be in [0, {}] (or -1 to "
                                   "disable) - ignoring",
                                   binding.argument(), kHighestRealTime));
                 })
      .takes("[PRIORITY]", 0, 1)
      .accepts("-1..99")
      .by_default("0")
      .pending();
  rows.value("min_auto_priority_delay", "Microseconds between two such raises.",
             number<unsigned>(1, 10'000'000),
             [](GlobalDraft& draft, unsigned value) {
               draft.min_auto_priority_delay = std::chrono::microseconds(value);
             })
      .by_default("1000000")
      .when_missing("min_auto_priority_delay requires delay time")
      .invalid("min_auto_priority_delay '{1}' must be in [1, 10000000] - ignoring")
      .pending();
}

/// Octal, hexadecimal or decimal as in C; nullopt: no mask.
std::optional<std::uint16_t> numeric_umask(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.starts_with('0')) {
    base = 8;
  }
  std::uint16_t mask = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mask, base);
  if (error != std::errc() || end != text.data() + text.size() || mask > ACCESSPERMS) {
    return std::nullopt;
  }
  return mask;
}

/// "IRUSR|IXOTH"; the bars may stand alone. Says what is wrong.
std::optional<std::uint16_t> symbolic_umask(const Binding& binding) {
  constexpr std::array<std::pair<std::string_view, mode_t>, 12> kBits{{
      {"IRUSR", S_IRUSR},
      {"IWUSR", S_IWUSR},
      {"IXUSR", S_IXUSR},
      {"IRWXU", S_IRWXU},
      {"IRGRP", S_IRGRP},
      {"IWGRP", S_IWGRP},
      {"IXGRP", S_IXGRP},
      {"IRWXG", S_IRWXG},
      {"IROTH", S_IROTH},
      {"IWOTH", S_IWOTH},
      {"IXOTH", S_IXOTH},
      {"IRWXO", S_IRWXO},
  }};
  mode_t mask = 0;
  bool bar_next = false;
  for (const Word& word : binding.arguments()) {
    for (std::string_view rest = word.text; !rest.empty();) {
      if (bar_next) {
        if (rest.front() != '|') {
          binding.error_at(word, fmt::format("Invalid umask syntax {}", word.text),
                           "join bits by '|': IRWXG|IRWXO");
          return std::nullopt;
        }
        bar_next = false;
        rest.remove_prefix(1);
        continue;
      }
      const auto* const bit = std::ranges::find_if(
          kBits, [&](const auto& candidate) { return rest.starts_with(candidate.first); });
      if (bit == kBits.end()) {
        binding.error_at(word, fmt::format("Unknown umask bit {}", rest));
        return std::nullopt;
      }
      mask |= bit->second;
      rest.remove_prefix(bit->first.size());
      bar_next = true;
    }
  }
  if (!bar_next) {
    binding.error("umask missing bit value");
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(mask);
}

void take_umask(GlobalDraft& draft, const Binding& binding) {
  const std::string_view first = binding.argument();
  if (first.empty() || first.front() < '0' || first.front() > '9') {
    if (const auto mask = symbolic_umask(binding)) draft.umask = mask;
    return;
  }
  if (binding.arguments().size() > 1) {
    binding.error_at(binding.arguments()[1], "Extra parameter(s) to umask option");
    return;
  }
  const auto mask = numeric_umask(first);
  if (mask) {
    draft.umask = mask;
  } else {
    binding.error(fmt::format("invalid umask value {}", first), "expected 0..0777");
  }
}

}  // namespace

void add_processes(Rows& rows) {
  add_names(rows);
  add_scheduling(rows, "vrrp", "VRRP", &GlobalConfig::vrrp_process);
  add_scheduling(rows, "checker", "Checker", &GlobalConfig::checker_process);
  add_scheduling(rows, "bfd", "BFD", &GlobalConfig::bfd_process);
  add_real_time(rows);
  rows.statement("umask", "Permissions that new files do not get; -u comes before it.", take_umask)
      .takes("NUMBER|BIT[|BIT ...]", 1, SIZE_MAX)
      .by_default("0177")
      .accepts("0..0777, or bits IRUSR to IRWXO")
      .pending();
  rows.value("random_seed", "Start of the random numbers, to repeat a run.",
             number<unsigned>(0, kUnlimited), &GlobalConfig::random_seed)
      .by_default("the time")
      .invalid("random_seed {1} invalid")
      .pending();
}

}  // namespace understudy::global
