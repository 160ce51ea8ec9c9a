// What the daemon asks of the system before it works: background, network namespace, limits.
#pragma once

#include <string>

#include "daemon/base/fd.hpp"
#include "daemon/base/result.hpp"
#include "daemon/options.hpp"

namespace understudy {

/// The node name of uname(2).
[[nodiscard]] std::string node_name();

/// Enters the network namespace `name` of ip-netns(8), and a mount namespace of our own in which
/// /run/keepalived is /run/keepalived/keepalived_NAME, as keepalived(8) NAMESPACES says.
Result<void> enter_namespace(const std::string& name);

/// Names of the capabilities (capabilities(7)) that VRRP cannot do without and this process lacks:
/// CAP_NET_ADMIN for addresses, CAP_NET_RAW for adverts and ARP. Empty: all are there.
[[nodiscard]] std::string missing_vrrp_capabilities();

/// Names this process for ps(1) and killall(1), at most 15 octets; an empty name changes nothing.
void set_process_name(const std::string& name);

/// -u, -m and -M.
Result<void> apply_process_options(const Options& options);

/// Goes to the background. The process that was started waits until report_start() is called, and
/// exits with its status: an init script sees whether the daemon runs. Returns, in the background
/// process only, the descriptor for report_start().
Result<Fd> daemonize();

/// Tells the waiting process that the daemon runs (0) or how it ended; closes the descriptor.
void report_start(Fd& waiting, int status);

}  // namespace understudy
