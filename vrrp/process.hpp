// The vrrp child process: wires machines, sockets, kernel and parent together.
#pragma once

#include "daemon/run/child.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// Runs the child until it is told to leave; returns its exit status.
int run_process(run::ChildSetup<VrrpConfig> setup);

}  // namespace understudy::vrrp
