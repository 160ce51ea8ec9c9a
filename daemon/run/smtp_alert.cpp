#include "daemon/run/smtp_alert.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "daemon/base/fd.hpp"

namespace understudy::run {
namespace {

constexpr std::array<Duration, kMailAttempts - 1> kRetryDelays{std::chrono::seconds(5),
                                                               std::chrono::seconds(30)};
/// A session may take this many timeouts in all, however slowly it makes progress.
constexpr int kLongestSession = 10;

/// RFC 5322 date and time in the local zone.
std::string mail_date() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 64> text{};
  const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S %z", &local);
  return {text.data(), size};
}

}  // namespace

struct SmtpAlerts::Entry {
  std::string object;
  std::string subject;
  SmtpMessage message;
  std::shared_ptr<const SmtpSettings> settings;
  TimePoint not_before;
  unsigned attempts = 0;
};

struct SmtpAlerts::Session {
  Session(std::unique_ptr<Entry> mail, Loop& loop, std::function<void()> on_timeout)
      : entry(std::move(mail)), dialogue(entry->message), timer(loop, std::move(on_timeout)) {}

  std::unique_ptr<Entry> entry;
  SmtpDialogue dialogue;
  bool connected = false;
  std::string outbox;
  TimePoint last_deadline;
  Timer timer;
  Fd socket;
  // After the descriptor it watches, so that it goes first.
  std::unique_ptr<Watch> watch;

  [[nodiscard]] std::string server() const { return entry->settings->server.to_string(); }
};

SmtpAlerts::SmtpAlerts(Loop& loop, Log& log)
    : loop_(loop),
      log_(log),
      settings_(std::make_shared<SmtpSettings>()),
      starter_(loop, [this] { start_sessions(); }) {}

SmtpAlerts::~SmtpAlerts() = default;

void SmtpAlerts::configure(const SmtpSettings& settings) {
  if (*settings_ != settings) settings_ = std::make_shared<SmtpSettings>(settings);
}

void SmtpAlerts::send(const std::string& object, const Mail& mail) {
  if (settings_->server.address.empty() || settings_->to.empty()) return;
  auto entry = std::make_unique<Entry>();
  entry->object = object;
  entry->subject = settings_->router_id.empty() ? mail.subject
                                                : "[" + settings_->router_id + "] " + mail.subject;
  entry->message = {
      settings_->helo.empty() ? "localhost" : settings_->helo, settings_->from, settings_->to,
      alert_content(mail_date(), settings_->from, settings_->to, entry->subject, mail.body)};
  entry->settings = settings_;
  entry->not_before = loop_.now();
  if (queue_.size() == kMostMails) {
    log_undelivered(*queue_.front());
    queue_.pop_front();
  }
  queue_.push_back(std::move(entry));
  starter_.arm(loop_.now());
}

bool SmtpAlerts::startable(std::size_t position) const {
  const Entry& entry = *queue_[position];
  if (entry.not_before > loop_.now()) return false;
  const auto same = [&entry](const Entry& other) { return other.object == entry.object; };
  return std::none_of(sessions_.begin(), sessions_.end(),
                      [&](const auto& session) { return same(*session->entry); }) &&
         std::none_of(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(position),
                      [&](const auto& earlier) { return same(*earlier); });
}

void SmtpAlerts::start_sessions() {
  for (std::size_t i = 0; i < queue_.size() && sessions_.size() < kMostSmtpSessions;) {
    if (!startable(i)) {
      ++i;
      continue;
    }
    auto entry = std::move(queue_[i]);
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(i));
    open_session(std::move(entry));
  }
  if (sessions_.size() == kMostSmtpSessions) return;
  // The earliest that waits for another attempt; those behind another of their object are woken by
  // its end.
  for (const auto& entry : queue_) {
    if (entry->not_before <= loop_.now()) continue;
    if (!starter_.deadline() || entry->not_before < *starter_.deadline()) {
      starter_.arm(entry->not_before);
    }
  }
}

void SmtpAlerts::open_session(std::unique_ptr<Entry> entry) {
  ++entry->attempts;
  // The handler needs the session's address, which exists only afterwards.
  auto address = std::make_shared<Session*>(nullptr);
  auto owned = std::make_unique<Session>(std::move(entry), loop_,
                                         [this, address] { on_timeout(**address); });
  Session& session = *owned;
  *address = &session;
  sessions_.push_back(std::move(owned));
  const Endpoint& server = session.entry->settings->server;
  sockaddr_storage storage{};
  const socklen_t length = server.to_sockaddr(storage);
  session.socket.reset(
      ::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!session.socket)
    return fail(session, fmt::format("SMTP connection ERROR to {}. ({})", session.server(),
                                     strerror(errno)));
  const int result =
      ::connect(session.socket.get(), reinterpret_cast<const sockaddr*>(&storage), length);
  if (result != 0 && errno != EINPROGRESS) {
    return fail(session, fmt::format("SMTP connection ERROR to {}. ({})", session.server(),
                                     strerror(errno)));
  }
  const Duration timeout = session.entry->settings->timeout;
  session.last_deadline = loop_.now() + kLongestSession * timeout;
  session.timer.arm(loop_.now() + timeout);
  session.watch = std::make_unique<Watch>(
      loop_, session.socket.get(), EPOLLOUT,
      [this, &session](std::uint32_t events) { on_ready(session, events); });
}

void SmtpAlerts::on_ready(Session& session, std::uint32_t events) {
  if (!session.connected) return on_connected(session);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !receive(session)) return;
  if (session.dialogue.ended()) return finish(session);
  flush(session);
}

void SmtpAlerts::on_connected(Session& session) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(session.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    return fail(session, fmt::format("SMTP connection ERROR to {}. ({})", session.server(),
                                     strerror(error)));
  }
  log_.detail("Remote SMTP server {} connected.", session.server());
  session.connected = true;
  session.watch->set_events(EPOLLIN);
  session.timer.arm(loop_.now() + session.entry->settings->timeout);
}

/// False: the session is no more.
bool SmtpAlerts::receive(Session& session) {
  std::array<char, 4096> buffer{};
  const ssize_t size = recv(session.socket.get(), buffer.data(), buffer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (size < 0) {
    fail(session, fmt::format("Error reading data from remote SMTP server {}. ({})",
                              session.server(), strerror(errno)));
    return false;
  }
  if (size == 0) {
    fail(session,
         fmt::format("Remote SMTP server {} has closed the connection.", session.server()));
    return false;
  }
  session.dialogue.receive({buffer.data(), static_cast<std::size_t>(size)});
  session.timer.arm(
      std::min(loop_.now() + session.entry->settings->timeout, session.last_deadline));
  return true;
}

void SmtpAlerts::flush(Session& session) {
  session.outbox += session.dialogue.take_output();
  while (!session.outbox.empty()) {
    const ssize_t sent =
        ::send(session.socket.get(), session.outbox.data(), session.outbox.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) {
      return fail(session,
                  fmt::format("Cannot send data to remote SMTP server {}.", session.server()));
    }
    session.outbox.erase(0, static_cast<std::size_t>(sent));
  }
  session.watch->set_events(session.outbox.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

void SmtpAlerts::on_timeout(Session& session) {
  fail(session, session.connected
                    ? fmt::format("Timeout reading data to remote SMTP server {}. ({})",
                                  session.server(), stage_name(session.dialogue.stage()))
                    : fmt::format("Timeout connecting SMTP server {}.", session.server()));
}

void SmtpAlerts::fail(Session& session, const std::string& reason) {
  // A server that has the mail need not say good-bye; what it refused is said by finish().
  const bool settled = session.dialogue.delivered() || !session.dialogue.refusals().empty();
  if (!settled) log_.info("{}", reason);
  finish(session);
}

void SmtpAlerts::finish(Session& session) {
  log_refusals(session);
  const auto& refusals = session.dialogue.refusals();
  const bool permanent = std::any_of(refusals.begin(), refusals.end(),
                                     [](const auto& refusal) { return refusal.code >= 500; });
  const bool delivered = session.dialogue.delivered();
  auto entry = std::move(session.entry);
  std::erase_if(sessions_, [&session](const auto& each) { return each.get() == &session; });
  if (delivered) {
    log_.detail("SMTP alert successfully sent.");
  } else {
    try_later(std::move(entry), permanent);
  }
  if (!queue_.empty()) starter_.arm(loop_.now());
}

void SmtpAlerts::log_refusals(const Session& session) {
  for (const auto& refusal : session.dialogue.refusals()) {
    const std::string whom = refusal.recipient.empty() ? "" : " for " + refusal.recipient;
    log_.info("Error processing {} cmd{} on SMTP server {}. SMTP status code = {} ({})",
              stage_name(refusal.stage), whom, session.server(), refusal.code, refusal.text);
  }
}

void SmtpAlerts::try_later(std::unique_ptr<Entry> entry, bool permanent) {
  if (permanent || stopping_ || entry->attempts >= kMailAttempts) return log_undelivered(*entry);
  entry->not_before = loop_.now() + kRetryDelays.at(entry->attempts - 1);
  // In front: later mails of its object wait for it.
  queue_.push_front(std::move(entry));
}

void SmtpAlerts::begin_stop() {
  stopping_ = true;
  for (auto& entry : queue_) entry->not_before = loop_.now();
  if (!queue_.empty()) starter_.arm(loop_.now());
}

void SmtpAlerts::give_up() {
  for (const auto& session : sessions_) {
    if (!session->dialogue.delivered()) log_undelivered(*session->entry);
  }
  for (const auto& entry : queue_) log_undelivered(*entry);
  sessions_.clear();
  queue_.clear();
  starter_.disarm();
}

void SmtpAlerts::log_undelivered(const Entry& entry) {
  log_.warning("SMTP alert not delivered to {}: {}", entry.settings->server.to_string(),
               entry.subject);
}

}  // namespace understudy::run
