// All virtual routers of a node with what they depend on: machines, sync groups, tracked facts. A
// pure core: Routers is the I/O around it; the simulation and `understudy replay` run the same
// class under their own clocks.
//
// step() takes one input, a plain value, and the time, and says what to do. Everything that decides
// goes in through inputs and nothing else, so a record of inputs and times replays a run to the
// last action.
//
// The work for a fact grows with the instances that track it, for an event of a group's member with
// the members, never with all instances of the node.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/base/types.hpp"
#include "vrrp/action.hpp"
#include "vrrp/config.hpp"
#include "vrrp/diff.hpp"
#include "vrrp/event.hpp"
#include "vrrp/facts.hpp"
#include "vrrp/machine.hpp"
#include "vrrp/sync_group.hpp"

namespace understudy::vrrp {

// ---- Inputs: all that can happen to a node.

/// The first input but for facts: the configuration, and what is known of each of its instances.
struct Begin {
  std::shared_ptr<const VrrpConfig> config;
  /// Source address of each instance's adverts, in the order of the configuration; empty: it has
  /// none.
  std::vector<IpAddress> sources;
  /// What a predecessor's page says of each instance, where it is fresh; may be empty as a whole.
  std::vector<std::optional<MachineMemory>> memories;
  /// Nobody takes over before this has passed (vrrp_startup_delay, vrrp_delay_after_boot); 0: none.
  Duration delay{};
};

/// A reload. Facts about interfaces that only the new configuration has come before it.
struct Reload {
  std::shared_ptr<const VrrpConfig> config;
  /// diff() of the configuration in force and this one.
  InstanceDiff difference;
  /// As in Begin.
  std::vector<IpAddress> sources;
  /// What vrrp_startup_delay has changed by.
  Duration delay_change{};
  /// fifo_write_vrrp_states_on_reload: FIFOs are told every state although none changed.
  bool tell_states = false;
};

/// The daemon stops: every router leaves.
struct End {};

/// A well-formed, authenticated advert, an expired timer, a lost address … of one instance:
/// AdvertReceived, TimerExpired, AddressLost. Ignored when there is no such instance.
struct InstanceEvent {
  InstanceId instance;
  Event event;
};

/// The source address of an instance's adverts; empty: it has none, which is a FAULT.
struct SourceChanged {
  InstanceId instance;
  IpAddress address;
};

/// Something hinders an instance by itself, or no longer (no_source is SourceChanged's).
struct ObstacleChanged {
  InstanceId instance;
  Obstacle obstacle = Obstacle::no_interface;
  bool present = false;
};

/// An interface is up (administratively and running) or not; a missing one is down.
struct LinkChanged {
  std::string interface;
  bool up = false;
};

/// A tracking script ended.
struct ScriptEnded {
  std::string name;
  ScriptResult result;
};

/// What a predecessor's page says of a script.
struct ScriptKnown {
  std::string name;
  ScriptState state;
};

/// The number in a track_file; 0 for one that is missing or holds none.
struct FileRead {
  std::string name;
  std::int64_t value = 0;
};

/// How many processes match a vrrp_track_process now.
struct ProcessesCounted {
  std::string name;
  unsigned count = 0;
};

/// A BFD session is up or not.
struct BfdChanged {
  std::string name;
  bool up = false;
};

/// deadline() of the ensemble itself is reached.
struct DelayPassed {};

using Input =
    std::variant<Begin, Reload, End, InstanceEvent, SourceChanged, ObstacleChanged, LinkChanged,
                 ScriptEnded, ScriptKnown, FileRead, ProcessesCounted, BfdChanged, DelayPassed>;

// ---- What comes of them.

/// Whose actions these are: an instance's, a sync group's (LogLine and Notify only), or (monostate)
/// the node's (LogLine only).
using Subject = std::variant<std::monostate, InstanceId, GroupId>;

/// Actions of one subject, in order.
struct Deeds {
  Subject of;
  Actions actions;
};

/// What one input comes to, in order. A subject may occur more than once. Every instance whose
/// deadline may have changed occurs at least once, perhaps without actions.
using Outcome = std::vector<Deeds>;

/// The node.
class Ensemble {
 public:
  /// Handles one input at `now` (never earlier than before) and returns what to do, in order.
  [[nodiscard]] Outcome step(const Input& input, TimePoint now);

  /// When InstanceEvent{id, TimerExpired} is due; nullopt: nothing is.
  [[nodiscard]] std::optional<TimePoint> deadline(InstanceId id) const;
  /// When DelayPassed is due.
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  /// The instances in the order of the configuration. An id is an instance's own from the input
  /// that made it to the one that removed it, also through reloads that rename or move it; later it
  /// may be another's. The same inputs give the same ids.
  [[nodiscard]] const std::vector<InstanceId>& instances() const { return order_; }
  /// An instance in instances(); or one that the last Reload has removed (its state is stop).
  [[nodiscard]] const Machine& machine(InstanceId id) const { return *machines_[id.value()]; }
  /// Every sync group that has members, in the order of the configuration.
  [[nodiscard]] const std::vector<Group>& groups() const { return groups_; }
  [[nodiscard]] const Group& group(GroupId id) const { return groups_[id.value()]; }
  /// Which group an instance is a member of.
  [[nodiscard]] std::optional<GroupId> group_of(InstanceId id) const;
  /// Before the timer of a backup in a group is believed: the members that become master with it if
  /// it is; what waits in their sockets is to be heard too. Empty: nobody else is concerned.
  [[nodiscard]] const std::vector<InstanceId>& followers(InstanceId id) const;
  [[nodiscard]] const VrrpConfig& config() const { return *config_; }
  /// What is known of scripts, files, processes: for the page and for views.
  [[nodiscard]] const Facts& facts() const { return facts_; }

 private:
  /// One call of step().
  struct Turn {
    TimePoint now;
    Outcome outcome;
  };
  /// What an instance has here beside its machine.
  struct Membership {
    std::optional<GroupId> group;
    /// As its group last counted it.
    Standing counted;
  };

  void handle(const Begin& input, Turn& turn);
  void handle(const Reload& input, Turn& turn);
  void handle(const End& input, Turn& turn);
  void handle(const InstanceEvent& input, Turn& turn);
  void handle(const SourceChanged& input, Turn& turn);
  void handle(const ObstacleChanged& input, Turn& turn);
  void handle(const LinkChanged& input, Turn& turn);
  void handle(const ScriptEnded& input, Turn& turn);
  void handle(const ScriptKnown& input, Turn& turn);
  void handle(const FileRead& input, Turn& turn);
  void handle(const ProcessesCounted& input, Turn& turn);
  void handle(const BfdChanged& input, Turn& turn);
  void handle(const DelayPassed& input, Turn& turn);

  // ensemble.cpp: events and facts.
  void wake_others(InstanceId id, Turn& turn);
  void apply(const FactNews& news, Turn& turn);
  void track(InstanceId id, Turn& turn);
  /// Gives an event to a machine, and its group moves with it.
  void step_member(InstanceId id, const Event& event, Turn& turn);
  /// Gives an event to a machine alone.
  void step_alone(InstanceId id, const Event& event, Turn& turn);
  void synchronise(GroupId id, RouterState to, std::optional<InstanceId> leader, Turn& turn);
  void spread_overlap(InstanceId id, Turn& turn);
  [[nodiscard]] bool exists(InstanceId id) const;
  void check_groups() const;

  // ensemble_configuration.cpp: beginning, reload, end.
  void add(std::size_t place, const IpAddress& source);
  [[nodiscard]] InstanceId free_id();
  void form_groups();
  void count_from(InstanceId id, const Standing& standing);
  [[nodiscard]] std::vector<std::optional<MachineMemory>> usable(
      const std::vector<std::optional<MachineMemory>>& memories) const;
  void begin_instance(InstanceId id, Turn& turn);
  void tell_first(Turn& turn);
  void settle(GroupId id, Turn& turn);
  void end_delay(Turn& turn);
  void change_delay(Duration by, Turn& turn);
  void free_leaving();
  [[nodiscard]] Standing first_standing(InstanceId id) const;
  void update(InstanceId id, const IpAddress& source, Turn& turn);
  void remind(Turn& turn);

  std::shared_ptr<const VrrpConfig> config_;
  std::vector<InstanceId> order_;
  /// By id; nullptr: free.
  std::vector<std::unique_ptr<Machine>> machines_;
  std::vector<Membership> memberships_;
  /// No id below is free.
  std::uint32_t lowest_free_ = 0;
  std::vector<Group> groups_;
  Facts facts_;
  /// vrrp_startup_delay: until then.
  std::optional<TimePoint> delayed_until_;
  /// Removed by the last Reload; free from the next one on.
  std::vector<InstanceId> leaving_;
};

}  // namespace understudy::vrrp
