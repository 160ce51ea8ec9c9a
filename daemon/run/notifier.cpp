#include "daemon/run/notifier.hpp"

#include <algorithm>
#include <utility>

namespace understudy::run {
namespace {

SmtpSettings smtp_settings(const GlobalConfig& config) {
  return {config.smtp_server,        config.smtp_helo_name, config.notification_email_from,
          config.notification_email, config.router_id,      config.smtp_connect_timeout};
}

FifoSettings fifo_settings(const NotifyFifo& config) {
  return {config.path,
          config.uid,
          config.gid,
          {config.script.argv, config.script.uid, config.script.gid}};
}

}  // namespace

struct Notifier::Queue {
  std::string object;
  /// Of the change being told.
  std::vector<ScriptId> running;
  TimePoint started;
  /// Scripts of the newest change, if they have to wait.
  std::optional<std::vector<ScriptCommand>> next;
  std::unique_ptr<Timer> patience;
};

Notifier::Notifier(Loop& loop, Log& log, ScriptRunner& scripts, const GlobalConfig& config)
    : loop_(loop), log_(log), scripts_(scripts), mail_(loop, log) {
  reconfigure(config);
}

Notifier::~Notifier() { *alive_ = false; }

void Notifier::reconfigure(const GlobalConfig& config) {
  scripts_.set_security(config.enable_script_security);
  mail_.configure(smtp_settings(config));
  set_fifo(fifo_, "", config.notify_fifo);
  set_fifo(role_fifos_[static_cast<std::size_t>(Role::vrrp)], "vrrp_", config.vrrp_notify_fifo);
  set_fifo(role_fifos_[static_cast<std::size_t>(Role::checkers)], "lvs_", config.lvs_notify_fifo);
}

void Notifier::set_fifo(std::unique_ptr<Fifo>& fifo, const std::string& type,
                        const NotifyFifo& config) {
  FifoSettings settings = fifo_settings(config);
  if (fifo && fifo->settings() == settings) return;
  // The old one goes first: the new one may have the same path.
  fifo.reset();
  if (!settings.path.empty()) {
    fifo = std::make_unique<Fifo>(loop_, log_, scripts_, type, std::move(settings));
  }
}

void Notifier::handle(const Notification& notification, Role role) {
  if (!notification.fifo_line.empty()) {
    if (fifo_) fifo_->write(notification.fifo_line);
    const auto& role_fifo = role_fifos_[static_cast<std::size_t>(role)];
    if (role_fifo) role_fifo->write(notification.fifo_line);
  }
  if (notification.mail) mail_.send(notification.object, *notification.mail);
  if (notification.scripts.empty()) return;
  auto& queue = queues_[notification.object];
  if (!queue) {
    queue = std::make_unique<Queue>();
    queue->object = notification.object;
    return start_scripts(*queue, notification.scripts);
  }
  if (queue->next) {
    log_.detail("{}: notify scripts of a change that is outdated already are skipped",
                notification.object);
  }
  queue->next = notification.scripts;
  limit_running(*queue);
}

/// Newer scripts wait: those that run have only so much time.
void Notifier::limit_running(Queue& queue) {
  if (!queue.patience) {
    queue.patience = std::make_unique<Timer>(loop_, [this, &queue] { end_overrunning(queue); });
  }
  const Duration limit = stopping_ ? kLastPatience : kNotifyPatience;
  queue.patience->arm(std::max(loop_.now(), queue.started + limit));
}

void Notifier::start_scripts(Queue& queue, const std::vector<ScriptCommand>& scripts) {
  queue.started = loop_.now();
  for (const auto& command : scripts) {
    const ScriptId id =
        scripts_.run(command, Duration::zero(),
                     [this, alive = alive_, &queue, command](ScriptEnd end, int code) {
                       if (*alive) script_ended(queue, command, end, code);
                     });
    queue.running.push_back(id);
  }
}

void Notifier::script_ended(Queue& queue, const ScriptCommand& command, ScriptEnd end, int code) {
  if (end == ScriptEnd::signalled) {
    log_.info("{}: notify script {} was ended by signal {}", queue.object, command.argv.front(),
              code);
  }
  // The runner has forgotten those that ended, this one included.
  std::erase_if(queue.running, [this](ScriptId id) { return !scripts_.running(id); });
  if (!queue.running.empty()) return;
  if (auto next = std::exchange(queue.next, std::nullopt)) {
    queue.patience.reset();
    return start_scripts(queue, *next);
  }
  // A copy: the key is in what is erased.
  const std::string object = queue.object;
  queues_.erase(object);
}

void Notifier::end_overrunning(Queue& queue) {
  log_.warning(
      "{}: notify scripts run for {} s while newer ones wait - ending them", queue.object,
      std::chrono::duration_cast<std::chrono::seconds>(loop_.now() - queue.started).count());
  const auto running = queue.running;
  // May end with the queue gone.
  for (const ScriptId id : running) scripts_.terminate(id);
}

void Notifier::begin_stop() {
  mail_.begin_stop();
  if (std::exchange(stopping_, true)) return;
  for (const auto& [object, queue] : queues_) {
    if (queue->next) limit_running(*queue);
  }
}

bool Notifier::idle() const {
  const auto quiet = [](const std::unique_ptr<Fifo>& fifo) { return !fifo || fifo->idle(); };
  return queues_.empty() && mail_.idle() && quiet(fifo_) &&
         std::all_of(role_fifos_.begin(), role_fifos_.end(), quiet);
}

void Notifier::give_up() {
  if (!given_up_) given_up_ = loop_.now();
  mail_.give_up();
  for (const auto& [object, queue] : queues_) {
    const auto missed = std::exchange(queue->next, std::nullopt);
    if (missed) log_.warning("{}: notify script {} not run", object, missed->front().argv.front());
  }
  if (fifo_) fifo_->close();
  for (auto& fifo : role_fifos_) {
    if (fifo) fifo->close();
  }
}

bool Notifier::reading() const {
  if (given_up_ && loop_.now() - *given_up_ > kReaderFarewell) return false;
  const auto read = [](const std::unique_ptr<Fifo>& fifo) { return fifo && fifo->reading(); };
  return read(fifo_) || std::any_of(role_fifos_.begin(), role_fifos_.end(), read);
}

}  // namespace understudy::run
