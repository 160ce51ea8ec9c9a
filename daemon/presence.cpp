#include "daemon/presence.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <thread>

namespace understudy {
namespace {

constexpr const char* kRunDirectory = "/run";

pid_t read_pid(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = pread(fd, text.data(), text.size(), 0);
  pid_t pid = 0;
  if (size > 0) std::from_chars(text.data(), text.data() + size, pid);
  return pid;
}

std::string executable_of(const std::string& pid) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/" + pid + "/exe", error).string();
}

/// Whether `pid` is a running keepalived that is not this program. Ours hold a lock instead, so
/// that a pid that was used again, by ourselves in a new container say, is not mistaken for a
/// daemon.
bool is_original(pid_t pid) {
  if (pid <= 0 || pid == getpid()) return false;
  std::ifstream comm(fmt::format("/proc/{}/comm", pid));
  std::string name;
  if (!std::getline(comm, name) || name != "keepalived") return false;
  return executable_of(std::to_string(pid)) != executable_of("self");
}

Result<void> write_pid(int fd, const std::string& path, pid_t pid) {
  const std::string text = fmt::format("{}\n", pid);
  if (ftruncate(fd, 0) < 0 ||
      pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return Error::from_errno(errno, "cannot write pid file " + path);
  }
  return {};
}

Result<Fd> open_pid_file(const std::string& path) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  Fd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file) return Error::from_errno(errno, "cannot open pid file " + path);
  // Whatever the umask is: readable by monitoring, writable by none but us.
  if (fchmod(file.get(), 0644) < 0) return Error::from_errno(errno, "cannot chmod " + path);
  return file;
}

}  // namespace

PidPaths default_pid_paths(const std::string& instance, bool use_pid_dir) {
  const bool own_directory = use_pid_dir || !instance.empty();
  const std::string directory =
      own_directory ? fmt::format("{}/keepalived", kRunDirectory) : kRunDirectory;
  const std::string suffix = instance.empty() ? ".pid" : fmt::format("_{}.pid", instance);
  return {fmt::format("{}/keepalived{}", directory, suffix),
          fmt::format("{}/vrrp{}", directory, suffix),
          fmt::format("{}/checkers{}", directory, suffix)};
}

Result<PidFile> PidFile::take(const std::string& path) {
  auto file = open_pid_file(path);
  if (!file) return file.error();
  // A POSIX lock belongs to the process: children do not inherit it, a dead daemon does not keep
  // it.
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool locked = fcntl(file->get(), F_OFD_SETLK, &lock) == 0;
  if (!locked || is_original(read_pid(file->get()))) {
    return Error{"daemon is already running", EEXIST};
  }
  PidFile taken(path, std::move(*file));
  if (auto written = taken.write(); !written) return written.error();
  return taken;
}

Result<void> PidFile::write() { return write_pid(file_.get(), path_, getpid()); }

void PidFile::abandon() { file_.reset(); }

PidFile::~PidFile() {
  if (file_ && read_pid(file_.get()) == getpid()) unlink(path_.c_str());
}

Result<void> write_child_pid(const std::string& path, pid_t pid) {
  const auto file = open_pid_file(path);
  if (!file) return file.error();
  return write_pid(file->get(), path, pid);
}

bool wait_for_former_child(const std::string& path, std::chrono::milliseconds patience) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  const pid_t pid = file ? read_pid(file.get()) : 0;
  constexpr std::chrono::milliseconds kPoll(10);
  // Asked by its program, not by kill(2): the pid may be another program's by now.
  const auto lives = [pid] {
    return pid > 0 && pid != getpid() &&
           executable_of(std::to_string(pid)) == executable_of("self");
  };
  for (; lives() && patience > patience.zero(); patience -= kPoll) {
    std::this_thread::sleep_for(kPoll);
  }
  return !lives();
}

void notify_service_manager(const std::string& state) {
  const char* path = std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe)
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path == nullptr || std::strlen(path) >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, std::strlen(path));
  // "@" in front means the abstract namespace.
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const Fd socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  sendto(socket_fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace understudy
