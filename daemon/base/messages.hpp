// Everything that crosses from one of our processes to another: one variant, here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/bytes.hpp"
#include "daemon/base/result.hpp"

namespace understudy {

/// A program to execute, without a shell, as a user.
struct ScriptCommand {
  std::vector<std::string> argv;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  bool operator==(const ScriptCommand&) const = default;
};

/// An alert mail; sender, recipients and server are the parent's to know.
struct Mail {
  /// Without the "[router_id] " in front.
  std::string subject;
  std::string body;
  bool operator==(const Mail&) const = default;
};

/// Child to parent: tell the world that `object` changed. Per object in order; the last is always
/// delivered.
struct Notification {
  /// What the order is kept for, e.g. "INSTANCE VI_1" or "RS [10.0.0.1]:tcp:80 [10.0.0.9]:tcp:80".
  std::string object;
  /// Run one after the other is not required: they start together, as keepalived does.
  std::vector<ScriptCommand> scripts;
  /// Line for the notify FIFOs, without newline; empty for none.
  std::string fifo_line;
  std::optional<Mail> mail;
  bool operator==(const Notification&) const = default;
};

/// Child to parent: run a tracking script once.
struct TrackScriptRun {
  std::string name;
  ScriptCommand command;
  /// Microseconds after which it gets SIGTERM; 0 for no limit.
  std::uint64_t timeout_us = 0;
  bool operator==(const TrackScriptRun&) const = default;
};

/// How a script ended.
enum class ScriptEnd : std::uint8_t { exited, signalled, timed_out, not_started };

/// Parent to child: the outcome of a TrackScriptRun. `code` is the exit status, the signal, or the
/// errno of a failed start.
struct TrackScriptResult {
  std::string name;
  ScriptEnd end = ScriptEnd::exited;
  std::int32_t code = 0;
  bool operator==(const TrackScriptResult&) const = default;
};

/// Child to parent: initialised, doing its work.
struct ChildReady {
  bool operator==(const ChildReady&) const = default;
};

/// Parent to child: a new configuration; its text is in the memfd sent along.
struct ReloadOrder {
  std::uint64_t generation = 0;
  bool operator==(const ReloadOrder&) const = default;
};

/// Child to parent: the configuration of `generation` is in force, or why it is not.
struct ReloadOutcome {
  std::uint64_t generation = 0;
  bool in_force = false;
  std::string reason;
  bool operator==(const ReloadOutcome&) const = default;
};

/// All of the above.
using Message = std::variant<Notification, TrackScriptRun, TrackScriptResult, ChildReady,
                             ReloadOrder, ReloadOutcome>;

/// Octets of a message: its index in the variant, then its fields in order.
[[nodiscard]] Bytes encode(const Message& message);
/// The reverse; an error for anything that encode() does not produce.
[[nodiscard]] Result<Message> decode_message(ByteView data);

}  // namespace understudy
