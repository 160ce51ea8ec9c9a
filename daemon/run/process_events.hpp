// The kernel's process events connector (linux/cn_proc.h): forks, executions, exits, new names.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "daemon/base/bytes.hpp"
#include "daemon/base/fd.hpp"
#include "daemon/base/result.hpp"

namespace understudy::run {

/// What happened to a process (never a thread).
struct ProcessEvent {
  enum class What : std::uint8_t { forked, executed, renamed, exited };
  What what = What::forked;
  pid_t pid = 0;
  /// Of a fork.
  pid_t parent = 0;
  bool operator==(const ProcessEvent&) const = default;
};

/// A socket that hears process events once subscribe() has asked for them. Exists in the first
/// network namespace only: open it before entering another. An error where the kernel has none or
/// refuses.
Result<Fd> open_process_events();
/// Asks the kernel for events.
Result<void> subscribe(int socket);

/// What reading came to.
enum class EventsRead : std::uint8_t { all, more, lost };

/// Reads at most `limit` datagrams and calls `on_event` for each event. lost: the kernel dropped
/// some, what is known of processes has to be read anew.
EventsRead read_events(int socket, unsigned limit,
                       const std::function<void(const ProcessEvent&)>& on_event);

/// The event in a datagram of the connector; an error for anything else that may arrive.
[[nodiscard]] Result<ProcessEvent> decode_process_event(ByteView datagram);

}  // namespace understudy::run
