#include "daemon/roles.hpp"

#include <malloc.h>

#include <cstdlib>
#include <utility>

#include "checkers/process.hpp"
#include "daemon/base/program_pages.hpp"
#include "daemon/base/sealed_file.hpp"
#include "daemon/dump.hpp"
#include "daemon/recorded.hpp"
#include "daemon/run/child.hpp"
#include "vrrp/process.hpp"

namespace understudy {
namespace {

Result<Decoded> decode(const RoleStart& start) {
  const auto text = MappedFile::open(start.text.get());
  if (!text) return text.error();
  return decode_against(text->view(), start.load, {});
}

/// Hands a role its part of the configuration, and the means to decode a new one.
template <typename RoleConfig, RoleConfig Config::*Part, auto Main, auto MakeReports>
int start(RoleStart start) {
  Log log(start.log);
  auto decoded = decode(start);
  if (!decoded) {
    log.error("{}", decoded.error().message);
    return EXIT_FAILURE;
  }
  auto reports = MakeReports(start, decoded->config);
  const auto own = [](Decoded all) {
    return run::ChildConfig<RoleConfig>{std::move(all.config.global), std::move(all.config.*Part),
                                        std::move(all.places), std::move(all.unchanged)};
  };
  run::ChildConfig<RoleConfig> config = own(std::move(*decoded));
  // Nothing of what decoding took is kept.
  decoded = Decoded();
  malloc_trim(0);
  forget_program_pages();
  const auto decode_again =
      [load = start.load, own](
          ByteView expanded,
          const run::TextBefore& before) -> Result<run::ChildConfig<RoleConfig>> {
    auto next = decode_against(expanded, load, before);
    if (!next) return next.error();
    return own(std::move(*next));
  };
  return Main(run::ChildSetup<RoleConfig>{std::move(log), std::move(start.channel),
                                          std::move(start.page), std::move(config), start.respawned,
                                          start.keep_at_exit, decode_again, std::move(start.text)},
              std::move(reports));
}

vrrp::Reports vrrp_reports(const RoleStart& start, const Config& config) {
  vrrp::Reports reports;
  if (start.dump) reports.dump = vrrp_dump(config);
  reports.recording = start.recording;
  reports.describe = recorded_text;
  reports.process_events = start.process_events;
  return reports;
}

checkers::Dump checkers_reports(const RoleStart& start, const Config& config) {
  return start.dump ? checkers_dump(config) : checkers::Dump();
}

}  // namespace

const std::array<Role, 2>& roles() {
  static const std::array<Role, 2> table{
      Role{run::Role::vrrp, "VRRP", "_vrrp", &PidPaths::vrrp, &GlobalConfig::vrrp_process_name,
           &Options::run_vrrp, &Options::keep_vips, false, &Reading::vrrp, &Reading::vrrp_text,
           vrrp::scheduling_of,
           start<vrrp::VrrpConfig, &Config::vrrp, vrrp::run_process, vrrp_reports>},
      Role{run::Role::checkers, "Healthcheck", "_healthcheckers", &PidPaths::checkers,
           &GlobalConfig::checker_process_name, &Options::run_checkers, &Options::keep_services,
           true, &Reading::checkers, &Reading::checkers_text, checkers::scheduling_of,
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
