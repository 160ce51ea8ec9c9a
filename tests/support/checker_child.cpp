#include "tests/support/checker_child.hpp"

#include <fmt/format.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

using namespace understudy;

namespace {

constexpr std::uint32_t kPageCapacity = 32768;

/// Runs in the forked child.
int child_main(const CheckerChild::Config& config, const CheckerChild::Options& options, Fd channel,
               const std::string& log_path) {
  // The test's listeners among them: a server must be gone when the test closes it.
  close_range(3, static_cast<unsigned>(channel.get()) - 1, 0);
  close_range(static_cast<unsigned>(channel.get()) + 1, ~0U, 0);
  LogOptions log_options;
  log_options.to_syslog = false;
  log_options.detailed = true;
  log_options.file = log_path;
  auto page = run::HandoverPage::open(options.page, kPageCapacity);
  const auto decode = [&options](ByteView text) -> Result<CheckerChild::Config> {
    std::size_t index = 0;
    const auto* begin = reinterpret_cast<const char*>(text.data());
    std::from_chars(begin, begin + text.size(), index);
    if (index >= options.reloads.size()) return Error{"no such configuration"};
    return options.reloads[index];
  };
  return checkers::run_process({Log(log_options), std::move(channel), std::move(page.value()),
                                config, options.respawned, options.keep_at_exit, decode});
}

}  // namespace

void enter_new_network() {
  if (unshare(CLONE_NEWNET) < 0) throw std::runtime_error("unshare: needs root");
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP;
  if (ioctl(socket.get(), SIOCSIFFLAGS, &request) < 0) throw std::runtime_error("lo stays down");
}

Fd listen_on(const Endpoint& endpoint) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_storage address{};
  const socklen_t size = endpoint.to_sockaddr(address);
  if (bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) < 0 ||
      listen(socket.get(), 4096) < 0) {
    throw std::runtime_error("cannot listen on " + endpoint.to_string());
  }
  return socket;
}

CheckerChild::CheckerChild(const Config& config, Options options) {
  static int number = 0;
  log_path_ = fmt::format("{}.log{}", options.page, ++number);
  auto [ours, theirs] = std::move(*Channel::make_pair());
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    ours.reset();
    _exit(child_main(config, options, std::move(theirs), log_path_));
  }
  theirs.reset();
  channel_ = std::make_unique<Channel>(
      loop_, std::move(ours),
      Channel::Handlers{[this](const Message& message, const Fd&) { on_message(message); }, {}});
}

CheckerChild::~CheckerChild() {
  if (pid_ > 0) {
    signal(SIGKILL);
    wait();
  }
}

void CheckerChild::signal(int signo) const { kill(pid_, signo); }

int CheckerChild::wait() {
  if (pid_ <= 0) return status_;
  int status = 0;
  const auto give_up = Clock::now() + std::chrono::seconds(10);
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (Clock::now() > give_up) throw std::runtime_error("the checker process does not end");
    pass(std::chrono::milliseconds(2));
  }
  pass(std::chrono::milliseconds(2));
  pid_ = 0;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return status_;
}

bool CheckerChild::until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto end = Clock::now() + limit;
  while (!done() && Clock::now() < end) pass(std::chrono::milliseconds(10));
  return done();
}

void CheckerChild::pass(std::chrono::milliseconds time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) loop_.run_once(end - Clock::now());
}

ReloadOutcome CheckerChild::reload(std::size_t index) {
  const Fd text(memfd_create("configuration", MFD_CLOEXEC));
  const std::string digits = std::to_string(index);
  if (write(text.get(), digits.data(), digits.size()) < 0) throw std::runtime_error("write");
  const auto before = outcomes_.size();
  channel_->send(ReloadOrder{before + 1}, text.get());
  if (!until([&] { return outcomes_.size() > before; }, std::chrono::seconds(5))) {
    throw std::runtime_error("no outcome of the reload");
  }
  return outcomes_.back();
}

std::string CheckerChild::log() const {
  std::ifstream file(log_path_);
  return {std::istreambuf_iterator<char>(file), {}};
}

void CheckerChild::on_message(const Message& message) {
  if (const auto* notification = std::get_if<Notification>(&message)) {
    if (!notification->fifo_line.empty()) lines_.push_back(notification->fifo_line);
  } else if (const auto* outcome = std::get_if<ReloadOutcome>(&message)) {
    outcomes_.push_back(*outcome);
  } else if (std::holds_alternative<ChildReady>(message)) {
    ready_ = true;
  }
}
