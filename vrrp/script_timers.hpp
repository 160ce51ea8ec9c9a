// When tracking scripts run: each at its interval, never twice at a time.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "daemon/base/channel.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// Asks the parent to run scripts; the parent's results come back through ended().
class ScriptTimers {
 public:
  ScriptTimers(Loop& loop, Log& log, Channel& channel)
      : loop_(loop), log_(log), channel_(channel) {}

  /// The scripts that instances and sync groups refer to run from now on, new ones at once; those
  /// that go on unchanged keep their beat.
  void configure(const VrrpConfig& config);
  /// The parent said how a run ended.
  void ended(const std::string& name);
  /// Nothing runs any more.
  void stop() { scripts_.clear(); }

 private:
  struct Script {
    Script(Loop& loop, TrackScript settings, std::function<void(Script&)> on_beat)
        : config(std::move(settings)),
          timer(loop, [this, call = std::move(on_beat)] { call(*this); }) {}
    TrackScript config;
    bool running = false;
    /// Its turn came while the last run went on: it runs as soon as that has ended.
    bool overdue = false;
    Timer timer;
  };
  void beat(Script& script);
  void start(Script& script);

  Loop& loop_;
  Log& log_;
  Channel& channel_;
  std::map<std::string, std::unique_ptr<Script>> scripts_;
};

}  // namespace understudy::vrrp
