#include "daemon/run/file_watch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <tuple>

namespace understudy::run {
namespace {

constexpr std::chrono::seconds kRetry(1);
/// keepalived reads no more of a file.
constexpr std::size_t kLongestNumber = 127;
constexpr std::int64_t kSmallest = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t kLargest = std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1;

constexpr std::uint32_t kFileEvents = IN_CLOSE_WRITE | IN_DELETE | IN_MOVE;
constexpr std::uint32_t kDirectoryGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;

std::pair<std::string, std::string> split(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

Result<std::int64_t> number_in(std::string_view text) {
  const std::string copy(text.substr(0, kLongestNumber));
  errno = 0;
  const long long value = std::strtoll(copy.c_str(), nullptr, 0);
  if (errno == 0 && value >= kSmallest && value <= kLargest) return value;
  return Error{fmt::format("Invalid number {}", value)};
}

FileWatch::FileWatch(Loop& loop, Log& log, OnValue on_value)
    : loop_(loop), log_(log), on_value_(std::move(on_value)), retry_(loop, [this] { retry(); }) {}

FileWatch::~FileWatch() = default;

void FileWatch::configure(std::vector<WatchedFile> files) {
  const std::vector<File> before = std::exchange(files_, {});
  if (!files.empty() && !inotify_) {
    inotify_ = Fd(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!inotify_) {
      log_.error("cannot watch files: {} - looking at them every second", std::strerror(errno));
    } else {
      readable_ = std::make_unique<Watch>(loop_, inotify_.get(), EPOLLIN,
                                          [this](std::uint32_t) { read_events(); });
    }
  }
  std::map<std::string, Directory> directories;
  for (WatchedFile& watched : files) {
    File& file = files_.emplace_back();
    std::tie(file.directory, file.base) = split(watched.path);
    for (const File& old : before) {
      if (old.watched == watched) file.value = old.value;
    }
    file.watched = std::move(watched);
    const auto known = directories_.find(file.directory);
    directories.emplace(file.directory, known == directories_.end() ? Directory() : known->second);
  }
  for (const auto& [path, directory] : directories_) {
    if (directory.watch && !directories.contains(path)) {
      inotify_rm_watch(inotify_.get(), *directory.watch);
    }
  }
  directories_ = std::move(directories);
  retry();
  look_at_all();
}

/// Watches every directory that is not watched yet, and comes again while there are such.
void FileWatch::retry() {
  bool missing = false;
  bool found = false;
  for (auto& [path, directory] : directories_) {
    if (directory.watch) continue;
    watch(path, directory);
    (directory.watch ? found : missing) = true;
  }
  if (missing) retry_.arm(loop_.now() + kRetry);
  if (found || !inotify_) look_at_all();
}

void FileWatch::watch(const std::string& path, Directory& directory) {
  if (!inotify_) return;
  const int watch = inotify_add_watch(inotify_.get(), path.c_str(),
                                      kFileEvents | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
  if (watch >= 0) {
    directory = {watch, false};
  } else if (!std::exchange(directory.said, true)) {
    log_.info("cannot watch files in {}: {}", path, std::strerror(errno));
  }
}

void FileWatch::read_events() {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  // Bounded: what is left makes the descriptor readable again.
  const ssize_t got = read(inotify_.get(), buffer.data(), buffer.size());
  for (std::size_t at = 0;
       got > 0 && at + sizeof(inotify_event) <= static_cast<std::size_t>(got);) {
    inotify_event one{};
    std::memcpy(&one, buffer.data() + at, sizeof one);
    const char* name = buffer.data() + at + sizeof one;
    at += sizeof one + one.len;
    if ((one.mask & IN_Q_OVERFLOW) != 0) {
      look_at_all();
    } else {
      event(one.wd, one.mask, {name, strnlen(name, one.len)});
    }
  }
}

void FileWatch::event(int watch, std::uint32_t mask, std::string_view name) {
  if ((mask & kDirectoryGone) != 0) return forget(watch);
  if ((mask & IN_ISDIR) != 0) return;
  for (File& file : files_) {
    if (file.base == name && directories_[file.directory].watch == watch) look(file);
  }
}

/// A directory is gone, and its files with it.
void FileWatch::forget(int watch) {
  for (auto& [path, directory] : directories_) {
    if (directory.watch != watch) continue;
    inotify_rm_watch(inotify_.get(), watch);
    directory.watch.reset();
    retry_.arm(loop_.now() + kRetry);
  }
  look_at_all();
}

void FileWatch::look_at_all() {
  for (File& file : files_) look(file);
}

void FileWatch::look(File& file) {
  const Fd fd(open(file.watched.path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  std::array<char, kLongestNumber> buffer{};
  const ssize_t got = fd ? read(fd.get(), buffer.data(), buffer.size()) : -1;
  const std::string_view text(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  const auto number = number_in(text);
  if (number) {
    set(file, *number);
  } else {
    log_.info("{} read from {} - ignoring", number.error().message, file.watched.path);
  }
}

void FileWatch::set(File& file, std::int64_t value) {
  if (std::exchange(file.value, value) != value) on_value_(file.watched.name, value);
}

void write_initial_files(const std::vector<InitialFile>& files, Log& log) {
  constexpr mode_t kPrivate = 0600;
  for (const InitialFile& file : files) {
    const int flags =
        O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (file.overwrite ? 0 : O_EXCL);
    const Fd fd(open(file.path.c_str(), flags, kPrivate));
    if (!fd && errno == EEXIST && !file.overwrite) continue;
    struct stat found {};
    const std::string text = fmt::format("{}\n", file.value);
    const bool written =
        fd && fstat(fd.get(), &found) == 0 && S_ISREG(found.st_mode) &&
        ftruncate(fd.get(), 0) == 0 &&
        write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (!written) log.error("Unable to initialise track file {}", file.name);
  }
}

}  // namespace understudy::run
