#include "daemon/run/fifo.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace understudy::run {
namespace {

constexpr mode_t kFifoMode = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
constexpr Duration kFirstDelay = std::chrono::seconds(1);
constexpr Duration kLongestDelay = std::chrono::seconds(60);

}  // namespace

Fifo::Fifo(Loop& loop, Log& log, ScriptRunner& scripts, std::string type, FifoSettings settings)
    : loop_(loop),
      log_(log),
      scripts_(scripts),
      type_(std::move(type)),
      settings_(std::move(settings)),
      restart_(loop, [this] { start_reader(); }) {
  if (open()) start_reader();
}

Fifo::~Fifo() {
  *alive_ = false;
  close();
  scripts_.terminate(reader_);
}

bool Fifo::open() {
  const char* path = settings_.path.c_str();
  made_ = mkfifo(path, S_IRUSR | S_IWUSR) == 0;
  if (!made_ && errno != EEXIST) {
    log_.info("Unable to create {}notify fifo {} - {}", type_, path, strerror(errno));
    return false;
  }
  // Read and write: opening never waits for a reader, and a reader's death is no error.
  Fd fd(::open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) {
    log_.info("Unable to open {}notify fifo {} - errno {} ({})", type_, path, errno,
              strerror(errno));
    return false;
  }
  // What was there already may have been planted.
  if (!S_ISFIFO(status.st_mode) || (status.st_uid != geteuid() && status.st_uid != settings_.uid)) {
    log_.info("{}notify fifo {} is not a fifo we own - not using", type_, path);
    made_ = false;
    return false;
  }
  const bool mine = status.st_uid == settings_.uid && status.st_gid == settings_.gid;
  if (made_ && ((!mine && fchown(fd.get(), settings_.uid, settings_.gid) != 0) ||
                fchmod(fd.get(), kFifoMode) != 0)) {
    log_.info("Failed to set uid:gid for fifo {} ({})", path, strerror(errno));
  }
  fd_ = std::move(fd);
  watch_ = std::make_unique<Watch>(loop_, fd_.get(), 0, [this](std::uint32_t) { flush(); });
  return true;
}

void Fifo::start_reader() {
  if (settings_.reader.argv.empty() || !fd_) return;
  reader_started_ = loop_.now();
  reader_ = scripts_.run(settings_.reader, Duration::zero(),
                         [this, alive = alive_](ScriptEnd end, int code) {
                           if (*alive) reader_ended(end, code);
                         });
}

void Fifo::reader_ended(ScriptEnd end, int code) {
  if (!fd_) return;
  if (loop_.now() - reader_started_ > kLongestDelay) reader_delay_ = Duration::zero();
  reader_delay_ = std::clamp(reader_delay_ * 2, kFirstDelay, kLongestDelay);
  const char* how = end == ScriptEnd::exited      ? "status"
                    : end == ScriptEnd::signalled ? "signal"
                                                  : "not started: errno";
  log_.info("{}notify fifo script terminated ({} {}) - starting it again in {} s", type_, how, code,
            std::chrono::duration_cast<std::chrono::seconds>(reader_delay_).count());
  restart_.arm(loop_.now() + reader_delay_);
}

void Fifo::write(const std::string& line) {
  if (!fd_) return;
  if (lines_.size() == kMostFifoLines) drop_oldest();
  lines_.push_back(line + "\n");
  flush();
}

void Fifo::drop_oldest() {
  if (dropped_++ == 0) {
    log_.warning("{}notify fifo {} is full and nobody reads it - dropping the oldest lines", type_,
                 settings_.path);
  }
  // A line that is half in the pipe has to be finished.
  lines_.erase(lines_.begin() + (written_ > 0 ? 1 : 0));
}

void Fifo::flush() {
  while (!lines_.empty() && fd_) {
    const std::string& line = lines_.front();
    const ssize_t size = ::write(fd_.get(), line.data() + written_, line.size() - written_);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno != EAGAIN) {
      log_.info("{}notify fifo write error: {}", type_, strerror(errno));
      lines_.pop_front();
      written_ = 0;
      continue;
    }
    if (size < 0) return watch_->set_events(EPOLLOUT);
    written_ += static_cast<std::size_t>(size);
    if (written_ < line.size()) continue;
    lines_.pop_front();
    written_ = 0;
  }
  if (!fd_) return;
  watch_->set_events(0);
  if (const auto dropped = std::exchange(dropped_, 0); dropped > 0) {
    log_.warning("{}notify fifo {} is read again, {} lines were dropped", type_, settings_.path,
                 dropped);
  }
}

void Fifo::close() {
  if (!fd_) return;
  restart_.disarm();
  // Removed first, so that a reader that opens it again does not wait for ever.
  struct stat ours {};
  struct stat there {};
  if (made_ && fstat(fd_.get(), &ours) == 0 && lstat(settings_.path.c_str(), &there) == 0 &&
      ours.st_ino == there.st_ino && ours.st_dev == there.st_dev) {
    unlink(settings_.path.c_str());
  }
  watch_.reset();
  fd_.reset();
  if (!lines_.empty()) {
    log_.warning("{}notify fifo {}: {} lines were not read", type_, settings_.path, lines_.size());
  }
  lines_.clear();
}

}  // namespace understudy::run
