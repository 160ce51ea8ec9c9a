// The checker child process: wires checks, pools, the kernel's IPVS table and the parent together.
#pragma once

#include "checkers/config.hpp"
#include "daemon/run/child.hpp"

namespace understudy::checkers {

/// Runs the child until it is told to leave; returns its exit status.
int run_process(run::ChildSetup<CheckersConfig> setup);

}  // namespace understudy::checkers
