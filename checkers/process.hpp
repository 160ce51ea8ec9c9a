// The checker child process: wires checks, pools, the kernel's IPVS table and the parent together.
//
// The way of a check: Monitor (monitor.hpp) starts its Probe (tcp.hpp, http.hpp); the outcome is
// weighed by Verdict (verdict.hpp); a change goes to the Service (service.hpp), whose Pool
// (pool.hpp) says what follows: weights by the Executor (executor.hpp), news as a Notification to
// the parent.
#pragma once

#include "checkers/config.hpp"
#include "daemon/run/child.hpp"

namespace understudy::checkers {

/// Runs the child until it is told to leave; returns its exit status.
int run_process(run::ChildSetup<CheckersConfig> setup);

}  // namespace understudy::checkers
