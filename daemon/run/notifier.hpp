// Tells the world what the children report: notify scripts, notify FIFOs and mail.
//
// Lives in the parent, so that none of it can delay a child and all of it outlives one. Scripts of
// one object (a virtual router, a group, a virtual or a real server) run one after another in the
// order of its changes; changes that became outdated while they waited are skipped, the last is
// always told. FIFOs and mail get everything, in order.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/messages.hpp"
#include "daemon/global/config.hpp"
#include "daemon/run/fifo.hpp"
#include "daemon/run/script.hpp"
#include "daemon/run/smtp_alert.hpp"

namespace understudy::run {

/// Which child speaks. What is known of a role is in daemon/roles.hpp, which this must not see.
enum class Role : std::uint8_t { vrrp, checkers };

/// Scripts of an object that run longer than this while newer ones wait are ended.
inline constexpr Duration kNotifyPatience = std::chrono::seconds(30);
/// The same while the daemon ends, so that the last change is still told.
inline constexpr Duration kLastPatience = std::chrono::seconds(1);

/// How long the end of the daemon waits for readers of FIFOs.
inline constexpr Duration kReaderFarewell = std::chrono::seconds(1);

/// The parent's voice.
class Notifier {
 public:
  Notifier(Loop& loop, Log& log, ScriptRunner& scripts, const GlobalConfig& config);
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  ~Notifier();

  /// Starts or queues all that `notification` asks for.
  void handle(const Notification& notification, Role role);
  /// After a reload: FIFOs and their readers whose settings are the same are not touched.
  void reconfigure(const GlobalConfig& config);
  /// The daemon is about to end: no mail waits for a later attempt any more, no script for long.
  void begin_stop();
  /// All scripts have ended (a FIFO's reader does not count), the FIFOs have taken every line and
  /// every mail is delivered or given up.
  [[nodiscard]] bool idle() const;
  /// Ends telling: the FIFOs are closed, so that their readers meet the end of the file; mails not
  /// delivered and scripts not run are logged.
  void give_up();
  /// A FIFO's reader still runs; after give_up() it has kReaderFarewell for the last lines.
  [[nodiscard]] bool reading() const;

 private:
  struct Queue;
  void start_scripts(Queue& queue, const std::vector<ScriptCommand>& scripts);
  void script_ended(Queue& queue, const ScriptCommand& command, ScriptEnd end, int code);
  void limit_running(Queue& queue);
  void end_overrunning(Queue& queue);
  void set_fifo(std::unique_ptr<Fifo>& fifo, const std::string& type, const NotifyFifo& config);

  Loop& loop_;
  Log& log_;
  ScriptRunner& scripts_;
  SmtpAlerts mail_;
  /// notify_fifo, vrrp_notify_fifo, lvs_notify_fifo.
  std::unique_ptr<Fifo> fifo_;
  std::array<std::unique_ptr<Fifo>, 2> role_fifos_;
  /// Objects with scripts running or waiting.
  std::map<std::string, std::unique_ptr<Queue>> queues_;
  bool stopping_ = false;
  /// When give_up() was called first.
  std::optional<TimePoint> given_up_;
  /// Tells end handlers of scripts that this object is gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace understudy::run
