#include "daemon/surroundings.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <type_traits>

namespace understudy {

std::string node_name() {
  utsname names{};
  return uname(&names) == 0 ? names.nodename : "localhost";
}

Result<void> enter_namespace(const std::string& name) {
  const std::string path = "/run/netns/" + name;
  const Fd network(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!network) return Error::from_errno(errno, "cannot open network namespace " + path);
  if (setns(network.get(), CLONE_NEWNET) < 0) {
    return Error::from_errno(errno, "cannot enter network namespace " + name);
  }
  const std::string ours = "/run/keepalived/keepalived_" + name;
  std::error_code error;
  std::filesystem::create_directories(ours, error);
  if (error) return Error{fmt::format("cannot create {}: {}", ours, error.message())};
  // MS_SLAVE: what others mount later still appears here; what we mount does not appear there.
  if (unshare(CLONE_NEWNS) < 0 || mount("", "/", nullptr, MS_SLAVE | MS_REC, nullptr) < 0 ||
      mount(ours.c_str(), "/run/keepalived", nullptr, MS_BIND, nullptr) < 0) {
    return Error::from_errno(errno, fmt::format("cannot mount {} on /run/keepalived", ours));
  }
  return {};
}

std::string missing_vrrp_capabilities() {
  const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)> ours(cap_get_proc(),
                                                                           cap_free);
  std::string missing;
  const auto look = [&](cap_value_t capability, const char* name) {
    cap_flag_value_t set = CAP_CLEAR;
    cap_get_flag(ours.get(), capability, CAP_EFFECTIVE, &set);
    if (set == CAP_CLEAR) missing += missing.empty() ? name : fmt::format(", {}", name);
  };
  look(CAP_NET_ADMIN, "CAP_NET_ADMIN");
  look(CAP_NET_RAW, "CAP_NET_RAW");
  return missing;
}

void set_process_name(const std::string& name) {
  if (!name.empty()) prctl(PR_SET_NAME, name.c_str());
}

Result<void> apply_process_options(const Options& options) {
  umask(options.umask.value_or(022));
  if (!options.core_dump) return {};
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_CORE, &unlimited) < 0) {
    return Error::from_errno(errno, "cannot raise the core file limit");
  }
  if (options.core_pattern.empty()) return {};
  std::ofstream pattern("/proc/sys/kernel/core_pattern");
  if (!(pattern << options.core_pattern << std::flush)) {
    return Error{"Unable to read/write core_pattern"};
  }
  return {};
}

namespace {

/// What the process that was started does while the daemon starts.
[[noreturn]] void wait_for_report(int report) {
  unsigned char status = 1;
  while (read(report, &status, 1) < 0 && errno == EINTR) {
  }
  _exit(status);
}

}  // namespace

Result<Fd> daemonize() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return Error::from_errno(errno, "pipe");
  Fd report(ends[0]);
  Fd waiting(ends[1]);
  const pid_t pid = fork();
  if (pid < 0) return Error::from_errno(errno, "fork");
  if (pid > 0) {
    waiting.reset();
    wait_for_report(report.get());
  }
  if (setsid() < 0 || chdir("/") < 0) return Error::from_errno(errno, "cannot leave the session");
  const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    dup2(null.get(), standard);
  }
  return waiting;
}

void report_start(Fd& waiting, int status) {
  if (!waiting) return;
  const auto octet = static_cast<unsigned char>(status);
  [[maybe_unused]] const auto written = write(waiting.get(), &octet, 1);
  waiting.reset();
}

}  // namespace understudy
