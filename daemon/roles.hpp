// The children a daemon has, as a table: what each is called and how it starts.
#pragma once

#include <array>
#include <string>

#include "daemon/base/fd.hpp"
#include "daemon/base/log.hpp"
#include "daemon/config.hpp"
#include "daemon/options.hpp"
#include "daemon/presence.hpp"
#include "daemon/reading.hpp"
#include "daemon/run/handover.hpp"
#include "daemon/run/notifier.hpp"
#include "daemon/run/scheduling.hpp"

namespace understudy {

/// What a child is given; see run::ChildSetup.
struct RoleStart {
  LogOptions log;
  Fd channel;
  run::HandoverPage page;
  /// Of Reading, for decode_config().
  Fd text;
  LoadOptions load;
  bool respawned = false;
  bool keep_at_exit = false;
  /// -d: log the configuration.
  bool dump = false;
  /// Options::recording.
  std::string recording;
  /// SupervisorSetup::process_events.
  int process_events = -1;
};

/// One kind of child process. (run::Role is only its number, for what may not know the top.)
struct Role {
  run::Role id;
  /// As in "Starting VRRP child process".
  const char* name;
  /// Log ident "Keepalived" + suffix; also inserted into the name of the log file.
  const char* suffix;
  std::string PidPaths::*pid_path;
  /// vrrp_process_name / checker_process_name.
  std::string GlobalConfig::*process_name;
  /// -P / -C.
  bool Options::*enabled;
  /// -V / -I.
  bool Options::*keep_at_exit;
  /// When there is nothing left for it to do it is reloaded to that before it is stopped: what goes
  /// is told of, as in any reload.
  bool takes_leave;
  /// Whether the configuration has something for it to do.
  bool Reading::*configured;
  /// Its part of the configuration.
  Fd Reading::*text;
  /// How it asks to be scheduled.
  run::SchedulingRequest (*scheduling)(const GlobalConfig& global);
  /// Runs in the forked child; returns its exit status.
  int (*main)(RoleStart start);
};

/// All roles, in the order they start: adverts first.
[[nodiscard]] const std::array<Role, 2>& roles();

/// "/var/log/x.log" for a role's suffix "_vrrp": "/var/log/x_vrrp.log".
[[nodiscard]] std::string role_log_file(const std::string& file, const std::string& suffix);

}  // namespace understudy
