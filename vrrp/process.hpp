// The vrrp child process: wires machines, sockets, kernel and parent together.
//
// The way of a packet: ListeningSocket (advert_socket.hpp), read by Transport (transport.hpp):
// read_ipv4 (datagram.hpp), examine (reception.hpp) -> Routers (routers.hpp) ->
// Machine::step (machine.hpp; machine_adverts.cpp) -> its Actions to the Executor (executor.hpp):
// adverts by Transport, addresses by KernelObjects, announcements by Announcer, news as a
// Notification (notification.hpp) to the parent, whose run::Notifier runs scripts and sends mail.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/run/child.hpp"
#include "daemon/run/scheduling.hpp"
#include "vrrp/config.hpp"
#include "vrrp/dump.hpp"
#include "vrrp/recorder.hpp"

namespace understudy::vrrp {

/// SCHED_RR priority where none is configured: above everything normal, below the kernel's own
/// interrupt threads (50).
inline constexpr int kDefaultRealTimePriority = 10;

/// How the process asks to be scheduled.
[[nodiscard]] run::SchedulingRequest scheduling_of(const GlobalConfig& global);

/// Writes the configuration, and what the process knows, as lines.
using Dump = std::function<std::vector<std::string>(const GlobalConfig& global,
                                                    const VrrpConfig& config, DumpFacts facts)>;

/// What the process tells about itself, as far as it is asked to.
struct Reports {
  /// Lines that are logged at the start.
  Dump dump;
  /// Where a recording goes (recording.hpp), and how it writes the configuration; empty: there is
  /// none.
  std::string recording;
  Recorder::Describe describe;
  /// A socket of run::open_process_events(), from before a network namespace was entered; -1: none.
  int process_events = -1;
};

/// Runs the child until it is told to leave; returns its exit status.
int run_process(run::ChildSetup<VrrpConfig> setup, const Reports& reports = {});

}  // namespace understudy::vrrp
