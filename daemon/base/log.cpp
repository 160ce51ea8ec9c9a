#include "daemon/base/log.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

namespace understudy {
namespace {

constexpr const char* kSyslogSocket = "/dev/log";
/// How long nobody looks for a syslog daemon again that was not there: looking costs more than a
/// line.
constexpr std::chrono::milliseconds kSyslogRetry{100};

Fd connect_syslog() {
  Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fd;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, kSyslogSocket, sizeof address.sun_path - 1);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    fd.reset();
  }
  return fd;
}

/// "Sat Nov 21 08:11:43 2026: LINE\n", as keepalived -l prints it.
std::string console_line(std::string_view line) {
  return fmt::format("{:%a %b %e %H:%M:%S %Y}: {}\n", fmt::localtime(std::time(nullptr)), line);
}

/// Whether a write to it can wait for somebody: not to a file.
bool may_block(int fd) {
  struct stat status {};
  return fstat(fd, &status) != 0 || !S_ISREG(status.st_mode);
}

}  // namespace

Log::Log(LogOptions options)
    : options_(std::move(options)), console_may_block_(may_block(STDERR_FILENO)) {}

void Log::write(int level, std::string_view line) {
  if (options_.to_syslog) to_syslog(level, line);
  if (options_.to_console) to_console(line);
  if (!options_.file.empty()) to_file(line);
}

void Log::write_all(const std::vector<std::string>& lines, std::chrono::milliseconds patience) {
  std::chrono::steady_clock::duration waited{0};
  for (const auto& line : lines) {
    const auto begun = std::chrono::steady_clock::now();
    if (waited < patience) wait_until_taken(begun + patience - waited);
    waited += std::chrono::steady_clock::now() - begun;
    write(LOG_INFO, line);
  }
}

/// Where lines go can take one more, or it is later than `limit`.
void Log::wait_until_taken(std::chrono::steady_clock::time_point limit) {
  std::array<int, 2> takers{-1, -1};
  if (options_.to_syslog && syslog_) takers[0] = syslog_.get();
  if (options_.to_console) takers[1] = STDERR_FILENO;
  for (const int taker : takers) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(limit - std::chrono::steady_clock::now());
    pollfd ready{taker, POLLOUT, 0};
    if (taker >= 0) poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  }
}

void Log::to_syslog(int level, std::string_view line) {
  if (!reach_syslog()) {
    ++dropped_;
    return;
  }
  if (dropped_ > 0 &&
      send_syslog(LOG_WARNING, fmt::format("syslog did not take {} lines", dropped_))) {
    dropped_ = 0;
  }
  if (!send_syslog(level, line)) ++dropped_;
}

/// Whether there is a syslog daemon to send to.
bool Log::reach_syslog() {
  if (syslog_) return true;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_look_) return false;
  syslog_ = connect_syslog();
  if (!syslog_) next_look_ = now + kSyslogRetry;
  return static_cast<bool>(syslog_);
}

bool Log::send_syslog(int level, std::string_view line) {
  const std::string datagram =
      fmt::format("<{}>{:%b %e %H:%M:%S} {}[{}]: {}", options_.facility | level,
                  fmt::localtime(std::time(nullptr)), options_.ident, getpid(), line);
  // Twice: a restarted syslog daemon leaves us with a dead peer once.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!reach_syslog()) return false;
    if (send(syslog_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL) >= 0) return true;
    if (errno == EAGAIN) return false;
    syslog_.reset();
  }
  return false;
}

void Log::to_console(std::string_view line) const {
  // stderr may be shared with others, so it cannot be made non-blocking: ask before writing.
  pollfd ready{STDERR_FILENO, POLLOUT, 0};
  if (console_may_block_ && (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0)) return;
  const std::string text = console_line(line);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

void Log::to_file(std::string_view line) {
  if (!file_) {
    file_.reset(
        open(options_.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  }
  const std::string text = console_line(line);
  [[maybe_unused]] const auto written = ::write(file_.get(), text.data(), text.size());
}

}  // namespace understudy
