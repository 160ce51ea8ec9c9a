// The checker process as a child of a test, with the test as its parent; and what it needs around
// it: a network namespace, servers that listen.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "checkers/process.hpp"
#include "daemon/base/channel.hpp"
#include "daemon/run/child.hpp"

/// Makes the calling thread a member of a new network namespace whose loopback is up.
void enter_new_network();

/// A TCP server that accepts in the kernel only, which is enough for TCP_CHECK.
understudy::Fd listen_on(const understudy::Endpoint& endpoint);

/// One checker process. The channel is read whenever the test waits.
class CheckerChild {
 public:
  using Config = understudy::run::ChildConfig<understudy::checkers::CheckersConfig>;
  struct Options {
    /// Page file, shared by successive children.
    std::string page;
    bool respawned = false;
    bool keep_at_exit = false;
    /// What a ReloadOrder is decoded to; the content of its memfd is the index.
    std::vector<Config> reloads;
  };

  CheckerChild(const Config& config, Options options);
  CheckerChild(const CheckerChild&) = delete;
  CheckerChild& operator=(const CheckerChild&) = delete;
  /// Kills it if it still runs.
  ~CheckerChild();

  void signal(int signo) const;
  /// Waits for its end and returns the exit status, or -signal.
  int wait();
  /// Handles messages until `done` or the time is up; returns what `done` says then.
  bool until(const std::function<bool()>& done, std::chrono::milliseconds limit);
  void pass(std::chrono::milliseconds time);
  /// Orders a reload with reloads[index] and waits for its outcome.
  understudy::ReloadOutcome reload(std::size_t index);
  /// FIFO lines received so far.
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] std::string log() const;
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Closes our end, as if the parent had died.
  void abandon() { channel_.reset(); }

 private:
  void on_message(const understudy::Message& message);

  std::string log_path_;
  pid_t pid_ = 0;
  int status_ = -1;
  bool ready_ = false;
  std::vector<std::string> lines_;
  std::vector<understudy::ReloadOutcome> outcomes_;
  understudy::Loop loop_;
  std::unique_ptr<understudy::Channel> channel_;
};
