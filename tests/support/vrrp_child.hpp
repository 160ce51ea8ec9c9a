// The vrrp process as a child of a test, in a namespace, with the test as its parent.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "daemon/base/channel.hpp"
#include "daemon/run/child.hpp"
#include "tests/support/network_namespace.hpp"
#include "vrrp/process.hpp"

/// One vrrp process. The channel is read whenever the test waits.
class VrrpChild {
 public:
  using Config = understudy::run::ChildConfig<understudy::vrrp::VrrpConfig>;
  struct Options {
    /// Page file, shared by successive children.
    std::string page;
    bool respawned = false;
    bool keep_at_exit = false;
    /// What a ReloadOrder is decoded to; the content of its memfd is the index.
    std::vector<Config> reloads;
  };

  VrrpChild(const NamespacePair& network, char which, const Config& config, Options options);
  VrrpChild(const VrrpChild&) = delete;
  VrrpChild& operator=(const VrrpChild&) = delete;
  /// Kills it if it still runs.
  ~VrrpChild();

  void signal(int signo) const;
  /// Waits for its end and returns the exit status, or -signal.
  int wait();
  /// Handles messages until `done` or the time is up; returns what `done` says then.
  bool until(const std::function<bool()>& done, std::chrono::milliseconds limit);
  /// Handles messages for so long.
  void pass(std::chrono::milliseconds time);
  /// FIFO lines received so far.
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  [[nodiscard]] bool said(const std::string& line) const;
  /// Orders a reload with reloads[index], or with something undecodable.
  void reload(std::size_t index);
  [[nodiscard]] const std::vector<understudy::ReloadOutcome>& outcomes() const { return outcomes_; }
  [[nodiscard]] const std::vector<understudy::TrackScriptRun>& runs() const { return runs_; }
  [[nodiscard]] const std::vector<understudy::Notification>& notifications() const {
    return notifications_;
  }
  void send(const understudy::Message& message) { channel_->send(message); }
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// What it logged to its standard error.
  [[nodiscard]] std::string log() const;
  /// Closes our end, as if the parent had died.
  void abandon() { channel_.reset(); }

 private:
  void on_message(const understudy::Message& message);

  std::string log_path_;
  pid_t pid_ = 0;
  int status_ = -1;
  bool ready_ = false;
  std::vector<std::string> lines_;
  std::vector<understudy::Notification> notifications_;
  std::vector<understudy::TrackScriptRun> runs_;
  std::vector<understudy::ReloadOutcome> outcomes_;
  understudy::Loop loop_;
  std::unique_ptr<understudy::Channel> channel_;
};
