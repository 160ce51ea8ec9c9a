#include "vrrp/track_watches.hpp"

#include <utility>
#include <vector>

#include "vrrp/tracked_things.hpp"

namespace understudy::vrrp {
namespace {

run::WatchedProcess watched(const TrackProcess& process) {
  using Match = run::WatchedProcess::Match;
  Match match = Match::any;
  switch (process.match) {
    case TrackProcess::Match::any:
      break;
    case TrackProcess::Match::exact:
      match = Match::exact;
      break;
    case TrackProcess::Match::initial:
      match = Match::initial;
      break;
    case TrackProcess::Match::partial:
      match = Match::partial;
      break;
  }
  return {process.name, process.command, process.parameters, match, process.full_command};
}

}  // namespace

void TrackWatches::configure(const GlobalConfig& global, const VrrpConfig& config) {
  const auto used_files = referred_to(config, &TrackReferences::files);
  std::vector<run::WatchedFile> files;
  for (const TrackFile& file : global.track_files) {
    if (used_files.contains(file.name)) files.push_back({file.name, file.path});
  }
  files_.configure(std::move(files));

  const auto used_processes = referred_to(config, &TrackReferences::processes);
  std::vector<run::WatchedProcess> processes;
  for (const TrackProcess& process : config.processes) {
    if (used_processes.contains(process.name)) processes.push_back(watched(process));
  }
  processes_.configure(std::move(processes), {global.process_monitor_rcv_bufs.octets,
                                              global.process_monitor_rcv_bufs.force});
}

}  // namespace understudy::vrrp
