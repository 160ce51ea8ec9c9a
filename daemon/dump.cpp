#include "daemon/dump.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "daemon/bfd/dump.hpp"
#include "daemon/global/dump.hpp"
#include "daemon/run/scheduling.hpp"

namespace understudy {
namespace {

/// Where execvp(3) would find it; the name itself where it would not.
std::string in_search_path(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* variable = std::getenv("PATH");
  std::string_view path = variable == nullptr ? "/bin:/usr/bin" : variable;
  while (!path.empty()) {
    const auto end = std::min(path.find(':'), path.size());
    auto candidate = std::filesystem::path(path.substr(0, end)) / name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate.string();
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return name;
}

FindScript find_script(bool keep_links) {
  return [keep_links](const std::string& name) {
    ScriptPath where{in_search_path(name), {}};
    std::error_code missing;
    const auto target = std::filesystem::canonical(where.found, missing);
    if (!keep_links && !missing && target != where.found) where.target = target.string();
    return where;
  };
}

mode_t present_umask() {
  const mode_t present = umask(077);
  umask(present);
  return present;
}

GlobalDumpFacts global_facts(const GlobalConfig& global) {
  GlobalDumpFacts facts;
  facts.umask = static_cast<std::uint16_t>(present_umask());
  facts.vrrp_default = {vrrp::kDefaultRealTimePriority, run::Scheduling::kDefaultLimit};
  facts.checker_default = facts.bfd_default = {0, run::Scheduling::kDefaultLimit};
  facts.find_script = find_script(global.use_symlink_paths);
  return facts;
}

std::vector<std::string> joined(std::vector<std::string> lines, std::vector<std::string> more) {
  DumpLines out;
  out.append(std::move(lines));
  out.append(std::move(more));
  return out.take();
}

}  // namespace

vrrp::Dump vrrp_dump(const Config& config) {
  std::vector<vrrp::BfdFacts> sessions;
  for (const auto& session : config.bfd.sessions) {
    if (session.to_vrrp) sessions.push_back({session.name, session.weight, session.weight_reverse});
  }
  return [sessions = std::move(sessions)](const GlobalConfig& global, const vrrp::VrrpConfig& own,
                                          vrrp::DumpFacts facts) {
    GlobalDumpFacts globals = global_facts(global);
    globals.vrrp_process = true;
    facts.bfds = sessions;
    facts.find_script = globals.find_script;
    return joined(dump(global, globals), vrrp::dump(own, global, facts));
  };
}

checkers::Dump checkers_dump(const Config& /*config*/) {
  return [](const GlobalConfig& global, const checkers::CheckersConfig& own,
            checkers::DumpFacts facts) {
    const GlobalDumpFacts globals = global_facts(global);
    facts.find_script = globals.find_script;
    return joined(dump(global, globals), checkers::dump(own, global, facts));
  };
}

void log_bfd_dump(Log& log, const bfd::BfdConfig& config) { log.write_all(bfd::dump(config), {}); }

}  // namespace understudy
