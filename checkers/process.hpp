// The checker child process: wires checks, pools, the kernel's IPVS table and the parent together.
//
// The way of a check: Monitor (monitor.hpp) starts its Probe (tcp.hpp, http.hpp); the outcome is
// weighed by Verdict (verdict.hpp); a change goes to the Service (service.hpp), whose Pool
// (pool.hpp) says what follows: weights by the Executor (executor.hpp), news as a Notification to
// the parent.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "checkers/config.hpp"
#include "checkers/dump.hpp"
#include "daemon/run/child.hpp"
#include "daemon/run/scheduling.hpp"

namespace understudy::checkers {

/// How the process asks to be scheduled.
[[nodiscard]] run::SchedulingRequest scheduling_of(const GlobalConfig& global);

/// Writes the configuration, and what the process knows, as lines.
using Dump = std::function<std::vector<std::string>(
    const GlobalConfig& global, const CheckersConfig& config, const DumpFacts& facts)>;

/// Runs the child until it is told to leave; returns its exit status. With a `dump`, its lines are
/// logged at the start.
int run_process(run::ChildSetup<CheckersConfig> setup, const Dump& dump = {});

}  // namespace understudy::checkers
