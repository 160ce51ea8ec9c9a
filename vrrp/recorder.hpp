// Writes a recording (recording.hpp) beside the loop, which never waits for it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "daemon/base/log.hpp"
#include "daemon/base/types.hpp"
#include "vrrp/config.hpp"
#include "vrrp/ensemble.hpp"

namespace understudy::vrrp {

/// A file that inputs are appended to. A thread of normal priority turns them into lines and writes
/// them. Where the disk is full or too slow the recording ends, with one line in the log: a record
/// with holes cannot be replayed.
class Recorder {
 public:
  /// Writes a configuration in its language; called in the thread.
  using Describe = std::function<std::string(const VrrpConfig& config)>;

  /// Appends to `path`, a regular file of ours that is made with mode 0600 if it is not there. Says
  /// in the log why it cannot, and records nothing then.
  Recorder(Log& log, std::string path, Describe describe);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  /// Waits a moment for what is not written yet.
  ~Recorder();

  /// Takes note of an input that the ensemble is given at `now`.
  void record(const Input& input, TimePoint now);

 private:
  struct Shared;

  void stop(const std::string& why);

  Log& log_;
  std::string path_;
  /// The thread's and ours; empty: nothing is recorded.
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace understudy::vrrp
