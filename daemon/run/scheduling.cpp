#include "daemon/run/scheduling.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace understudy::run {
namespace {

/// Sent by the handler of SIGXCPU to its own process, for the loop to hear of it.
constexpr int kDemotedSignal = SIGALRM;

int set_policy(int policy, int priority) {
  sched_param parameters{};
  parameters.sched_priority = priority;
  // Threads and children are normal again: whatever they do must not delay adverts.
  return sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &parameters) == 0 ? 0 : errno;
}

/// Runs in the middle of whatever uses up the limit, so only what signal-safety(7) and plain system
/// calls allow.
void on_limit(int) {
  const int saved = errno;
  sched_param parameters{};
  sched_setscheduler(0, SCHED_OTHER, &parameters);
  kill(getpid(), kDemotedSignal);
  errno = saved;
}

void set_limit(std::uint64_t microseconds) {
  rlimit current{};
  getrlimit(RLIMIT_RTTIME, &current);
  // Only the soft limit: at the hard one the kernel kills.
  const rlimit limit{std::min<rlim_t>(microseconds, current.rlim_max), current.rlim_max};
  setrlimit(RLIMIT_RTTIME, &limit);
  struct sigaction action {};
  action.sa_handler = on_limit;
  action.sa_flags = SA_RESTART;
  sigaction(SIGXCPU, &action, nullptr);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGXCPU);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
}

int clamped_priority(const SchedulingRequest& request) {
  return std::clamp(request.real_time_priority, sched_get_priority_min(SCHED_RR),
                    sched_get_priority_max(SCHED_RR));
}

}  // namespace

void hurry(const SchedulingRequest& request) {
  if (request.real_time_priority > 0) set_policy(SCHED_RR, clamped_priority(request));
}

Scheduling::Scheduling(Loop& loop, Log& log)
    : log_(log), demoted_(loop, {kDemotedSignal}, [this](int) { overran(); }) {}

void Scheduling::apply(const SchedulingRequest& request) {
  if (request == applied_) return;
  if (request.real_time_priority > 0) {
    become_real_time(request);
  } else {
    if (applied_.real_time_priority > 0) set_policy(SCHED_OTHER, 0);
    become_normal(request.nice);
  }
  if (request.no_swap != applied_.no_swap) lock_memory(request.no_swap);
  applied_ = request;
}

void Scheduling::become_real_time(const SchedulingRequest& request) {
  set_limit(request.real_time_limit_us > 0 ? request.real_time_limit_us : kDefaultLimit);
  const int priority = clamped_priority(request);
  const int error = set_policy(SCHED_RR, priority);
  if (error == 0) {
    log_.detail("Running at real-time priority {}", priority);
    return;
  }
  const int nice = request.nice != 0 ? request.nice : kFallbackNice;
  const bool nice_done = setpriority(PRIO_PROCESS, 0, nice) == 0;
  log_.warning(
      "Cannot run at real-time priority {} ({}; it needs CAP_SYS_NICE, and a cgroup with "
      "real-time run time): {}",
      priority, std::strerror(error),
      nice_done ? fmt::format("using nice {}", nice)
                : std::string("nor at a better nice value; adverts may be late under load"));
}

void Scheduling::become_normal(int nice) {
  if (nice == applied_.nice) return;
  if (setpriority(PRIO_PROCESS, 0, nice) == 0) return;
  log_.warning("Unable to set process priority to {} - {}", nice, std::strerror(errno));
}

void Scheduling::lock_memory(bool lock) {
  if (!lock) {
    munlockall();
    return;
  }
  // On fault: pages never touched need not be in memory at all.
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0) return;
  log_.warning("Unable to lock process in memory - {}", std::strerror(errno));
}

void Scheduling::overran() {
  log_.warning(
      "Used more than the allowed CPU time at real-time priority {} without sleeping: "
      "running at normal priority from now on (vrrp_rlimit_rttime sets the limit)",
      applied_.real_time_priority);
}

}  // namespace understudy::run
