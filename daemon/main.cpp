// keepalived: reads the command line, checks or runs the configuration.
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/config.hpp"
#include "daemon/load_options.hpp"
#include "daemon/options.hpp"
#include "daemon/presence.hpp"
#include "daemon/reading.hpp"
#include "daemon/run/file_watch.hpp"
#include "daemon/run/process_events.hpp"
#include "daemon/supervisor.hpp"
#include "daemon/surroundings.hpp"

namespace understudy {
namespace {

/// systemd's EXIT_NOPERMISSION, as keepalived uses it.
constexpr int kExitMissingPermission = 4;
/// How long children of a daemon that was killed may take to leave.
constexpr std::chrono::seconds kFormerChildPatience(3);

int print_version() {
  utsname names{};
  uname(&names);
  fmt::print(stderr, "{}\n\nRunning on {} {} {}\n", version_line(), names.sysname, names.release,
             names.version);
  return 0;
}

int print_signal(const std::string& name) {
  const auto number = signal_number(name);
  if (!number) {
    fmt::print(stderr, "Unknown sigfunc {}\n", name);
    return 1;
  }
  fmt::print("{}\n", *number);
  return 0;
}

/// -T: genhash is a program of its own, next to this one or in the search path.
int run_genhash(const Options& options) {
  std::vector<std::string> arguments{"genhash"};
  for (std::size_t i = 1; i < options.command_line.size(); ++i) {
    const auto& argument = options.command_line[i];
    if (argument != "-T" && argument != "--genhash") arguments.push_back(argument);
  }
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  execv((self.parent_path() / "genhash").c_str(), argv.data());
  execvp("genhash", argv.data());
  fmt::print(stderr, "genhash: {}\n", strerror(errno));
  return 1;
}

/// The network namespace to run in; empty: the one we are in. The command line comes first.
std::string namespace_of(const Options& options, const GlobalConfig& global) {
  return options.net_namespace.empty() ? global.net_namespace : options.net_namespace;
}

/// The configuration as seen from its network namespace. Where that cannot be entered the children
/// are never asked: as in the original the status is then 0, unless reading had to stop.
Loaded load_for_test(const Options& options) {
  Loaded loaded = load_config(with_interfaces(load_options(options)));
  const std::string name = namespace_of(options, loaded.config.global);
  if (name.empty()) return loaded;
  const auto entered = enter_namespace(name);
  if (entered) return load_config(with_interfaces(load_options(options)));
  parser::Diagnostic note;
  note.severity = parser::Severity::note;
  note.message = entered.error().message;
  loaded.diagnostics.push_back(std::move(note));
  constexpr int kMissingArgument = 2;
  if (loaded.test_status != kMissingArgument) loaded.test_status = 0;
  return loaded;
}

int test_config(const Options& options) {
  std::FILE* out = stderr;
  if (!options.test_log_file.empty()) out = std::fopen(options.test_log_file.c_str(), "we");
  if (out == nullptr) {
    fmt::print(stderr, "Unable to open config-test log file {} {} - {}\n", options.test_log_file,
               errno, strerror(errno));
    return 1;
  }
  const Loaded loaded = load_for_test(options);
  for (const auto& diagnostic : loaded.diagnostics) {
    fmt::print(out, "{}\n", parser::render(diagnostic));
  }
  if (!loaded.diagnostics.empty()) {
    fmt::print(out, "{}\n", parser::summary(loaded.diagnostics, options.config_file));
  }
  if (out != stderr) std::fclose(out);
  return loaded.test_status;
}

void log_start(Log& log, const Options& options) {
  utsname names{};
  uname(&names);
  log.info("Starting {}", version_line());
  log.info("Running on {} {} {}", names.sysname, names.release, names.version);
  std::string typed;
  for (const auto& word : options.command_line) typed += fmt::format(" '{}'", word);
  log.info("Command line:{}", typed);
  for (const auto& name : options.without_effect) {
    log.warning("--{} has no effect in this version", name);
  }
}

PidPaths pid_paths(const Options& options, const GlobalConfig& global) {
  const bool in_namespace = !options.net_namespace.empty() || !global.net_namespace.empty();
  PidPaths paths = default_pid_paths(global.instance, global.use_pid_dir || in_namespace);
  if (!options.parent_pid_file.empty()) paths.parent = options.parent_pid_file;
  if (!options.vrrp_pid_file.empty()) paths.vrrp = options.vrrp_pid_file;
  if (!options.checkers_pid_file.empty()) paths.checkers = options.checkers_pid_file;
  return paths;
}

/// The configuration as seen from the network namespace the daemon runs in. `process_events`: what
/// has to be opened before it is entered.
Result<Reading> read_in_namespace(const Options& options, Fd& process_events) {
  auto reading = read_apart(load_options(options));
  if (!reading) return reading;
  const std::string name = namespace_of(options, reading->global);
  if (name.empty()) return reading;
  if (reading->watches_processes) {
    if (auto opened = run::open_process_events()) process_events = std::move(*opened);
  }
  if (auto entered = enter_namespace(name); !entered) return entered.error();
  return read_apart(load_options(options));
}

std::vector<run::InitialFile> initial_files(const GlobalConfig& global) {
  std::vector<run::InitialFile> files;
  for (const TrackFile& file : global.track_files) {
    if (file.initial) files.push_back({file.name, file.path, *file.initial, file.overwrite});
  }
  return files;
}

/// A SIGHUP waits until there is somebody to reload: it would end a daemon that is still starting.
void hold_reloads_back() {
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGHUP);
  sigprocmask(SIG_BLOCK, &only, nullptr);
}

int run_daemon(const Options& options) {
  hold_reloads_back();
  Log log(options.log);
  log_start(log, options);
  if (auto applied = apply_process_options(options); !applied) {
    log.warning("{}", applied.error().message);
  }
  log.info("Configuration file {}", options.config_file);
  Fd process_events;
  auto reading = read_in_namespace(options, process_events);
  if (!reading) {
    log.error("{} - exiting", reading.error().message);
    return 1;
  }
  for (const auto& line : reading->complaints) log.info("{}", line);
  if (!reading->start_refusal.empty()) {
    log.error("{} - exiting", reading->start_refusal);
    return reading->start_status;
  }
  const std::string missing = missing_vrrp_capabilities();
  if (options.run_vrrp && reading->vrrp && !missing.empty()) {
    // A master that cannot hold its addresses would take the traffic away from one that can.
    log.error("VRRP needs {}, which this process lacks - exiting", missing);
    return kExitMissingPermission;
  }
  // Relative names mean the directory the program was started in, which daemonize() leaves.
  Options settled = options;
  settled.config_file = std::filesystem::absolute(options.config_file).string();
  PidPaths pids = pid_paths(options, reading->global);
  for (auto* path : {&pids.parent, &pids.vrrp, &pids.checkers}) {
    *path = std::filesystem::absolute(*path).string();
  }
  // Before going to the background, so that a second daemon is told to whoever starts it.
  auto pid_file = PidFile::take(pids.parent);
  if (!pid_file) {
    log.error("{}", pid_file.error().message);
    return 1;
  }
  // Two of a role at once would be two masters on one host, writing one page.
  for (const auto& path : {pids.vrrp, pids.checkers}) {
    if (!wait_for_former_child(path, kFormerChildPatience)) {
      log.warning("the process of {} still runs without its daemon", path);
    }
  }
  Fd waiting;
  if (!options.foreground) {
    auto background = daemonize();
    const auto written = background ? pid_file->write() : background.error();
    if (!written) {
      log.error("{}", written.error().message);
      return 1;
    }
    waiting = std::move(*background);
  }
  set_process_name(reading->global.process_name);
  run::write_initial_files(initial_files(reading->global), log);
  Loop loop;
  int status = 0;
  {
    Supervisor supervisor(loop, log,
                          {settled, std::move(*reading), load_options(settled), std::move(pids),
                           std::move(*pid_file), std::move(waiting), std::move(process_events)});
    status = supervisor.run();
  }
  log.info("Stopped {}", version_line());
  return status;
}

int perform(const Options& options) {
  switch (options.task) {
    case Task::version:
      return print_version();
    case Task::help:
      fmt::print(stderr, "{}", usage(options.program));
      return 0;
    case Task::print_signal:
      return print_signal(options.signal_name);
    case Task::genhash:
      return run_genhash(options);
    case Task::test_config:
      return test_config(options);
    case Task::run:
      break;
  }
  return run_daemon(options);
}

}  // namespace
}  // namespace understudy

int main(int argc, char** argv) {
  using namespace understudy;
  // Whoever started us may have had it ignored; then no child's end would be told.
  std::signal(SIGCHLD, SIG_DFL);
  const auto parsed = parse_options(std::vector<std::string>(argv, argv + argc));
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    fmt::print(stderr, "{}\n", error->message);
    return 1;
  }
  return perform(std::get<Options>(parsed));
}
