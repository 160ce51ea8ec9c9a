// Facts about this node that decide on priority and FAULT: links, scripts, files, processes, BFD
// sessions, source addresses.
//
// Facts are kept once for the whole process, each with an index of the instances it matters to (by
// their own or their group's configuration), and folded into a TrackingSummary per instance. A
// fault is a function of present facts, never of the order in which they came.
#pragma once

#include <cstdint>
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

namespace understudy::vrrp {

/// What hinders one instance by itself; each is a FAULT.
enum class Obstacle : std::uint8_t {
  /// Its adverts have no source address.
  no_source,
  /// fault_no_peer, and no peer is left.
  no_peer,
  /// The interface its adverts need is not there or not of the kind it must be.
  no_interface,
  /// Another instance has the VRID on that interface (interfaces that change while we run).
  duplicate_vrid,
};

/// What a fact's news came to.
struct FactNews {
  /// For the log, in the original's words.
  std::vector<LogLine> lines;
  /// Instances whose summary is another now, each once, in the order of the configuration.
  std::vector<InstanceId> changed;
};

/// The facts of one node.
class Facts {
 public:
  /// Who tracks what from now on. `ids` are the instances of `config`, in its order. What is known
  /// of a script stays known if its command is the same; a new one counts as working until it fails
  /// when this is a reload, else it is unknown. Returns lines for the log; all summaries may
  /// differ.
  std::vector<LogLine> configure(std::shared_ptr<const VrrpConfig> config,
                                 const std::vector<InstanceId>& ids, bool reload);

  /// An interface is up (administratively and running) or not; a missing one is down.
  FactNews link(const std::string& interface, bool up);
  FactNews script(std::string_view name, const ScriptResult& result);
  /// Continues from what an earlier process knew.
  FactNews adopt_script(std::string_view name, const ScriptState& state);
  FactNews file(std::string_view name, std::int64_t value);
  FactNews processes(std::string_view name, unsigned count, TimePoint now);
  FactNews bfd(std::string_view name, bool up);
  FactNews obstacle(InstanceId id, Obstacle obstacle, bool present);
  /// deadline() is reached.
  FactNews expire(TimePoint now);
  /// Until when a delay of a tracked process runs.
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  /// What the facts mean for one instance now.
  [[nodiscard]] TrackingSummary summary(InstanceId id) const;
  /// Why an instance cannot leave FAULT, one line each, "(VI_1): entering FAULT state …".
  [[nodiscard]] std::vector<std::string> faults(InstanceId id) const;

  /// What is known of a script, for the page that outlives the process; nullptr: no such script.
  [[nodiscard]] const ScriptState* script_state(std::string_view name) const;
  /// The number last read from a track_file; 0 when none was.
  [[nodiscard]] std::int64_t file_value(std::string_view name) const;

 private:
  /// An instance that tracks a thing, with the weight the thing has for it.
  struct Tracker {
    InstanceId instance;
    std::int16_t weight = 0;
    bool reverse = false;
  };
  struct Tracked {
    std::vector<Tracker> trackers;
  };
  struct Link : Tracked {
    bool known = false;
    bool up = false;
  };
  struct Script : Tracked {
    TrackScript config;
    ScriptState state;
  };
  struct File : Tracked {
    std::int64_t value = 0;
  };
  struct Process : Tracked {
    TrackProcess config;
    ProcessQuorum quorum;
  };
  struct Bfd : Tracked {
    bool up = false;
  };
  template <typename T>
  using Named = std::map<std::string, T, std::less<>>;

  /// What a thing in its present state means for one of its trackers.
  [[nodiscard]] static TrackingSummary meaning(const Link& link, const Tracker& tracker);
  [[nodiscard]] static TrackingSummary meaning(const Script& script, const Tracker& tracker);
  [[nodiscard]] static TrackingSummary meaning(const File& file, const Tracker& tracker);
  [[nodiscard]] static TrackingSummary meaning(const Process& process, const Tracker& tracker);
  [[nodiscard]] static TrackingSummary meaning(const Bfd& bfd, const Tracker& tracker);

  /// Adds `change`, called to alter `thing`, to the summaries of all that track it.
  template <typename T, typename Change>
  void alter(T& thing, FactNews& news, Change change);
  void track(const TrackReferences& references, InstanceId id);
  template <typename T>
  void sum_up(const Named<T>& things);

  std::shared_ptr<const VrrpConfig> config_;
  Named<Link> links_;
  Named<Script> scripts_;
  Named<File> files_;
  Named<Process> processes_;
  Named<Bfd> bfds_;
  /// By instance: what hinders it, a bit each; the sum of all.
  std::vector<std::uint8_t> obstacles_;
  std::vector<TrackingSummary> sums_;
};

}  // namespace understudy::vrrp
