// The event loop: timers, file descriptors, signals and children of one process.
//
// It owns the turn: the clock is read once per handler and passed on by now(). A due timer may run
// between any two descriptor handlers, so thousands of ready descriptors cannot delay an advert;
// nor do timers keep descriptors from their turn, so that a process that is late with its checks
// reads the answers of those it has begun, and catches up.
#pragma once

#include <sys/types.h>

#include <boost/intrusive/set.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/base/fd.hpp"
#include "daemon/base/types.hpp"

namespace understudy {

class Loop;
class Watch;

/// `when`, or up to `slack` later: the same time for all that is due within it, so that the process
/// wakes once for them.
[[nodiscard]] TimePoint together(TimePoint when, Duration slack);

/// A one-shot timer; arm it again from its handler to repeat. A handler whose captures are small
/// and trivial costs no memory of its own.
class Timer : public boost::intrusive::set_base_hook<> {
 public:
  Timer(Loop& loop, std::function<void()> handler) : loop_(loop), handler_(std::move(handler)) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { disarm(); }

  /// Fires once at `when`; replaces an earlier deadline.
  void arm(TimePoint when);
  /// The same at together(when, slack).
  void arm(TimePoint when, Duration slack);
  /// arm(*when), or disarm() for nullopt.
  void arm(std::optional<TimePoint> when);
  void disarm();
  [[nodiscard]] std::optional<TimePoint> deadline() const;

 private:
  friend class Loop;
  struct Earlier {
    bool operator()(const Timer& a, const Timer& b) const { return a.when_ < b.when_; }
  };
  Loop& loop_;
  std::function<void()> handler_;
  /// Of an armed timer.
  TimePoint when_;
};

/// An epoll loop. Not thread safe; one per process. A Timer or Watch may be created, changed and
/// destroyed from within any handler, its own included.
class Loop {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  /// Time at the start of the running handler (outside run(): of the last turn or construction).
  [[nodiscard]] TimePoint now() const { return now_; }
  /// Runs until stop().
  void run();
  /// Makes run() return after the running handler.
  void stop() { stopped_ = true; }
  /// One turn: waits at most `longest` for something to do, then runs what is ready.
  void run_once(Duration longest);
  /// How late the latest timer was when its handler began; the largest value since the last call.
  Duration take_worst_lateness();

 private:
  friend class Timer;
  friend class Watch;
  /// Where a watch is. What epoll knows it by has `uses` in the upper half, so that an event of one
  /// that is gone is not taken for one of its successor.
  struct Place {
    Watch* watch = nullptr;
    std::uint32_t uses = 0;
  };
  [[nodiscard]] std::uint64_t enter(Watch& watch);
  void leave(std::uint64_t id);
  /// nullptr: it is gone.
  [[nodiscard]] Watch* find(std::uint64_t id) const;
  void look_soon(std::uint64_t id);
  void look_at_new();
  void turn(Duration longest);
  void run_due_timers(std::size_t most);
  void hand(const Watch& watch, std::uint32_t events);
  void read_clock() { now_ = Clock::now(); }
  [[nodiscard]] Duration wait_time(Duration longest) const;

  Fd epoll_;
  TimePoint now_ = Clock::now();
  bool stopped_ = false;
  Duration worst_lateness_{};
  boost::intrusive::multiset<Timer, boost::intrusive::compare<Timer::Earlier>,
                             boost::intrusive::constant_time_size<false>>
      timers_;
  std::vector<Place> places_;
  /// Places nobody has.
  std::vector<std::uint32_t> free_places_;
  /// Watches (some may be gone) that are looked at together at `look_at_`; see Watch::Soon.
  std::vector<std::uint64_t> new_;
  TimePoint look_at_;
};

/// Readiness of a file descriptor it does not own; destroy the watch before closing the descriptor.
class Watch {
 public:
  /// Handler's argument is the epoll event mask (EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP …).
  using Handler = std::function<void(std::uint32_t events)>;
  /// Watches for `events` (EPOLLIN and/or EPOLLOUT); throws std::system_error if epoll refuses.
  Watch(Loop& loop, int fd, std::uint32_t events, Handler handler);
  /// For what is probably ready within milliseconds.
  struct Soon {};
  /// Tells of `events` once, as with EPOLLONESHOT, and probably some milliseconds late: one system
  /// call looks at all that were made within them, and only those that are not ready yet cost one
  /// each.
  Watch(Loop& loop, int fd, std::uint32_t events, Handler handler, Soon soon);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();
  /// Changes what is watched for; 0 still reports errors and hang-ups. Not of one made with Soon.
  void set_events(std::uint32_t events);
  /// Says that the descriptor is closed next and no other process has it: the destructor then saves
  /// a system call, for close(2) takes it out of the epoll set.
  void closing() { fd_ = -1; }

 private:
  friend class Loop;
  void show_to_epoll();

  Loop& loop_;
  int fd_;
  /// Epoll knows it.
  bool shown_ = false;
  std::uint64_t id_;
  std::uint32_t events_;
  // Shared, so that a handler that destroys its own watch goes on existing until it returns.
  std::shared_ptr<Handler> handler_;
};

/// Delivers signals through the loop (signalfd(2)); they stay blocked for the process.
class Signals {
 public:
  /// Blocks `signals` and calls `handler(signo)` for each one received.
  Signals(Loop& loop, const std::vector<int>& signals, std::function<void(int signo)> handler);

 private:
  Fd fd_;
  std::unique_ptr<Watch> watch_;
};

/// Reaps children (SIGCHLD); also strangers, so that a daemon that is PID 1 leaves no zombies.
class Children {
 public:
  /// Handler's argument is the wait status of waitpid(2).
  using Handler = std::function<void(int status)>;
  explicit Children(Loop& loop);
  /// Calls `handler` once when `pid`, a child of this process, has ended.
  void on_exit(pid_t pid, Handler handler);
  /// Forgets the handler; the child is still reaped.
  void forget(pid_t pid) { handlers_.erase(pid); }

 private:
  void reap();
  std::map<pid_t, Handler> handlers_;
  Signals signals_;
};

}  // namespace understudy
