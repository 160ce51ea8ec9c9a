#include "daemon/roles.hpp"

#include "checkers/process.hpp"
#include "daemon/dump.hpp"
#include "daemon/recorded.hpp"
#include "daemon/run/child.hpp"
#include "vrrp/process.hpp"

namespace understudy {
namespace {

/// Hands a role its part of the configuration, and the means to decode a new one.
template <typename RoleConfig, RoleConfig Config::*Part, auto Main, auto MakeReports>
int start(RoleStart start) {
  const auto decode = [load =
                           start.load](ByteView expanded) -> Result<run::ChildConfig<RoleConfig>> {
    auto config = decode_config(expanded, load);
    if (!config) return config.error();
    return run::ChildConfig<RoleConfig>{std::move(config->global), std::move((*config).*Part)};
  };
  auto reports = MakeReports(start);
  return Main(
      run::ChildSetup<RoleConfig>{Log(start.log),
                                  std::move(start.channel),
                                  std::move(start.page),
                                  {std::move(start.config.global), std::move(start.config.*Part)},
                                  start.respawned,
                                  start.keep_at_exit,
                                  decode},
      std::move(reports));
}

vrrp::Reports vrrp_reports(const RoleStart& start) {
  vrrp::Reports reports;
  if (start.dump) reports.dump = vrrp_dump(start.config);
  reports.recording = start.recording;
  reports.describe = recorded_text;
  reports.process_events = start.process_events;
  return reports;
}

checkers::Dump checkers_reports(const RoleStart& start) {
  return start.dump ? checkers_dump(start.config) : checkers::Dump();
}

}  // namespace

const std::array<Role, 2>& roles() {
  static const std::array<Role, 2> table{
      Role{run::Role::vrrp, "VRRP", "_vrrp", &PidPaths::vrrp, &GlobalConfig::vrrp_process_name,
           &Options::run_vrrp, &Options::keep_vips, false,
           [](const Config& config) { return !config.vrrp.instances.empty(); },
           start<vrrp::VrrpConfig, &Config::vrrp, vrrp::run_process, vrrp_reports>},
      Role{run::Role::checkers, "Healthcheck", "_healthcheckers", &PidPaths::checkers,
           &GlobalConfig::checker_process_name, &Options::run_checkers, &Options::keep_services,
           true, [](const Config& config) { return !config.checkers.virtual_servers.empty(); },
           start<checkers::CheckersConfig, &Config::checkers, checkers::run_process,
                 checkers_reports>}};
  return table;
}

std::string role_log_file(const std::string& file, const std::string& suffix) {
  if (file.empty()) return file;
  const auto dot = file.rfind('.');
  const auto slash = file.rfind('/');
  const bool has_dot = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  std::string result = file;
  return result.insert(has_dot ? dot : file.size(), suffix);
}

}  // namespace understudy
