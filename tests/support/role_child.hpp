// A child process of the daemon as a child of a test, with the test as its parent: what the vrrp
// process (vrrp_child.hpp) and the checker process (checker_child.hpp) have in common.
#pragma once

#include <sys/types.h>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/channel.hpp"
#include "daemon/run/child.hpp"

/// What a test may say about a child besides its configuration.
template <typename RoleConfig>
struct RoleChildOptions {
  /// Page file, shared by successive children.
  std::string page;
  bool respawned = false;
  bool keep_at_exit = false;
  /// What a ReloadOrder is decoded to; the content of its memfd is the index.
  std::vector<understudy::run::ChildConfig<RoleConfig>> reloads;
};

/// One process. Its channel is read whenever the test waits.
class RoleChild {
 public:
  RoleChild(const RoleChild&) = delete;
  RoleChild& operator=(const RoleChild&) = delete;

  void signal(int signo) const;
  /// Waits for its end and returns the exit status, or -signal.
  int wait();
  /// Handles messages until `done` or the time is up; returns what `done` says then.
  bool until(const std::function<bool()>& done, std::chrono::milliseconds limit);
  /// Handles messages for so long.
  void pass(std::chrono::milliseconds time);
  void send(const understudy::Message& message) { channel_->send(message); }
  /// Orders a reload with reloads[index], or with something undecodable.
  void order_reload(std::size_t index);
  /// FIFO lines received so far.
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  /// Whether `line` is one of them.
  [[nodiscard]] bool said(const std::string& line) const;
  [[nodiscard]] const std::vector<understudy::Notification>& notifications() const {
    return notifications_;
  }
  [[nodiscard]] const std::vector<understudy::TrackScriptRun>& runs() const { return runs_; }
  [[nodiscard]] const std::vector<understudy::ReloadOutcome>& outcomes() const { return outcomes_; }
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// What it has logged.
  [[nodiscard]] std::string log() const;
  /// Closes our end, as if the parent had died.
  void abandon() { channel_.reset(); }

 protected:
  /// What runs in the forked child, given its end of the channel and where to log; returns its exit
  /// status.
  using Main = std::function<int(understudy::Fd channel, understudy::LogOptions log)>;

  /// Forks. The child logs to a file of its own next to `page`.
  RoleChild(const std::string& page, const Main& main);
  /// Kills it if it still runs.
  ~RoleChild();

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

/// In the forked child: what its run_process() is given. The page has room for `page_records`.
template <typename RoleConfig>
understudy::run::ChildSetup<RoleConfig> role_child_setup(
    understudy::Fd channel, understudy::LogOptions log,
    const understudy::run::ChildConfig<RoleConfig>& config,
    const RoleChildOptions<RoleConfig>& options, std::uint32_t page_records) {
  using namespace understudy;
  auto page = run::HandoverPage::open(options.page, page_records);
  const auto decode = [&options](ByteView text,
                                 const run::TextBefore&) -> Result<run::ChildConfig<RoleConfig>> {
    std::size_t index = 0;
    const auto* begin = reinterpret_cast<const char*>(text.data());
    std::from_chars(begin, begin + text.size(), index);
    if (index >= options.reloads.size()) return Error{"no such configuration"};
    return options.reloads[index];
  };
  return {Log(log), std::move(channel), std::move(page.value()),
          config,   options.respawned,  options.keep_at_exit,
          decode};
}
