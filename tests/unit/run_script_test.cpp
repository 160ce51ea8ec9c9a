// Scripts as they really run: user, group, descriptors, signals, limits, and the daemon's death.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/run/script.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using run::ScriptRunner;

namespace {

LogOptions log_to(const std::string& file) {
  LogOptions options;
  options.to_syslog = false;
  options.file = file;
  return options;
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

using Outcome = std::pair<ScriptEnd, int>;

/// A parent with a runner.
struct Parent {
  TemporaryDirectory directory;
  Loop loop;
  Log log{log_to(directory.path("log"))};
  Children children{loop};
  std::unique_ptr<ScriptRunner> runner = std::make_unique<ScriptRunner>(loop, log, children);

  bool until(const std::function<bool()>& condition, Duration longest = 10s) {
    const TimePoint end = Clock::now() + longest;
    while (!condition() && Clock::now() < end) loop.run_once(20ms);
    return condition();
  }
  ScriptCommand script(const std::string& text, std::uint32_t uid = geteuid(),
                       std::uint32_t gid = getegid()) {
    const std::string path = directory.path("script" + std::to_string(++scripts_));
    chmod(directory.path("").c_str(), 0755);
    std::ofstream(path) << "#!/bin/bash\n" << text << "\n";
    REQUIRE(chmod(path.c_str(), 0755) == 0);
    return {{path}, uid, gid};
  }
  Outcome run(const ScriptCommand& command, Duration timeout = {}) {
    std::optional<Outcome> outcome;
    runner->run(command, timeout, [&](ScriptEnd end, int code) { outcome = {end, code}; });
    CHECK_FALSE(outcome);
    REQUIRE(until([&] { return outcome.has_value(); }));
    return *outcome;
  }
  std::string said(const std::string& name) { return content(directory.path(name)); }

 private:
  int scripts_ = 0;
};

bool alive(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(status, text)) return false;
  const auto after_name = text.rfind(')');
  return after_name != std::string::npos && text.at(after_name + 2) != 'Z';
}

bool gone(pid_t pid, Duration longest) {
  const TimePoint end = Clock::now() + longest;
  while (alive(pid) && Clock::now() < end) std::this_thread::sleep_for(10ms);
  return !alive(pid);
}

pid_t read_pid(const std::string& path) {
  const TimePoint end = Clock::now() + 10s;
  pid_t pid = 0;
  while (pid == 0 && Clock::now() < end) {
    std::ifstream(path) >> pid;
    std::this_thread::sleep_for(5ms);
  }
  REQUIRE(pid > 0);
  return pid;
}

}  // namespace

TEST_CASE("how a script ended is told") {
  Parent parent;
  CHECK(parent.run(parent.script("exit 0")) == Outcome{ScriptEnd::exited, 0});
  CHECK(parent.run(parent.script("exit 7")) == Outcome{ScriptEnd::exited, 7});
  CHECK(parent.run(parent.script("kill -USR1 $$")) == Outcome{ScriptEnd::signalled, SIGUSR1});
  CHECK(parent.run({{"/nonexistent"}, geteuid(), getegid()}) ==
        Outcome{ScriptEnd::not_started, ENOENT});
  CHECK(parent.run({{}, geteuid(), getegid()}) == Outcome{ScriptEnd::not_started, EINVAL});
  CHECK(parent.run({{"/etc/passwd"}, geteuid(), getegid()}) ==
        Outcome{ScriptEnd::not_started, EACCES});
  CHECK_THAT(parent.said("log"),
             Catch::Contains("Error exec-ing command '/nonexistent', error 2: No such file"));
  CHECK(parent.runner->idle());
}

TEST_CASE("a failure to start is logged when it begins, not every time") {
  Parent parent;
  for (int i = 0; i < 3; ++i) parent.run({{"/nonexistent"}, geteuid(), getegid()});
  const std::string log = parent.said("log");
  CHECK(log.find("error 2") == log.rfind("error 2"));
}

TEST_CASE("words stay words: no shell is asked") {
  Parent parent;
  auto command = parent.script("printf '<%s>' \"$@\" >" + parent.directory.path("out"));
  command.argv.insert(command.argv.end(), {"a b", "$HOME", "; echo x", "", "'"});
  CHECK(parent.run(command) == Outcome{ScriptEnd::exited, 0});
  CHECK(parent.said("out") == "<a b><$HOME><; echo x><><'>");
}

TEST_CASE("a text without #! is read by sh") {
  Parent parent;
  const auto command = parent.script("");
  std::ofstream(command.argv[0]) << "exit 3\n";
  CHECK(parent.run(command) == Outcome{ScriptEnd::exited, 3});
}

TEST_CASE("a script has three descriptors, default signals and a group of its own") {
  Parent parent;
  const std::string out = parent.directory.path("out");
  // dash(1), for bash ignores and blocks signals of its own accord; the status is read by builtins,
  // for dash blocks signals while it forks.
  const ScriptCommand command{
      {"/bin/dash", "-c",
       "{ while read -r line; do echo $line; done </proc/$$/status; ls -l /proc/$$/fd; "
       "echo pgid $(ps -o pgid= -p $$) pid $$; ps -o cls=,ni= -p $$; "
       "echo \"[$LD_PRELOAD][$NOTIFY_SOCKET]\"; } >" +
           out},
      geteuid(),
      getegid()};
  setenv("NOTIFY_SOCKET", "/run/x", 1);
  setenv("LD_PRELOAD", "", 1);
  signal(SIGPIPE, SIG_IGN);
  // Left open on purpose, without close-on-exec.
  const Fd leak(open("/etc/hostname", O_RDONLY));
  REQUIRE(parent.run(command) == Outcome{ScriptEnd::exited, 0});
  unsetenv("NOTIFY_SOCKET");
  unsetenv("LD_PRELOAD");
  signal(SIGPIPE, SIG_DFL);
  const std::string said = parent.said("out");
  CHECK_THAT(said, Catch::Contains("0 -> /dev/null") && Catch::Contains("2 -> /dev/null"));
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" -> ") == line.npos) continue;
    CHECK((line.find("/dev/null") != line.npos || line.find(out) != line.npos));
  }
  CHECK_THAT(said, Catch::Contains("SigBlk: 0000000000000000") &&
                       Catch::Contains("SigIgn: 0000000000000000"));
  CHECK_THAT(said, Catch::Contains("[][]") && Catch::Contains("TS   0"));
  std::istringstream words(said.substr(said.find("pgid ") + 5));
  std::string group, label, pid;
  words >> group >> label >> pid;
  CHECK(group == pid);
}

TEST_CASE("a script runs as its user with that user's groups") {
  if (geteuid() != 0) {
    WARN("not root: not tested");
    return;
  }
  Parent parent;
  const std::string out = parent.directory.path("out");
  std::ofstream(out).flush();
  REQUIRE(chmod(out.c_str(), 0666) == 0);
  REQUIRE(parent.run(parent.script("id -u >" + out + "; id -G >>" + out, 65534, 65534)) ==
          Outcome{ScriptEnd::exited, 0});
  CHECK(parent.said("out") == "65534\n65534\n");
  // A uid without a name has just its group.
  REQUIRE(parent.run(parent.script("id -u >" + out + "; id -G >>" + out, 54321, 54322)) ==
          Outcome{ScriptEnd::exited, 0});
  CHECK(parent.said("out") == "54321\n54322\n");
}

TEST_CASE("with script security an unsafe script is not started") {
  if (geteuid() != 0) {
    WARN("not root: not tested");
    return;
  }
  Parent parent;
  const auto command = parent.script("exit 0");
  parent.runner->set_security(true);
  CHECK(parent.run(command) == Outcome{ScriptEnd::exited, 0});
  // Made unsafe after it was checked first: what counts is the moment it is executed.
  REQUIRE(chmod(command.argv[0].c_str(), 0777) == 0);
  CHECK(parent.run(command) == Outcome{ScriptEnd::not_started, EPERM});
  CHECK_THAT(parent.said("log"), Catch::Contains("is writable by everybody"));
}

TEST_CASE("a file test answers without executing anything") {
  Parent parent;
  CHECK(parent.run({{"</etc/passwd"}, geteuid(), getegid()}) == Outcome{ScriptEnd::exited, 0});
  CHECK(parent.run({{"</nonexistent"}, geteuid(), getegid()}) == Outcome{ScriptEnd::exited, 1});
}

TEST_CASE("one that overruns is told at once, then its whole group goes") {
  Parent parent;
  const std::string file = parent.directory.path("pid");
  SECTION("politely") {
    const auto command = parent.script("sleep 100 & echo $! >" + file + "; wait");
    const TimePoint start = Clock::now();
    CHECK(parent.run(command, 300ms) == Outcome{ScriptEnd::timed_out, 0});
    CHECK(Clock::now() - start < 1s);
    CHECK(parent.until([&] { return parent.runner->idle(); }));
    CHECK(gone(read_pid(file), 1s));
  }
  SECTION("by force") {
    const auto command = parent.script("trap '' TERM; (trap '' TERM; echo $BASHPID >" + file +
                                       "; while :; do sleep 1; done) & wait");
    CHECK(parent.run(command, 300ms) == Outcome{ScriptEnd::timed_out, 0});
    CHECK_FALSE(parent.runner->idle());
    CHECK(parent.until([&] { return parent.runner->idle(); }));
    CHECK(gone(read_pid(file), 1s));
    CHECK_THAT(parent.said("log"), Catch::Contains("sending SIGKILL"));
  }
}

TEST_CASE("a tracking script that hangs is not started a second time") {
  Parent parent;
  const auto command = parent.script("echo x >>" + parent.directory.path("out") +
                                     "; trap '' TERM; while :; do sleep 0.1; done");
  std::vector<Outcome> outcomes;
  const auto note = [&](ScriptEnd end, int code) { outcomes.emplace_back(end, code); };
  parent.runner->run_tracking("chk", command, 200ms, note);
  CHECK(parent.until([&] { return outcomes.size() == 1; }));
  parent.runner->run_tracking("chk", command, 200ms, note);
  CHECK(outcomes == std::vector<Outcome>(2, {ScriptEnd::timed_out, 0}));
  CHECK(parent.said("out") == "x\n");
  CHECK(parent.until([&] { return parent.runner->idle(); }));
  parent.runner->run_tracking("chk", command, 200ms, note);
  CHECK(parent.until([&] { return outcomes.size() == 3; }));
  CHECK(parent.said("out") == "x\nx\n");
}

TEST_CASE("more scripts than may run at once wait their turn") {
  Parent parent;
  const auto command = parent.script("sleep 0.3");
  std::size_t ended = 0;
  const std::size_t count = run::kMostScripts + 20;
  for (std::size_t i = 0; i < count; ++i) {
    parent.runner->run(command, {}, [&](ScriptEnd end, int) { ended += end == ScriptEnd::exited; });
  }
  CHECK(parent.until([&] { return ended == count; }, 60s));
}

TEST_CASE("stopping ends what runs and answers what waits") {
  Parent parent;
  std::vector<Outcome> outcomes;
  const auto note = [&](ScriptEnd end, int code) { outcomes.emplace_back(end, code); };
  const std::string mark = parent.directory.path("pid");
  parent.runner->run(parent.script("echo $$ >" + mark + "; exec sleep 100"), {}, note);
  CHECK(parent.until([&] { return std::filesystem::exists(mark); }));
  parent.runner->run(parent.script("exit 0"), {}, note);
  parent.runner->stop_all();
  CHECK(outcomes == std::vector<Outcome>{{ScriptEnd::not_started, ECANCELED}});
  CHECK(parent.until([&] { return parent.runner->idle(); }));
  CHECK(outcomes.back() == Outcome{ScriptEnd::signalled, SIGTERM});
}

TEST_CASE("scripts do not outlive a runner that is destroyed") {
  Parent parent;
  const std::string mark = parent.directory.path("pid");
  parent.runner->run(
      parent.script("trap '' TERM; echo $$ >" + mark + "; while :; do sleep 0.1; done"), {},
      nullptr);
  CHECK(parent.until([&] { return std::filesystem::exists(mark); }));
  const pid_t pid = read_pid(mark);
  parent.runner.reset();
  CHECK(alive(pid));
  CHECK(gone(pid, run::kScriptGrace + 2s));
}

namespace {

/// A daemon of its own process with one script that ignores SIGTERM and has a child in the
/// background; returns the daemon's pid.
pid_t start_daemon(const std::string& leader, const std::string& background) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  Parent parent;
  parent.runner->run(parent.script("trap '' TERM; (trap '' TERM; echo $BASHPID >" + background +
                                   "; while :; do sleep 0.1; done) & echo $$ >" + leader +
                                   "; while :; do sleep 0.1; done"),
                     {}, nullptr);
  parent.loop.run();
  _exit(0);
}

}  // namespace

TEST_CASE("scripts do not outlive a daemon that is killed") {
  TemporaryDirectory directory;
  // Orphans come to us, so that they do not linger as somebody's zombies.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t daemon = start_daemon(directory.path("leader"), directory.path("background"));
  const pid_t leader = read_pid(directory.path("leader"));
  const pid_t background = read_pid(directory.path("background"));
  REQUIRE(alive(leader));
  REQUIRE(alive(background));
  kill(daemon, SIGKILL);
  REQUIRE(waitpid(daemon, nullptr, 0) == daemon);
  CHECK(gone(leader, run::kScriptGrace + 2s));
  CHECK(gone(background, run::kScriptGrace + 2s));
  // The guard has nothing left to do and goes as well: no child of ours remains.
  const TimePoint end = Clock::now() + 5s;
  pid_t reaped = 0;
  while ((reaped = waitpid(-1, nullptr, WNOHANG)) >= 0 && Clock::now() < end) {
    std::this_thread::sleep_for(10ms);
  }
  CHECK(reaped == -1);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("a guard that is killed is replaced with the next script") {
  Parent parent;
  REQUIRE(parent.run(parent.script("exit 0")) == Outcome{ScriptEnd::exited, 0});
  // It names itself once it runs.
  const auto guard = [&parent] {
    pid_t found = 0;
    parent.until([&found] {
      for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream children(entry.path() / "children");
        for (pid_t pid = 0; children >> pid;) {
          if (content("/proc/" + std::to_string(pid) + "/comm") == "scripts-guard\n") found = pid;
        }
      }
      return found > 0;
    });
    return found;
  };
  const pid_t first = guard();
  REQUIRE(first > 0);
  // What is sent to all of a daemon's processes does not reach it.
  kill(first, SIGTERM);
  kill(first, SIGINT);
  std::this_thread::sleep_for(50ms);
  CHECK(alive(first));
  kill(first, SIGKILL);
  REQUIRE(parent.until([&] { return kill(first, 0) != 0; }));
  REQUIRE(parent.run(parent.script("exit 0")) == Outcome{ScriptEnd::exited, 0});
  const pid_t second = guard();
  CHECK(second > 0);
  CHECK(second != first);
}
