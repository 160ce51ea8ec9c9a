#include "tests/support/vrrp_child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

using namespace understudy;

namespace {

constexpr std::uint32_t kPageCapacity = 4096;

/// Runs in the forked child.
int child_main(const NamespacePair& network, char which, const VrrpChild::Config& config,
               const VrrpChild::Options& options, Fd channel, const std::string& log_path) {
  LogOptions log_options;
  log_options.to_syslog = false;
  log_options.detailed = true;
  log_options.file = log_path;
  auto page = run::HandoverPage::open(options.page, kPageCapacity);
  const auto decode = [&options](ByteView text) -> Result<VrrpChild::Config> {
    std::size_t index = 0;
    const auto* begin = reinterpret_cast<const char*>(text.data());
    std::from_chars(begin, begin + text.size(), index);
    if (index >= options.reloads.size()) return Error{"no such configuration"};
    return options.reloads[index];
  };
  int status = -1;
  network.inside(which, [&] {
    status = vrrp::run_process({Log(log_options), std::move(channel), std::move(page.value()),
                                config, options.respawned, options.keep_at_exit, decode});
  });
  return status;
}

}  // namespace

VrrpChild::VrrpChild(const NamespacePair& network, char which, const Config& config,
                     Options options) {
  static int number = 0;
  log_path_ = fmt::format("{}.log{}", options.page, ++number);
  auto [ours, theirs] = std::move(*Channel::make_pair());
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    ours.reset();
    _exit(child_main(network, which, config, options, std::move(theirs), log_path_));
  }
  channel_ = std::make_unique<Channel>(
      loop_, std::move(ours),
      Channel::Handlers{[this](const Message& message, const Fd&) { on_message(message); }, {}});
}

VrrpChild::~VrrpChild() {
  if (pid_ > 0) {
    signal(SIGKILL);
    wait();
  }
}

void VrrpChild::signal(int signo) const { kill(pid_, signo); }

int VrrpChild::wait() {
  if (pid_ <= 0) return status_;
  int status = 0;
  const auto give_up = Clock::now() + std::chrono::seconds(10);
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (Clock::now() > give_up) throw std::runtime_error("the vrrp process does not end");
    pass(std::chrono::milliseconds(2));
  }
  pass(std::chrono::milliseconds(2));
  pid_ = 0;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return status_;
}

bool VrrpChild::until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto end = Clock::now() + limit;
  while (!done() && Clock::now() < end) pass(std::chrono::milliseconds(2));
  return done();
}

void VrrpChild::pass(std::chrono::milliseconds time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) loop_.run_once(end - Clock::now());
}

bool VrrpChild::said(const std::string& line) const {
  return std::ranges::find(lines_, line) != lines_.end();
}

void VrrpChild::reload(std::size_t index) {
  const Fd text(memfd_create("configuration", MFD_CLOEXEC));
  const std::string digits = std::to_string(index);
  if (write(text.get(), digits.data(), digits.size()) < 0) throw std::runtime_error("write");
  channel_->send(ReloadOrder{outcomes_.size() + 1}, text.get());
}

std::string VrrpChild::log() const {
  std::ifstream file(log_path_);
  return {std::istreambuf_iterator<char>(file), {}};
}

void VrrpChild::on_message(const Message& message) {
  if (const auto* notification = std::get_if<Notification>(&message)) {
    lines_.push_back(notification->fifo_line);
    notifications_.push_back(*notification);
  } else if (const auto* run = std::get_if<TrackScriptRun>(&message)) {
    runs_.push_back(*run);
  } else if (const auto* outcome = std::get_if<ReloadOutcome>(&message)) {
    outcomes_.push_back(*outcome);
  } else if (std::holds_alternative<ChildReady>(message)) {
    ready_ = true;
  }
}
