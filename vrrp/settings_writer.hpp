// Settings of IPv4 on interfaces, written by netlink.
#pragma once

#include "daemon/netlink/monitor.hpp"
#include "daemon/netlink/socket.hpp"
#include "daemon/run/sysctl.hpp"

namespace understudy::vrrp {

/// Writes net/ipv4/conf/INTERFACE/… by netlink, which works in containers where /proc/sys is
/// read-only; everything else as run::write_sysctl(). Both arguments must outlive it.
[[nodiscard]] run::Sysctls::Write settings_writer(netlink::Socket& socket,
                                                  const netlink::Monitor& monitor);

}  // namespace understudy::vrrp
