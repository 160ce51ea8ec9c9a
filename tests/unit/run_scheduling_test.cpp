// Real-time priority within limits.
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>

#include "daemon/run/scheduling.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace understudy;
using namespace std::chrono_literals;

namespace {

/// Runs `work` in a process of its own, whose scheduling may be changed; returns its exit status.
int in_child(const std::function<bool()>& work) {
  const pid_t pid = fork();
  if (pid == 0) _exit(work() ? 0 : 1);
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Log log_to(const std::string& path) {
  LogOptions options;
  options.to_syslog = false;
  options.detailed = true;
  options.file = path;
  return Log(options);
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool real_time_allowed() {
  return in_child([] {
           sched_param parameters{};
           parameters.sched_priority = 1;
           return sched_setscheduler(0, SCHED_RR, &parameters) == 0;
         }) == 0;
}

}  // namespace

TEST_CASE("a real-time process keeps its children normal, and becomes normal when it overruns") {
  if (!real_time_allowed()) {
    WARN("SKIPPED, real-time priority is refused here");
    return;
  }
  const TemporaryDirectory directory;
  const std::string path = directory.path("log");
  const int status = in_child([&] {
    Loop loop;
    Log log = log_to(path);
    run::Scheduling scheduling(loop, log);
    run::SchedulingRequest request;
    request.real_time_priority = 10;
    request.real_time_limit_us = 50'000;
    scheduling.apply(request);
    if (sched_getscheduler(0) != (SCHED_RR | SCHED_RESET_ON_FORK)) return false;
    if (in_child([] { return sched_getscheduler(0) == SCHED_OTHER; }) != 0) return false;
    const auto end = Clock::now() + 5s;
    while (sched_getscheduler(0) != SCHED_OTHER && Clock::now() < end) {
    }
    loop.run_once(100ms);
    return sched_getscheduler(0) == SCHED_OTHER;
  });
  CHECK(status == 0);
  CHECK(content(path).find("Used more than the allowed CPU time") != std::string::npos);
}

TEST_CASE("where real-time priority is refused one line says why, and nice is used if it can be") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("log");
  const int status = in_child([&] {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_RTPRIO, &none);
    setrlimit(RLIMIT_NICE, &none);
    Log log = log_to(path);
    log.info("the file is open");
    // Without CAP_SYS_NICE the limits count.
    if (geteuid() == 0 && setuid(65534) != 0) return false;
    Loop loop;
    run::Scheduling scheduling(loop, log);
    run::SchedulingRequest request;
    request.real_time_priority = 10;
    scheduling.apply(request);
    scheduling.apply(request);
    return sched_getscheduler(0) == SCHED_OTHER;
  });
  CHECK(status == 0);
  const std::string text = content(path);
  const auto at = text.find("Cannot run at real-time priority 10 (Operation not permitted");
  REQUIRE(at != std::string::npos);
  CHECK(text.find("Cannot run", at + 1) == std::string::npos);
  CHECK(text.find("adverts may be late under load") != std::string::npos);
}
