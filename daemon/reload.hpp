// Reading a configuration, at start and at SIGHUP, and what of it goes to the log and to children.
//
// The way of a SIGHUP: Supervisor::reload() reads; reload_refusal() decides; apply_reload() sends
// each child a ReloadOrder with sealed_text(). The vrrp child decodes it in vrrp/reload_job.hpp and
// takes it over in Routers::reload(), the checker child in run/reload_decoder.hpp and its
// Process::swap(). Their ReloadOutcomes end in Supervisor::finish_reload_if_done().
#pragma once

#include <string>

#include "daemon/base/fd.hpp"
#include "daemon/base/log.hpp"
#include "daemon/config.hpp"
#include "daemon/options.hpp"

namespace understudy {

/// Where and as whom this daemon reads its configuration; looks up the interfaces that exist now.
[[nodiscard]] LoadOptions load_options(const Options& options);

/// Logs every diagnostic of a read configuration.
void log_diagnostics(Log& log, const Loaded& loaded);

/// Why a running daemon keeps its configuration rather than take `next`; empty: it takes it.
/// Besides what load_config() found, some settings cannot change while the daemon runs.
[[nodiscard]] std::string reload_refusal(const Config& current, const Loaded& next);

/// A sealed memory file with the expanded configuration, for the children to read.
Result<Fd> sealed_text(ByteView expanded);

}  // namespace understudy
