// Threads beside a loop.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace understudy {

/// Starts a thread that takes no signals: they are the loop's.
template <typename Work>
std::thread start_quietly(Work work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  std::thread thread(std::move(work));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace understudy
