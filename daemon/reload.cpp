#include "daemon/reload.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sstream>

#include "daemon/netlink/interface_facts.hpp"
#include "daemon/surroundings.hpp"

namespace understudy {

LoadOptions load_options(const Options& options) {
  LoadOptions load;
  load.path = options.config_file;
  load.hostname = node_name();
  load.config_id = options.config_id.empty() ? load.hostname.substr(0, load.hostname.find('.'))
                                             : options.config_id;
  load.interfaces = netlink::read_interfaces();
  return load;
}

void log_diagnostics(Log& log, const Loaded& loaded) {
  for (const auto& diagnostic : loaded.diagnostics) {
    // A log line each: the original's words, the line and its caret, the hint.
    std::istringstream lines(parser::render(diagnostic));
    for (std::string line; std::getline(lines, line);) log.info("{}", line);
  }
}

std::string reload_refusal(const Config& current, const Loaded& next) {
  if (!next.reload_refusal.empty()) return next.reload_refusal;
  const auto& was = current.global;
  const auto& is = next.config.global;
  constexpr auto kRestart = "Cannot change {} at a reload - please restart keepalived";
  if (was.net_namespace != is.net_namespace) return fmt::format(kRestart, "network namespace");
  if (was.net_namespace_ipvs != is.net_namespace_ipvs) {
    return fmt::format(kRestart, "IPVS network namespace");
  }
  if (was.instance != is.instance) return fmt::format(kRestart, "instance name");
  if (was.nftables_table != is.nftables_table) return fmt::format(kRestart, "nftables table name");
  if (was.nftables_ipvs.table != is.nftables_ipvs.table) {
    return fmt::format(kRestart, "IPVS nftables table name");
  }
  return {};
}

Result<Fd> sealed_text(ByteView expanded) {
  Fd file(memfd_create("keepalived.conf", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return Error::from_errno(errno, "memfd_create");
  while (!expanded.empty()) {
    const ssize_t written = write(file.get(), expanded.data(), expanded.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Error::from_errno(errno, "cannot write the configuration to memory");
    expanded = expanded.subspan(static_cast<std::size_t>(written));
  }
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (fcntl(file.get(), F_ADD_SEALS, kSeals) < 0) return Error::from_errno(errno, "F_ADD_SEALS");
  return file;
}

}  // namespace understudy
