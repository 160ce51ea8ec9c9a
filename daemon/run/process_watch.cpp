#include "daemon/run/process_watch.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "daemon/base/thread.hpp"
#include "daemon/run/process_events.hpp"

namespace understudy::run {
namespace {

/// How often /proc is looked at without events; and how long lost events may settle.
constexpr int kPeriodMs = 1000;
/// A subscription is answered at once where there are events at all.
constexpr int kAnswerMs = 100;
/// Events between two looks at whether to stop.
constexpr unsigned kEventsAtOnce = 256;
/// Of a command line; what is longer matches nothing that wants all of it.
constexpr std::size_t kLongestCommandLine = 64UL * 1024;

std::string read_proc(pid_t pid, const char* file) {
  const Fd fd(open(fmt::format("/proc/{}/{}", pid, file).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  std::string text;
  std::array<char, 4096> buffer{};
  while (text.size() < kLongestCommandLine) {
    const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

/// Which of the watched processes each process is, and how many there are of each.
class Census {
 public:
  explicit Census(const std::vector<WatchedProcess>& watched)
      : watched_(watched),
        counts_(watched.size()),
        reads_command_lines_(std::ranges::any_of(watched, &WatchedProcess::full_command)) {}

  [[nodiscard]] const std::vector<unsigned>& counts() const { return counts_; }

  /// Everything anew.
  void take() {
    std::map<pid_t, Kinds> present;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc"), closedir);
    if (!directory) return;
    while (const dirent* entry = readdir(directory.get())) {
      const pid_t pid = std::atoi(entry->d_name);
      if (pid <= 0) continue;
      if (Kinds kinds = kinds_of(pid); !kinds.empty()) present.emplace(pid, std::move(kinds));
    }
    known_ = std::move(present);
    std::ranges::fill(counts_, 0);
    for (const auto& [pid, kinds] : known_) add(kinds, 1);
  }

  void note(const ProcessEvent& event) {
    switch (event.what) {
      case ProcessEvent::What::forked:
        // It is what its parent is until it executes something.
        if (const auto parent = known_.find(event.parent); parent != known_.end()) {
          set(event.pid, parent->second);
        }
        break;
      case ProcessEvent::What::executed:
      case ProcessEvent::What::renamed:
        set(event.pid, kinds_of(event.pid));
        break;
      case ProcessEvent::What::exited:
        set(event.pid, {});
        break;
    }
  }

 private:
  using Kinds = std::vector<std::uint16_t>;

  [[nodiscard]] Kinds kinds_of(pid_t pid) const {
    const std::string stat = read_proc(pid, "stat");
    const std::string_view comm = name_in_stat(stat);
    Kinds kinds;
    if (comm.empty()) return kinds;
    // It reads the memory of the process, which may be swapped out.
    const std::string line = reads_command_lines_ ? read_proc(pid, "cmdline") : std::string();
    for (std::uint16_t i = 0; i < watched_.size(); ++i) {
      if (matches(watched_[i], comm, line)) kinds.push_back(i);
    }
    return kinds;
  }

  void set(pid_t pid, const Kinds& kinds) {
    const auto known = known_.find(pid);
    if (known != known_.end()) {
      // First those that it is now: a process that only changes counts all the time.
      add(kinds, 1);
      add(known->second, -1);
      if (kinds.empty()) {
        known_.erase(known);
      } else {
        known->second = kinds;
      }
    } else if (!kinds.empty()) {
      add(kinds, 1);
      known_.emplace(pid, kinds);
    }
  }

  void add(const Kinds& kinds, int number) {
    for (const std::uint16_t kind : kinds) counts_[kind] += static_cast<unsigned>(number);
  }

  const std::vector<WatchedProcess>& watched_;
  std::vector<unsigned> counts_;
  const bool reads_command_lines_;
  std::map<pid_t, Kinds> known_;
};

}  // namespace

/// What loop and thread share. Everything above the mutex is set before the thread starts.
struct ProcessWatch::Shared {
  std::vector<WatchedProcess> watched;
  int events = -1;
  Fd stop{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  Fd news{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex;
  /// Counts that changed, in the order of the changes.
  std::vector<std::pair<std::size_t, unsigned>> changes;
  bool without_events = false;

  void run();
  void tell(const std::vector<unsigned>& counts, std::vector<std::optional<unsigned>>& told);
  void say_without_events();
  /// Waits for events or the end; false: the end.
  bool wait(int milliseconds, bool& readable) const;
};

bool ProcessWatch::Shared::wait(int milliseconds, bool& readable) const {
  std::array<pollfd, 2> fds{{{stop.get(), POLLIN, 0}, {events, POLLIN, 0}}};
  poll(fds.data(), fds.size(), milliseconds);
  readable = fds[1].revents != 0;
  return fds[0].revents == 0;
}

void ProcessWatch::Shared::tell(const std::vector<unsigned>& counts,
                                std::vector<std::optional<unsigned>>& told) {
  const std::lock_guard lock(mutex);
  const std::size_t before = changes.size();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (told[i] == counts[i]) continue;
    told[i] = counts[i];
    changes.emplace_back(i, counts[i]);
  }
  const std::uint64_t one = 1;
  if (changes.size() != before) {
    [[maybe_unused]] const auto written = write(news.get(), &one, sizeof one);
  }
}

void ProcessWatch::Shared::say_without_events() {
  const std::lock_guard lock(mutex);
  without_events = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(news.get(), &one, sizeof one);
}

void ProcessWatch::Shared::run() {
  Census census(watched);
  std::vector<std::optional<unsigned>> told(watched.size());
  census.take();
  tell(census.counts(), told);
  bool readable = false;
  // Kernels without the connector's events accept the subscription and never answer.
  if (events >= 0 && (!wait(kAnswerMs, readable) || !readable)) events = -1;
  if (events < 0) say_without_events();
  while (wait(kPeriodMs, readable)) {
    if (events < 0) {
      census.take();
    } else if (readable) {
      const auto note = [&](const ProcessEvent& event) {
        census.note(event);
        tell(census.counts(), told);
      };
      if (read_events(events, kEventsAtOnce, note) == EventsRead::lost) census.take();
    }
    tell(census.counts(), told);
  }
}

ProcessWatch::ProcessWatch(Loop& loop, Log& log, int events, OnCount on_count)
    : loop_(loop), log_(log), inherited_(events), on_count_(std::move(on_count)) {}

ProcessWatch::~ProcessWatch() { stop(); }

void ProcessWatch::stop() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(shared_->stop.get(), &one, sizeof one);
  thread_.join();
  watch_.reset();
  shared_.reset();
}

void ProcessWatch::configure(std::vector<WatchedProcess> processes, ProcessEventBuffer buffer) {
  if (processes == processes_) return;
  stop();
  processes_ = std::move(processes);
  if (processes_.empty()) return;
  shared_ = std::make_unique<Shared>();
  shared_->watched = processes_;
  shared_->events = inherited_;
  if (inherited_ < 0) {
    if (auto opened = open_process_events()) {
      events_ = std::move(*opened);
      shared_->events = events_.get();
    }
  }
  if (shared_->events >= 0 && buffer.octets > 0) {
    setsockopt(shared_->events, SOL_SOCKET, buffer.force ? SO_RCVBUFFORCE : SO_RCVBUF,
               &buffer.octets, sizeof buffer.octets);
  }
  if (shared_->events >= 0 && !subscribe(shared_->events)) shared_->events = -1;
  watch_ = std::make_unique<Watch>(loop_, shared_->news.get(), EPOLLIN,
                                   [this](std::uint32_t) { take(); });
  thread_ = start_quietly([shared = shared_.get()] { shared->run(); });
}

void ProcessWatch::take() {
  std::uint64_t number = 0;
  [[maybe_unused]] const auto got = read(shared_->news.get(), &number, sizeof number);
  std::vector<std::pair<std::size_t, unsigned>> changes;
  bool without = false;
  {
    const std::lock_guard lock(shared_->mutex);
    changes.swap(shared_->changes);
    without = std::exchange(shared_->without_events, false);
  }
  if (without && !std::exchange(said_, true)) {
    log_.info(
        "the kernel has no process events for us - looking at /proc every second for "
        "vrrp_track_process");
  }
  // A copy: a handler may configure us anew.
  const std::vector<WatchedProcess> watched = processes_;
  for (const auto& [index, count] : changes) on_count_(watched[index].name, count);
}

}  // namespace understudy::run
