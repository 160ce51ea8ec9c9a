// Work that waits, done by a thread while the loop goes on.
#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "daemon/base/fd.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/thread.hpp"

namespace understudy {

/// One thing at a time; the thread takes no signals and lives no longer than its work. It has what
/// priority a thread of the process gets: an ordinary one with SCHED_RESET_ON_FORK.
template <typename Outcome>
class Errand {
 public:
  /// `done` is called by the loop, or from within finish(); it may start the next and destroy this.
  Errand(Loop& loop, std::function<void(Outcome)> done)
      : loop_(loop), done_(std::move(done)), again_(loop, [this] { begin(); }) {}
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;
  /// Waits; nothing is reported.
  ~Errand() {
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] bool under_way() const { return thread_.joinable() || waiting_; }
  /// Only when none is under way. `work` throws nothing: an exception that leaves a thread ends the
  /// process. While there can be no thread, for want of descriptors or memory, it waits: the loop
  /// never does such work itself.
  void start(std::function<Outcome()> work) {
    waiting_ = std::move(work);
    begin();
  }
  /// Waits for the end of what is under way, if anything is, and reports it.
  void finish() {
    if (!under_way()) return;
    again_.disarm();
    if (thread_.joinable()) {
      thread_.join();
      eventfd_t count = 0;
      eventfd_read(ended_.get(), &count);
    } else {
      outcome_ = std::exchange(waiting_, nullptr)();
    }
    Outcome outcome = std::move(*outcome_);
    outcome_.reset();
    // It outlives this object if need be.
    const auto done = done_;
    done(std::move(outcome));
  }

 private:
  /// How long until a thread is tried again.
  static constexpr Duration kPause = std::chrono::milliseconds(500);

  void begin() {
    if (!ended_) ended_ = Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!ended_) return again_.arm(loop_.now() + kPause);
    if (!watch_) {
      watch_ = std::make_unique<Watch>(loop_, ended_.get(), EPOLLIN,
                                       [this](std::uint32_t) { finish(); });
    }
    try {
      thread_ = start_quietly([this, work = waiting_] {
        outcome_ = work();
        eventfd_write(ended_.get(), 1);
      });
      waiting_ = nullptr;
    } catch (const std::system_error&) {
      again_.arm(loop_.now() + kPause);
    }
  }

  Loop& loop_;
  std::function<void(Outcome)> done_;
  Fd ended_;
  std::unique_ptr<Watch> watch_;
  std::thread thread_;
  /// What has no thread yet.
  std::function<Outcome()> waiting_;
  Timer again_;
  /// Written by the thread, read after joining it.
  std::optional<Outcome> outcome_;
};

}  // namespace understudy
