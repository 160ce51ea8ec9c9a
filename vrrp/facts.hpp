// Facts about this node that decide on priority and FAULT: links, scripts, files, processes, BFD
// sessions, source addresses.
//
// Facts are kept once for the whole process, each with an index of the instances it matters to (by
// their own or their group's configuration), and folded into a TrackingSummary per instance. A
// fault is a function of present facts, never of the order in which they came.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vrrp/action.hpp"
#include "vrrp/config.hpp"
#include "vrrp/event.hpp"
#include "vrrp/process_quorum.hpp"
#include "vrrp/script_state.hpp"
#include "vrrp/sync_group.hpp"
#include "vrrp/tracked_things.hpp"

namespace understudy::vrrp {

/// What hinders one instance by itself; each is a FAULT.
enum class Obstacle : std::uint8_t {
  /// Its adverts have no source address.
  no_source,
  /// The interface its adverts need is not there or not of the kind it must be.
  no_interface,
};

/// What a fact's news came to.
struct FactNews {
  /// For the log, in the original's words.
  std::vector<LogLine> lines;
  /// Instances whose summary is another now, in the order of the configuration.
  std::vector<InstanceId> changed;
};

/// The facts of one node. News of a link, file or BFD session that is not tracked yet is kept for
/// the next configure().
class Facts {
 public:
  /// Who tracks what from now on; `ids` are the instances of `config`, in its order. What is known
  /// of a script stays known if its command is the same; a new one counts as working until it fails
  /// when this is a reload, else nothing is known of it. Returns lines for the log; all summaries
  /// may differ.
  std::vector<LogLine> configure(std::shared_ptr<const VrrpConfig> config,
                                 const std::vector<InstanceId>& ids, bool reload);

  /// An interface is up (administratively and running) or not; a missing one is down.
  FactNews link(const std::string& interface, bool up);
  FactNews script(const std::string& name, const ScriptResult& result);
  /// Continues from what an earlier process knew, at the next configure().
  void adopt_script(const std::string& name, const ScriptState& state);
  FactNews file(const std::string& name, std::int64_t value);
  FactNews processes(const std::string& name, unsigned count, TimePoint now);
  FactNews bfd(const std::string& name, bool up);
  FactNews obstacle(InstanceId id, Obstacle obstacle, bool present);
  /// An instance is gone, with what hindered it.
  void forget(InstanceId id);
  /// deadline() is reached.
  FactNews expire(TimePoint now);
  /// Until when a delay of a tracked process runs.
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  /// What the facts mean for one instance now.
  [[nodiscard]] const TrackingSummary& summary(InstanceId id) const { return sums_[id.value()]; }
  /// Why an instance cannot leave FAULT, one line each, "(VI_1): entering FAULT state …".
  [[nodiscard]] std::vector<std::string> faults(InstanceId id) const;

  /// Whether an instance has a source address for its adverts.
  [[nodiscard]] bool has_source(InstanceId id) const { return !hindered(id, Obstacle::no_source); }
  /// Whether anything depends on an interface.
  [[nodiscard]] bool tracks_link(std::string_view interface) const;
  /// What is known of a script, for the page that outlives the process; nullptr: no such script.
  [[nodiscard]] const ScriptState* script_state(std::string_view name) const;
  /// The number last read from a track_file; 0 when none was.
  [[nodiscard]] std::int64_t file_value(std::string_view name) const;
  /// The same of a vrrp_track_process; nullptr: no such process.
  [[nodiscard]] const ProcessQuorum* process_quorum(std::string_view name) const;

 private:
  /// An instance that tracks a thing, with the weight the thing has for it.
  struct Tracker {
    InstanceId instance;
    std::int16_t weight = 0;
    bool reverse = false;
  };
  struct Link {
    bool known = false;
    bool up = false;
  };
  struct Script {
    /// nullptr: not configured.
    const TrackScript* config = nullptr;
    ScriptState state;
  };
  struct File {
    std::int64_t value = 0;
  };
  struct Process {
    const TrackProcess* config = nullptr;
    ProcessQuorum quorum;
  };
  struct Bfd {
    /// Without a process that speaks BFD there are no facts, and no faults.
    bool known = false;
    bool up = false;
  };
  template <typename State>
  struct Thing {
    State state;
    std::vector<Tracker> trackers;
  };
  template <typename State>
  using Things = std::map<std::string, Thing<State>, std::less<>>;

  /// What a thing in a state means for one of its trackers.
  [[nodiscard]] static TrackingSummary meaning(const Link& link, const Tracker& tracker);
  [[nodiscard]] static TrackingSummary meaning(const Script& script, const Tracker& tracker);
  [[nodiscard]] static TrackingSummary meaning(const File& file, const Tracker& tracker);
  [[nodiscard]] static TrackingSummary meaning(const Process& process, const Tracker& tracker);
  [[nodiscard]] static TrackingSummary meaning(const Bfd& bfd, const Tracker& tracker);

  /// Brings a thing into another state and adds what that changes to the sums.
  template <typename State>
  void alter(Thing<State>& thing, const State& to, FactNews& news);
  template <typename State>
  void track(Things<State>& things, const std::vector<TrackedThing>& tracked, InstanceId id);
  void track(const TrackedThings& tracked, InstanceId id);
  std::vector<LogLine> take_scripts(bool reload);
  void take_processes();
  template <typename State>
  [[nodiscard]] bool at_fault(const Things<State>& things, const TrackedThing& tracked) const;
  [[nodiscard]] bool hindered(InstanceId id, Obstacle obstacle) const;
  [[nodiscard]] const InstanceConfig& config_of(InstanceId id) const;

  std::shared_ptr<const VrrpConfig> config_;
  std::optional<ThingFinder> finder_;
  Things<Link> links_;
  Things<Script> scripts_;
  Things<File> files_;
  Things<Process> processes_;
  Things<Bfd> bfds_;
  /// By id: place in the configuration, what hinders it (a bit each), the sum of all.
  std::vector<std::uint32_t> places_;
  std::vector<std::uint8_t> obstacles_;
  std::vector<TrackingSummary> sums_;
};

}  // namespace understudy::vrrp
