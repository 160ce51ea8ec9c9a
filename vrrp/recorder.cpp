#include "vrrp/recorder.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/fd.hpp"
#include "daemon/base/result.hpp"
#include "daemon/base/thread.hpp"
#include "vrrp/mask.hpp"
#include "vrrp/recording.hpp"

namespace understudy::vrrp {
namespace {

/// Inputs that may wait for the disk; a power of two. Some seconds of a busy node.
constexpr std::size_t kPlaces = 1U << 14U;
/// How long the end may wait for the disk.
constexpr int kEndMilliseconds = 1000;

Result<Fd> open_file(const std::string& path) {
  Fd fd(open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
             S_IRUSR | S_IWUSR));
  if (!fd) return Error::from_errno(errno, path);
  struct stat found {};
  if (fstat(fd.get(), &found) < 0) return Error::from_errno(errno, path);
  if (!S_ISREG(found.st_mode) || found.st_uid != geteuid()) {
    return Error{path + " is not a regular file of ours"};
  }
  // A process that was killed may have left a part of a line.
  char last = '\n';
  if (found.st_size > 0 && pread(fd.get(), &last, 1, found.st_size - 1) == 1 && last != '\n' &&
      write(fd.get(), "\n", 1) != 1) {
    return Error::from_errno(errno, path);
  }
  return fd;
}

/// 0, or the errno of a line that could not be written whole.
int write_line(const Fd& fd, std::string line) {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = write(fd.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

RecordingStart recording_start() {
  const TimePoint now = Clock::now();
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {UNDERSTUDY_VERSION, std::chrono::duration_cast<Duration>(wall) - now.time_since_epoch(),
          now};
}

}  // namespace

/// A ring with one writer (the loop) and one reader (the thread), without a lock: the loop may have
/// a real-time priority, and must not wait for a thread that has not.
struct Recorder::Shared {
  explicit Shared(Fd open_file, Describe how)
      : file(std::move(open_file)),
        news(eventfd(0, EFD_CLOEXEC)),
        done(eventfd(0, EFD_CLOEXEC)),
        describe(std::move(how)),
        places(kPlaces) {}

  void run();
  /// Until the end, or an error: its errno.
  int write_all();
  int write_one(const RecordedInput& input);
  static void signal(const Fd& event) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(event.get(), &one, sizeof one);
  }

  Fd file;
  /// Counts inputs, and the end.
  Fd news;
  /// The thread has ended.
  Fd done;
  Describe describe;
  std::vector<std::optional<RecordedInput>> places;
  std::atomic<std::size_t> written = 0;
  std::atomic<std::size_t> read = 0;
  std::atomic<bool> closing = false;
  std::atomic<int> error = 0;
  /// The thread's.
  Mask mask;
};

int Recorder::Shared::write_one(const RecordedInput& input) {
  RecordedInput line = input;
  const VrrpConfig* config = nullptr;
  if (const auto* begin = std::get_if<Begin>(&input.input)) config = begin->config.get();
  if (const auto* reload = std::get_if<Reload>(&input.input)) config = reload->config.get();
  if (config != nullptr) line.configuration = describe(mask.apply(*config));
  return write_line(file, encode(std::move(line)));
}

void Recorder::Shared::run() {
  try {
    error.store(write_all(), std::memory_order_release);
  } catch (const std::exception&) {
    error.store(ENOMEM, std::memory_order_release);
  }
  signal(done);
}

int Recorder::Shared::write_all() {
  int problem = write_line(file, encode(recording_start()));
  while (problem == 0) {
    // Before the look at the ring: what comes before the end is written.
    const bool last = closing.load(std::memory_order_acquire);
    const std::size_t until = written.load(std::memory_order_acquire);
    for (std::size_t at = read.load(std::memory_order_relaxed); at != until && problem == 0; ++at) {
      auto& place = places[at % kPlaces];
      problem = write_one(*place);
      place.reset();
      read.store(at + 1, std::memory_order_release);
    }
    if (last) break;
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(news.get(), &count, sizeof count);
  }
  return problem;
}

Recorder::Recorder(Log& log, std::string path, Describe describe)
    : log_(log), path_(std::move(path)) {
  auto file = open_file(path_);
  if (!file) {
    log_.error("Cannot record: {}", file.error().message);
    return;
  }
  shared_ = std::make_shared<Shared>(std::move(*file), std::move(describe));
  thread_ = start_quietly([shared = shared_] { shared->run(); });
  log_.info("Recording to {}", path_);
}

Recorder::~Recorder() {
  if (!thread_.joinable()) return;
  shared_->closing.store(true, std::memory_order_release);
  Shared::signal(shared_->news);
  pollfd ended{shared_->done.get(), POLLIN, 0};
  if (poll(&ended, 1, kEndMilliseconds) == 1) {
    thread_.join();
  } else {
    // A disk that hangs keeps nobody from leaving; what the thread uses it shares.
    thread_.detach();
  }
}

void Recorder::stop(const std::string& why) {
  log_.error("Recording to {} ends: {}", path_, why);
  shared_->closing.store(true, std::memory_order_release);
  Shared::signal(shared_->news);
  thread_.detach();
  shared_.reset();
}

void Recorder::record(const Input& input, TimePoint now) {
  if (!shared_) return;
  if (const int error = shared_->error.load(std::memory_order_acquire); error != 0) {
    stop(std::strerror(error));
    return;
  }
  const std::size_t at = shared_->written.load(std::memory_order_relaxed);
  if (at - shared_->read.load(std::memory_order_acquire) == kPlaces) {
    stop("the disk is too slow");
    return;
  }
  shared_->places[at % kPlaces] = RecordedInput{now, input, {}};
  shared_->written.store(at + 1, std::memory_order_release);
  Shared::signal(shared_->news);
}

}  // namespace understudy::vrrp
