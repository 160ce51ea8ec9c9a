#include "daemon/run/script_guard.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <new>
#include <system_error>
#include <thread>

namespace understudy::run {
namespace {

constexpr Duration kLook = std::chrono::milliseconds(20);
/// Sent by the kernel when the daemon dies, by the daemon when it is done.
constexpr int kWakeUp = SIGUSR2;

}  // namespace

struct ScriptGuard::Table {
  std::atomic<bool> abandoned{false};
  std::array<GuardedScript, kMostScripts> scripts{};
  /// Lines given out; only the daemon looks at it.
  std::array<bool, kMostScripts> claimed{};
};

ScriptGuard::ScriptGuard(Children& children) : children_(children), owner_(getpid()) {
  static_assert(std::atomic<pid_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);
  void* memory =
      mmap(nullptr, sizeof(Table), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  table_ = new (memory) Table;
}

ScriptGuard::~ScriptGuard() {
  // A forked child that destroys its copy must not touch what is its parent's.
  if (pid_ > 0 && getpid() == owner_) {
    children_.forget(pid_);
    table_->abandoned = true;
    kill(pid_, kWakeUp);
  }
  munmap(table_, sizeof(Table));
}

Result<void> ScriptGuard::start() {
  if (pid_ > 0) return {};
  const pid_t daemon = getpid();
  const pid_t pid = fork();
  if (pid < 0) return Error::from_errno(errno, "cannot fork");
  if (pid == 0) watch_over(daemon);
  pid_ = pid;
  children_.on_exit(pid, [this](int) { pid_ = 0; });
  return {};
}

std::optional<std::size_t> ScriptGuard::claim() {
  for (std::size_t line = 0; line < kMostScripts; ++line) {
    if (table_->claimed[line]) continue;
    table_->claimed[line] = true;
    at(line).group = 0;
    at(line).start_error = 0;
    return line;
  }
  return std::nullopt;
}

void ScriptGuard::release(std::size_t line) {
  at(line).group = 0;
  table_->claimed[line] = false;
}

GuardedScript& ScriptGuard::at(std::size_t line) { return table_->scripts[line]; }

void ScriptGuard::watch_over(pid_t daemon) {
  // Out of reach of a Ctrl-C on the daemon's terminal and of "killall keepalived".
  setsid();
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  prctl(PR_SET_NAME, "scripts-guard");
  const sched_param normal{};
  sched_setscheduler(0, SCHED_OTHER, &normal);
  close_range(0, ~0U, 0);
  if (chdir("/") != 0) _exit(1);

  prctl(PR_SET_PDEATHSIG, kWakeUp);
  sigset_t wake;
  sigemptyset(&wake);
  sigaddset(&wake, kWakeUp);
  while (getppid() == daemon && !table_->abandoned) sigwaitinfo(&wake, nullptr);
  end_scripts();
  _exit(0);
}

void ScriptGuard::end_scripts() {
  const auto send = [this](int signo) {
    bool any = false;
    for (auto& script : table_->scripts) {
      const pid_t group = script.group;
      if (group > 0 && kill(-group, signo) == 0) any = true;
    }
    return any;
  };
  if (!send(SIGTERM)) return;
  send(SIGCONT);
  const TimePoint patience = Clock::now() + kScriptGrace;
  while (send(0) && Clock::now() < patience) std::this_thread::sleep_for(kLook);
  send(SIGKILL);
}

}  // namespace understudy::run
