// Follows the files and processes that instances and sync groups track.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/global/config.hpp"
#include "daemon/run/file_watch.hpp"
#include "daemon/run/process_watch.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// Tells what files hold and how many processes there are.
class TrackWatches {
 public:
  /// `events`: see run::ProcessWatch.
  TrackWatches(Loop& loop, Log& log, int events, run::FileWatch::OnValue on_file,
               run::ProcessWatch::OnCount on_processes)
      : files_(loop, log, std::move(on_file)),
        processes_(loop, log, events, std::move(on_processes)) {}

  /// Those that something refers to are followed from now on. Before the configuration comes into
  /// force: what its files hold is told meanwhile.
  void configure(const GlobalConfig& global, const VrrpConfig& config);

 private:
  run::FileWatch files_;
  run::ProcessWatch processes_;
};

}  // namespace understudy::vrrp
