#include "daemon/run/script.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/run/script_check.hpp"

namespace understudy::run {
namespace {

constexpr int kExitNotStarted = 127;

void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signo = 1; signo <= SIGRTMAX; ++signo) sigaction(signo, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void reset_scheduling() {
  const sched_param normal{};
  sched_setscheduler(0, SCHED_OTHER, &normal);
  setpriority(PRIO_PROCESS, 0, 0);
}

/// Groups, group, user, in this order; an errno or 0.
int become_user(const ScriptCommand& command) {
  if (geteuid() != 0) {
    // Not root: a script can only run as what we are.
    return command.uid == geteuid() && command.gid == getegid() ? 0 : EPERM;
  }
  const gid_t gid = command.gid;
  const passwd* user = getpwuid(command.uid);
  const int groups = user != nullptr ? initgroups(user->pw_name, gid) : setgroups(1, &gid);
  if (groups != 0 || setgid(gid) != 0 || setuid(command.uid) != 0) return errno;
  return 0;
}

/// Standard streams, and nothing else of ours open.
void reset_descriptors() {
  const int null = open("/dev/null", O_RDWR);
  if (null >= 0) {
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
  }
  close_range(STDERR_FILENO + 1, ~0U, 0);
}

/// Drops what is meant for us or could change how a script is loaded or splits words.
void clean_environment() {
  std::vector<std::string> doomed{"IFS",          "NOTIFY_SOCKET", "WATCHDOG_USEC",
                                  "WATCHDOG_PID", "LISTEN_FDS",    "LISTEN_PID"};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    if (text.starts_with("LD_")) doomed.emplace_back(text.substr(0, text.find('=')));
  }
  for (const auto& name : doomed) unsetenv(name.c_str());
}

/// Only returns when it failed; the errno.
int execute(const std::string& program, const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execve(program.c_str(), argv.data(), environ);
  if (errno != ENOEXEC) return errno;
  // A text without "#!": sh(1) reads it, as execvp(3) has it.
  std::string shell = "/bin/sh";
  std::string script = program;
  argv.front() = script.data();
  argv.insert(argv.begin(), shell.data());
  execve(shell.c_str(), argv.data(), environ);
  return errno;
}

}  // namespace

struct ScriptRunner::Run {
  ScriptId id = 0;
  ScriptCommand command;
  Duration timeout{};
  Done done;
  pid_t pid = 0;
  std::size_t line = 0;
  /// Of a tracking script.
  std::string name;
  /// SIGTERM was sent.
  bool terminating = false;
  std::unique_ptr<Timer> timer;
};

ScriptRunner::ScriptRunner(Loop& loop, Log& log, Children& children)
    : loop_(loop), log_(log), children_(children), guard_(children), starter_(loop, [this] {
        start_waiting();
      }) {}

ScriptRunner::~ScriptRunner() {
  for (const auto& [id, run] : runs_) {
    if (run->pid > 0) children_.forget(run->pid);
  }
}

ScriptId ScriptRunner::run(const ScriptCommand& command, Duration timeout, Done done) {
  auto run = std::make_unique<Run>();
  run->id = next_id_++;
  run->command = command;
  run->timeout = timeout;
  run->done = std::move(done);
  const ScriptId id = run->id;
  runs_.emplace(id, std::move(run));
  waiting_.push_back(id);
  starter_.arm(loop_.now());
  return id;
}

void ScriptRunner::run_tracking(const std::string& name, const ScriptCommand& command,
                                Duration timeout, Done done) {
  if (!tracking_.contains(name)) {
    const ScriptId id = run(command, timeout, std::move(done));
    runs_.at(id)->name = name;
    tracking_.emplace(name, id);
    return;
  }
  log_.detail("Script {} still runs though it was told to end - not started again", name);
  done(ScriptEnd::timed_out, 0);
}

void ScriptRunner::start_waiting() {
  while (!waiting_.empty()) {
    const auto line = guard_.claim();
    // Somebody has to end first; ended() comes back here.
    if (!line) return;
    const ScriptId id = waiting_.front();
    waiting_.pop_front();
    Run& run = *runs_.at(id);
    run.line = *line;
    const auto started = start(run);
    if (started) continue;
    guard_.release(*line);
    log_failure(run.command, started.error().code);
    finish(id, ScriptEnd::not_started, started.error().code);
  }
}

Result<void> ScriptRunner::start(Run& run) {
  if (run.command.argv.empty()) return Error{"empty command", EINVAL};
  if (auto guarded = guard_.start(); !guarded) return guarded.error();
  const pid_t daemon = getpid();
  const pid_t pid = fork();
  if (pid < 0) return Error::from_errno(errno, "cannot fork");
  if (pid == 0) become_script(run, daemon);
  // Both sides do it, so that it is done before either goes on.
  setpgid(pid, pid);
  run.pid = pid;
  children_.on_exit(pid, [this, id = run.id](int status) { ended(id, status); });
  if (run.timeout > Duration::zero()) {
    run.timer = std::make_unique<Timer>(loop_, [this, &run] { time_out(run); });
    run.timer->arm(loop_.now() + run.timeout);
  }
  return {};
}

void ScriptRunner::become_script(const Run& run, pid_t daemon) {
  GuardedScript& entry = guard_.at(run.line);
  const auto give_up = [&entry](int error) {
    entry.start_error = error;
    _exit(kExitNotStarted);
  };
  setpgid(0, 0);
  entry.group = getpid();
  // Now the guard knows; if the daemon died before, it may have looked too early.
  if (getppid() != daemon) _exit(kExitNotStarted);
  reset_signals();
  reset_scheduling();
  const std::string file = tested_file(run.command);
  const ScriptCheck check = check_script(run.command, security_);
  if (!check.usable) give_up(check.error);
  reset_descriptors();
  clean_environment();
  if (const int error = become_user(run.command); error != 0) give_up(error);
  // After the change of user, which clears it.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (!file.empty()) _exit(open(file.c_str(), O_RDONLY | O_NONBLOCK) >= 0 ? 0 : 1);
  give_up(execute(check.program, run.command.argv));
  _exit(kExitNotStarted);
}

void ScriptRunner::time_out(Run& run) {
  if (const Done done = std::exchange(run.done, nullptr)) {
    terminate(run.id);
    done(ScriptEnd::timed_out, 0);
  }
}

void ScriptRunner::terminate(ScriptId id) {
  const auto found = runs_.find(id);
  if (found == runs_.end() || found->second->terminating) return;
  Run& run = *found->second;
  if (run.pid == 0) {
    std::erase(waiting_, id);
    finish(id, ScriptEnd::not_started, ECANCELED);
    return;
  }
  run.terminating = true;
  kill(-run.pid, SIGTERM);
  kill(-run.pid, SIGCONT);
  run.timer = std::make_unique<Timer>(loop_, [this, &run] { force(run); });
  run.timer->arm(loop_.now() + kScriptGrace);
}

void ScriptRunner::force(Run& run) {
  log_.info("Script {} child (PID {}) failed to terminate - sending SIGKILL",
            run.command.argv.front(), run.pid);
  kill(-run.pid, SIGKILL);
}

void ScriptRunner::ended(ScriptId id, int status) {
  const auto found = runs_.find(id);
  if (found == runs_.end()) return;
  const Run& run = *found->second;
  // Told to end, it may have left others of its group behind.
  if (run.terminating) kill(-run.pid, SIGKILL);
  const int error = guard_.at(run.line).start_error;
  guard_.release(run.line);
  log_failure(run.command, error);
  if (error != 0) {
    finish(id, ScriptEnd::not_started, error);
  } else if (WIFSIGNALED(status)) {
    finish(id, ScriptEnd::signalled, WTERMSIG(status));
  } else {
    finish(id, ScriptEnd::exited, WEXITSTATUS(status));
  }
  if (!waiting_.empty()) starter_.arm(loop_.now());
}

void ScriptRunner::finish(ScriptId id, ScriptEnd end, int code) {
  const auto node = runs_.extract(id);
  if (!node.empty()) tracking_.erase(node.mapped()->name);
  if (!node.empty() && node.mapped()->done) node.mapped()->done(end, code);
}

void ScriptRunner::log_failure(const ScriptCommand& command, int error) {
  const std::string name = command.argv.empty() ? "" : command.argv.front();
  if (error == 0) {
    failures_.erase(name);
    return;
  }
  if (std::exchange(failures_[name], error) == error) return;
  log_.error("Error exec-ing command '{}', error {}: {}", name, error, strerror(error));
  for (const auto& message : check_script(command, security_).messages) log_.error("{}", message);
}

bool ScriptRunner::running(ScriptId id) const { return runs_.contains(id); }

void ScriptRunner::stop_all() {
  std::vector<ScriptId> ids;
  for (const auto& [id, run] : runs_) ids.push_back(id);
  for (const ScriptId id : ids) terminate(id);
}

bool ScriptRunner::idle() const { return runs_.empty(); }

}  // namespace understudy::run
