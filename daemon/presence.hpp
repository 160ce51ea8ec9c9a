// How the system knows that we run: pid files and systemd's notification socket.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "daemon/base/fd.hpp"
#include "daemon/base/result.hpp"

namespace understudy {

/// Paths of the pid files of a daemon.
struct PidPaths {
  std::string parent;
  std::string vrrp;
  std::string checkers;
  bool operator==(const PidPaths&) const = default;
};

/// Default paths as keepalived has them: in /run, or in /run/keepalived when there is an instance
/// name or `use_pid_dir`.
[[nodiscard]] PidPaths default_pid_paths(const std::string& instance, bool use_pid_dir);

/// A pid file: "PID\n", locked for as long as the process that took it lives, so that a stale one
/// is no obstacle and two daemons never share one. Mode 0644; a symbolic link is not followed
/// (CVE-2011-1784). Removed on destruction by the process that took it.
class PidFile {
 public:
  /// Takes `path` for this process. Fails when another daemon holds it: one of ours by its lock,
  /// the original by a live process named "keepalived" whose pid is in the file.
  static Result<PidFile> take(const std::string& path);
  PidFile(PidFile&& other) noexcept = default;
  PidFile& operator=(PidFile&& other) noexcept = default;
  ~PidFile();
  /// Writes this process's pid: the daemon's, when it has gone to the background since take().
  Result<void> write();
  /// In a forked child: lets go of the lock and leaves the file to the parent.
  void abandon();

 private:
  PidFile(std::string path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}
  std::string path_;
  Fd file_;
};

/// Writes the pid of a child; the parent does it and removes it when the child has ended.
Result<void> write_child_pid(const std::string& path, pid_t pid);

/// Waits until the process whose pid is in `path` has ended, if it is a child that a killed daemon
/// of ours left behind (it leaves by itself within moments); gives up after `patience` and returns
/// false.
bool wait_for_former_child(const std::string& path, std::chrono::milliseconds patience);

/// Sends `state` ("READY=1" …) to the service manager if $NOTIFY_SOCKET names one (sd_notify(3)).
/// Done here rather than by libsystemd, which would be mapped into every process for one datagram.
void notify_service_manager(const std::string& state);

}  // namespace understudy
