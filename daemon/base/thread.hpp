// Threads beside a loop.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace understudy {

/// Starts a thread that takes no signals: they are the loop's. Throws std::system_error when there
/// can be none.
template <typename Work>
std::thread start_quietly(Work work) {
  struct Blocked {
    Blocked() {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_BLOCK, &all, &before);
    }
    Blocked(const Blocked&) = delete;
    Blocked& operator=(const Blocked&) = delete;
    ~Blocked() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    sigset_t before{};
  };
  const Blocked blocked;
  return std::thread(std::move(work));
}

}  // namespace understudy
