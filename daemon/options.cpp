#include "daemon/options.hpp"

#include <fmt/format.h>
#include <getopt.h>

#include <array>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <functional>
#include <system_error>

namespace understudy {
namespace {

/// What an option does with its argument (nullptr for none); an error text, or empty.
using Effect = std::string (*)(Options& options, const char* argument);

enum class Argument : std::uint8_t {
  none = no_argument,
  required = required_argument,
  optional = optional_argument
};

/// One option of keepalived(8): parsing and --help come from this row.
struct OptionRow {
  char letter;
  const char* name;
  Argument argument;
  Effect effect;
  const char* help;
};

template <bool Options::*Member, bool Value>
std::string set(Options& options, const char* /*argument*/) {
  options.*Member = Value;
  return {};
}

template <std::string Options::*Member>
std::string text(Options& options, const char* argument) {
  options.*Member = argument;
  return {};
}

template <Task Value>
std::string task(Options& options, const char* /*argument*/) {
  options.task = Value;
  return {};
}

/// Understood; the effect comes with later work. parse_options() notes its name.
std::string without_effect(Options& /*options*/, const char* /*argument*/) { return {}; }

/// Understood, and nothing needs doing: the program always behaves this way.
std::string nothing_to_do(Options& /*options*/, const char* /*argument*/) { return {}; }

std::string log_facility(Options& options, const char* argument) {
  std::string_view name(argument);
  if (name == "daemon" || name == "user") {
    options.log.facility = name == "daemon" ? LOG_DAEMON : LOG_USER;
    return {};
  }
  if (name.starts_with("local")) name.remove_prefix(5);
  if (name.size() != 1 || name[0] < '0' || name[0] > '7') {
    return fmt::format("Invalid log facility '{}'", argument);
  }
  constexpr std::array kLocal{LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                              LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
  options.log.facility = kLocal.at(static_cast<std::size_t>(name[0] - '0'));
  return {};
}

std::string creation_mask(Options& options, const char* argument) {
  char* end = nullptr;
  const unsigned long mask = std::strtoul(argument, &end, 0);
  if (*argument == '\0' || *end != '\0' || mask > 0777) {
    return fmt::format("Invalid --umask option {}", argument);
  }
  options.umask = static_cast<unsigned>(mask);
  return {};
}

std::string core_pattern(Options& options, const char* argument) {
  options.core_dump = true;
  options.core_pattern = argument != nullptr ? argument : "core";
  return {};
}

std::string test_config(Options& options, const char* argument) {
  options.task = Task::test_config;
  if (argument != nullptr) options.test_log_file = argument;
  return {};
}

std::string print_signal(Options& options, const char* argument) {
  options.task = Task::print_signal;
  options.signal_name = argument;
  return {};
}

std::string vrrp_only(Options& options, const char* /*argument*/) {
  options.run_vrrp = true;
  options.run_checkers = false;
  return {};
}

std::string checkers_only(Options& options, const char* /*argument*/) {
  options.run_checkers = true;
  options.run_vrrp = false;
  return {};
}

std::string record(Options& options, const char* argument) {
  // The daemon leaves the directory it was started in.
  std::error_code error;
  options.recording = std::filesystem::absolute(argument, error).string();
  return error ? fmt::format("--record={}: {}", argument, error.message()) : std::string();
}

std::string log_console(Options& options, const char* /*argument*/) {
  options.log.to_console = true;
  return {};
}

std::string log_detail(Options& options, const char* /*argument*/) {
  options.log.detailed = true;
  return {};
}

std::string log_file(Options& options, const char* argument) {
  options.log.file = argument != nullptr ? argument : "/tmp/keepalived.log";
  return {};
}

std::string no_syslog(Options& options, const char* /*argument*/) {
  options.log.to_syslog = false;
  return {};
}

// clang-format off
constexpr std::array kOptions{
  OptionRow{'f', "use-file", Argument::required, text<&Options::config_file>, "=FILE\tUse the specified configuration file"},
  OptionRow{'P', "vrrp", Argument::none, vrrp_only, "\tOnly run with VRRP subsystem"},
  OptionRow{'C', "check", Argument::none, checkers_only, "\tOnly run with Health-checker subsystem"},
  OptionRow{'B', "no_bfd", Argument::none, nothing_to_do, "\tDon't run BFD subsystem"},
  OptionRow{0, "all", Argument::none, set<&Options::run_all, true>, "\tForce all child processes to run, even if have no configuration"},
  OptionRow{'l', "log-console", Argument::none, log_console, "\tLog messages to local console"},
  OptionRow{'D', "log-detail", Argument::none, log_detail, "\tDetailed log messages"},
  OptionRow{'S', "log-facility", Argument::required, log_facility, "=([0-7]|local[0-7]|user|daemon)\tSet syslog facility to LOG_LOCAL[0-7], user or daemon (default)"},
  OptionRow{'g', "log-file", Argument::optional, log_file, "=FILE\tAlso log to FILE (default /tmp/keepalived.log)"},
  OptionRow{0, "flush-log-file", Argument::none, nothing_to_do, "\tFlush log file on write (always done)"},
  OptionRow{'G', "no-syslog", Argument::none, no_syslog, "\tDon't log via syslog"},
  OptionRow{'u', "umask", Argument::required, creation_mask, "=MASK\tumask for file creation (in numeric form)"},
  OptionRow{'X', "release-vips", Argument::none, nothing_to_do, "\tDrop VIP on transition from signal (always done)"},
  OptionRow{'V', "dont-release-vrrp", Argument::none, set<&Options::keep_vips, true>, "\tDon't remove VRRP VIPs and VROUTEs on daemon stop"},
  OptionRow{'I', "dont-release-ipvs", Argument::none, set<&Options::keep_services, true>, "\tDon't remove IPVS topology on daemon stop"},
  OptionRow{'R', "dont-respawn", Argument::none, set<&Options::respawn, false>, "\tDon't respawn child processes"},
  OptionRow{'n', "dont-fork", Argument::none, set<&Options::foreground, true>, "\tDon't fork the daemon process"},
  OptionRow{'d', "dump-conf", Argument::none, set<&Options::dump_config, true>, "\tDump the configuration data"},
  OptionRow{0, "record", Argument::required, record, "=FILE\tAppend every event of VRRP to FILE, for understudy replay"},
  OptionRow{'p', "pid", Argument::required, text<&Options::parent_pid_file>, "=FILE\tUse specified pidfile for parent process"},
  OptionRow{'r', "vrrp_pid", Argument::required, text<&Options::vrrp_pid_file>, "=FILE\tUse specified pidfile for VRRP child process"},
  OptionRow{'c', "checkers_pid", Argument::required, text<&Options::checkers_pid_file>, "=FILE\tUse specified pidfile for checkers child process"},
  OptionRow{'b', "bfd_pid", Argument::required, text<&Options::bfd_pid_file>, "=FILE\tUse specified pidfile for BFD child process"},
  OptionRow{'T', "genhash", Argument::none, task<Task::genhash>, "\tEnter into genhash utility mode (this should be the first option used)."},
  OptionRow{'a', "address-monitoring", Argument::none, without_effect, "\tReport all address additions/deletions notified via netlink"},
  OptionRow{'s', "namespace", Argument::required, text<&Options::net_namespace>, "=NAME\tRun in network namespace NAME (overrides config)"},
  OptionRow{'m', "core-dump", Argument::none, set<&Options::core_dump, true>, "\tProduce core dump if terminate abnormally"},
  OptionRow{'M', "core-dump-pattern", Argument::optional, core_pattern, "=PATN\tAlso set /proc/sys/kernel/core_pattern to PATN (default 'core')"},
  OptionRow{'x', "snmp", Argument::none, without_effect, "\tEnable SNMP subsystem"},
  OptionRow{'A', "snmp-agent-socket", Argument::required, without_effect, "=FILE\tUse the specified socket for master agent"},
  OptionRow{'e', "all-config", Argument::none, set<&Options::all_config_required, true>, "\tError if any configuration file missing (same as includet)"},
  OptionRow{'i', "config-id", Argument::required, text<&Options::config_id>, "=id\tSkip any configuration lines beginning '@' that don't match id or any lines beginning @^ that do match. The config-id defaults to the node name if option not used"},
  OptionRow{0, "ignore-sigint", Argument::none, set<&Options::ignore_sigint, true>, "\tignore SIGINT (default means terminate) - used for debugging with GDB"},
  OptionRow{0, "signum", Argument::required, print_signal, "=SIGFUNC\tReturn signal number for STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON"},
  OptionRow{'t', "config-test", Argument::optional, test_config, "=LOG_FILE\tCheck the configuration for obvious errors, output to stderr by default"},
  OptionRow{0, "perf", Argument::optional, without_effect, "=PERF_TYPE\tCollect perf data, PERF_TYPE=all, run(default) or end"},
  OptionRow{0, "no-mem-check", Argument::none, nothing_to_do, "\tdisable malloc() etc mem-checks (there are none)"},
  OptionRow{0, "debug", Argument::optional, without_effect, "=...\tEnable debug options. p, b, c, v specify parent, bfd, checker and vrrp processes"},
  OptionRow{'v', "version", Argument::none, task<Task::version>, "\tDisplay the version number"},
  OptionRow{'h', "help", Argument::none, task<Task::help>, "\tDisplay this help message"},
};
// clang-format on

/// getopt_long's value for row `index`; above every letter.
constexpr int kFirstLongValue = 256;

std::vector<option> long_options() {
  std::vector<option> result;
  for (std::size_t i = 0; i < kOptions.size(); ++i) {
    result.push_back({kOptions[i].name, static_cast<int>(kOptions[i].argument), nullptr,
                      kFirstLongValue + static_cast<int>(i)});
  }
  // The deprecated spellings of keepalived(8).
  result.push_back({"all_config", no_argument, nullptr, 'e'});
  result.push_back({nullptr, 0, nullptr, 0});
  return result;
}

std::string short_options() {
  // The colon: an argument that is missing is told apart from an unknown option.
  std::string result = ":";
  for (const auto& row : kOptions) {
    if (row.letter == 0) continue;
    result += row.letter;
    if (row.argument != Argument::none) result += ':';
    if (row.argument == Argument::optional) result += ':';
  }
  return result;
}

const OptionRow* find_row(int value) {
  if (value >= kFirstLongValue)
    return &kOptions.at(static_cast<std::size_t>(value - kFirstLongValue));
  for (const auto& row : kOptions) {
    if (row.letter != 0 && row.letter == value) return &row;
  }
  return nullptr;
}

std::string apply(const OptionRow& row, Options& options, const char* argument) {
  if (row.effect == without_effect) options.without_effect.emplace_back(row.name);
  return row.effect(options, argument);
}

}  // namespace

std::variant<Options, UsageError> parse_options(std::vector<std::string> arguments) {
  Options options;
  options.command_line = arguments;
  if (!arguments.empty()) options.program = arguments[0];
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const int argc = static_cast<int>(arguments.size());
  const auto longs = long_options();
  const auto shorts = short_options();
  optind = 0;  // glibc: start anew
  opterr = 0;
  for (;;) {
    const int value = getopt_long(argc, argv.data(), shorts.c_str(), longs.data(), nullptr);
    if (value == -1) break;
    const std::string typed = argv[static_cast<std::size_t>(std::max(optind - 1, 0))];
    if (value == '?') return UsageError{fmt::format("Unknown option {}", typed)};
    if (value == ':') return UsageError{fmt::format("Missing option argument for {}", typed)};
    const std::string error = apply(*find_row(value), options, optarg);
    if (!error.empty()) return UsageError{error};
    // What follows belongs to genhash.
    if (options.task == Task::genhash) return options;
  }
  std::string extra;
  for (int i = optind; i < argc; ++i) extra += arguments[static_cast<std::size_t>(i)] + ' ';
  if (!extra.empty()) return UsageError{fmt::format("Unexpected argument(s): {}", extra)};
  return options;
}

std::vector<OptionName> option_names() {
  std::vector<OptionName> names;
  names.reserve(kOptions.size());
  for (const auto& row : kOptions) {
    names.push_back(
        {row.letter, row.name, row.argument != Argument::none, row.argument == Argument::required});
  }
  return names;
}

std::string usage(const std::string& program) {
  std::string text = fmt::format("Usage: {} [OPTION...]\n", program);
  for (const auto& row : kOptions) {
    const std::string_view help(row.help);
    const auto tab = help.find('\t');
    const std::string name = fmt::format("--{}{}", row.name, help.substr(0, tab));
    const std::string letter = row.letter != 0 ? fmt::format("-{},", row.letter) : "   ";
    text += fmt::format("  {} {:<24} {}\n", letter, name, help.substr(tab + 1));
  }
  return text;
}

std::string version_line() {
  return "Keepalived v2.4.3 (07/20,2026), Understudy " UNDERSTUDY_VERSION;
}

std::optional<int> signal_number(const std::string& name) {
  if (name == "STOP") return SIGTERM;
  if (name == "RELOAD") return SIGHUP;
  if (name == "DATA") return SIGUSR1;
  if (name == "STATS") return SIGUSR2;
  if (name == "STATS_CLEAR") return SIGRTMAX - 1;
  if (name == "JSON") return SIGRTMIN + 2;
  return std::nullopt;
}

}  // namespace understudy
