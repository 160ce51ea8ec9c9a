#include "tests/support/role_child.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "daemon/base/sealed_file.hpp"

using namespace understudy;

RoleChild::RoleChild(const std::string& page, const Main& main) {
  static int number = 0;
  log_path_ = fmt::format("{}.log{}", page, ++number);
  auto [ours, theirs] = std::move(*Channel::make_pair());
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    ours.reset();
    LogOptions log;
    log.to_syslog = false;
    log.detailed = true;
    log.file = log_path_;
    _exit(main(std::move(theirs), log));
  }
  theirs.reset();
  channel_ = std::make_unique<Channel>(
      loop_, std::move(ours),
      Channel::Handlers{[this](const Message& message, const Fd&) { on_message(message); }, {}});
}

RoleChild::~RoleChild() {
  if (pid_ > 0) {
    signal(SIGKILL);
    wait();
  }
}

void RoleChild::signal(int signo) const { kill(pid_, signo); }

int RoleChild::wait() {
  if (pid_ <= 0) return status_;
  int status = 0;
  const auto give_up = Clock::now() + std::chrono::seconds(10);
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (Clock::now() > give_up) throw std::runtime_error("the child process does not end");
    pass(std::chrono::milliseconds(2));
  }
  pass(std::chrono::milliseconds(2));
  pid_ = 0;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return status_;
}

bool RoleChild::until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto end = Clock::now() + limit;
  while (!done() && Clock::now() < end) pass(std::chrono::milliseconds(2));
  return done();
}

void RoleChild::pass(std::chrono::milliseconds time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) loop_.run_once(end - Clock::now());
}

bool RoleChild::said(const std::string& line) const {
  return std::ranges::find(lines_, line) != lines_.end();
}

void RoleChild::order_reload(std::size_t index) {
  const Fd text = make_memory_file("configuration").value();
  const std::string digits = std::to_string(index);
  fill_and_seal(text, {reinterpret_cast<const std::uint8_t*>(digits.data()), digits.size()})
      .value();
  channel_->send(ReloadOrder{outcomes_.size() + 1}, text.get());
}

std::string RoleChild::log() const {
  std::ifstream file(log_path_);
  return {std::istreambuf_iterator<char>(file), {}};
}

void RoleChild::on_message(const Message& message) {
  if (const auto* notification = std::get_if<Notification>(&message)) {
    notifications_.push_back(*notification);
    if (!notification->fifo_line.empty()) lines_.push_back(notification->fifo_line);
  } else if (const auto* run = std::get_if<TrackScriptRun>(&message)) {
    runs_.push_back(*run);
  } else if (const auto* outcome = std::get_if<ReloadOutcome>(&message)) {
    outcomes_.push_back(*outcome);
  } else if (std::holds_alternative<ChildReady>(message)) {
    ready_ = true;
  }
}
