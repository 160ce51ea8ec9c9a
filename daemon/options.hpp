// The command line of keepalived(8).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/log.hpp"

namespace understudy {

/// What the command line asks the program to do.
enum class Task : std::uint8_t { run, test_config, version, help, print_signal, genhash };

/// The parsed command line.
struct Options {
  Task task = Task::run;
  std::string program = "keepalived";
  /// As typed, for the log.
  std::vector<std::string> command_line;
  std::string config_file = "/etc/keepalived/keepalived.conf";
  /// -i; empty: the host name without its domain.
  std::string config_id;
  /// -P and -C choose; without both, every subsystem that is configured runs.
  bool run_vrrp = true;
  bool run_checkers = true;
  /// --all: also those without configuration.
  bool run_all = false;
  LogOptions log;
  /// -n: stay in the foreground.
  bool foreground = false;
  bool keep_vips = false;
  bool keep_services = false;
  bool respawn = true;
  bool all_config_required = false;
  bool ignore_sigint = false;
  /// --record: the vrrp child appends its events there, absolute; empty: it does not.
  std::string recording;
  /// -d: the children log their configuration when they start.
  bool dump_config = false;
  bool core_dump = false;
  std::string core_pattern;
  std::optional<unsigned> umask;
  /// -s; empty: as configured.
  std::string net_namespace;
  std::string parent_pid_file;
  std::string vrrp_pid_file;
  std::string checkers_pid_file;
  std::string bfd_pid_file;
  /// -t=FILE: diagnostics go there; empty: to stderr.
  std::string test_log_file;
  /// --signum's argument.
  std::string signal_name;
  /// Options understood whose effect this version does not have, as typed.
  std::vector<std::string> without_effect;
};

/// A command line that cannot be used; `message` goes to stderr and the program exits with 1.
struct UsageError {
  std::string message;
};

/// Parses `arguments` (argv without terminating null).
[[nodiscard]] std::variant<Options, UsageError> parse_options(std::vector<std::string> arguments);

/// An option as completion needs it.
struct OptionName {
  /// 0: it has none.
  char letter = 0;
  std::string name;
  bool takes_argument = false;
  bool needs_argument = false;
};

/// Every option, in the order of --help.
[[nodiscard]] std::vector<OptionName> option_names();

/// The text of --help.
[[nodiscard]] std::string usage(const std::string& program);

/// "Keepalived v2.4.3 (07/20,2026), Understudy 0.1.0".
[[nodiscard]] std::string version_line();

/// The number of the signal that means `name` (STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON).
[[nodiscard]] std::optional<int> signal_number(const std::string& name);

}  // namespace understudy
