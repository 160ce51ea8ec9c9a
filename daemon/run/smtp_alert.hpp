// Delivers alert mails: a queue, a few sessions at a time, the order kept per object.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/messages.hpp"
#include "daemon/run/smtp_dialogue.hpp"

namespace understudy::run {

/// Where mail goes; no server or no recipient: nowhere.
struct SmtpSettings {
  Endpoint server;
  std::string helo;
  std::string from;
  std::vector<std::string> to;
  /// "[router_id] " before every subject, if there is one.
  std::string router_id;
  /// For the connection, and for each step of a session.
  Duration timeout = std::chrono::seconds(30);
  bool operator==(const SmtpSettings&) const = default;
};

/// Mails waiting at most; beyond it the oldest is given up.
inline constexpr std::size_t kMostMails = 10'000;
/// Sessions at once.
inline constexpr std::size_t kMostSmtpSessions = 4;
/// How often a mail is tried whose server cannot be reached or says "later" (4xx).
inline constexpr unsigned kMailAttempts = 3;

/// The alert mails of a daemon.
class SmtpAlerts {
 public:
  SmtpAlerts(Loop& loop, Log& log);
  SmtpAlerts(const SmtpAlerts&) = delete;
  SmtpAlerts& operator=(const SmtpAlerts&) = delete;
  ~SmtpAlerts();

  /// For mails sent from now on; those waiting keep what they were sent with.
  void configure(const SmtpSettings& settings);
  /// Queues a mail, dated now. Mails of one object arrive in order.
  void send(const std::string& object, const Mail& mail);
  /// The daemon is about to end: what waits for another attempt is tried now, for the last time.
  void begin_stop();
  /// Nothing waits and nothing is under way.
  [[nodiscard]] bool idle() const { return queue_.empty() && sessions_.empty(); }
  /// Logs each mail that is not delivered yet and forgets it.
  void give_up();

 private:
  struct Entry;
  struct Session;
  void start_sessions();
  [[nodiscard]] bool startable(std::size_t position) const;
  void open_session(std::unique_ptr<Entry> entry);
  void on_ready(Session& session, std::uint32_t events);
  void on_connected(Session& session);
  bool receive(Session& session);
  void flush(Session& session);
  void on_timeout(Session& session);
  void fail(Session& session, const std::string& reason);
  void finish(Session& session);
  void log_refusals(const Session& session);
  void try_later(std::unique_ptr<Entry> entry, bool permanent);
  void log_undelivered(const Entry& entry);

  Loop& loop_;
  Log& log_;
  std::shared_ptr<const SmtpSettings> settings_;
  bool stopping_ = false;
  std::deque<std::unique_ptr<Entry>> queue_;
  std::vector<std::unique_ptr<Session>> sessions_;
  Timer starter_;
};

}  // namespace understudy::run
