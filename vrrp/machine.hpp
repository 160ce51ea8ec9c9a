// The state machine of one virtual router (RFC 3768 section 6.4, RFC 5798 section 6.4), a pure
// core.
//
// step() takes an event and the time, and says what to do; deadline() says when to call step() with
// TimerExpired. It owns no socket, clock or log, so whole networks run in a test under virtual
// time. Log lines have the original's words.
//
// Beyond the RFC, because operators suffered from its absence:
// - A stall. A router whose timer is late by more than the master down interval did not run while
//   another took over. The caller hands over the adverts that wait before it says TimerExpired. If
//   we are then still master we announce our addresses anew and tell the scripts again; a backup
//   starts its master down timer again instead of taking over on the strength of an old silence.
// - Two masters. The lesser of them sends one last advert when it gives way, so that the other
//   learns of the overlap and announces its addresses again, whichever of them is heard first.
// - An address deleted by somebody else is put back.
//
// A member of a sync group asks its group (Hold) before it becomes master and before it leaves
// FAULT, and follows it when another member moved (machine_group.cpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "daemon/base/deadline.hpp"
#include "daemon/base/types.hpp"
#include "vrrp/action.hpp"
#include "vrrp/announcement_plan.hpp"
#include "vrrp/event.hpp"
#include "vrrp/restore_limit.hpp"
#include "vrrp/standing.hpp"

namespace understudy::vrrp {

/// Of an address owner that gives way to another one.
inline constexpr Priority kYieldedPriority{254};

/// What happened to a virtual router since it was made.
struct Counters {
  std::uint64_t adverts_received = 0;
  std::uint64_t adverts_sent = 0;
  std::uint32_t interval_mismatches = 0;
  std::uint32_t address_mismatches = 0;
  std::uint32_t leaving_received = 0;
  std::uint32_t leaving_sent = 0;
  std::uint32_t became_master = 0;
  std::uint32_t released_master = 0;
  /// Adverts of another master heard while master.
  std::uint32_t overlaps = 0;
  /// Times the process did not run for longer than the master down interval.
  std::uint32_t stalls = 0;
  std::uint32_t addresses_restored = 0;
  bool operator==(const Counters&) const = default;
};

/// One virtual router.
class Machine {
 public:
  /// `primary` is the source address of our adverts; it breaks ties (RFC 3768 section 6.4.3).
  Machine(std::shared_ptr<const InstanceConfig> config, IpAddress primary);

  /// Handles one event at `now` (never earlier than before) and returns what to do, in order. On
  /// becoming master the advert comes first. The first event is Started or Resumed; after Stopped
  /// nothing has an effect.
  /// `hold`: what the sync group forbids, for one that is in a group.
  [[nodiscard]] Actions step(const Event& event, TimePoint now, Hold hold = {});
  /// When TimerExpired is due; nullopt: nothing is.
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  [[nodiscard]] RouterState state() const { return state_; }
  /// Configured priority plus tracking weight, within 1..254 (255 stays 255).
  [[nodiscard]] Priority effective_priority() const;
  /// Master down interval now in force (RFC 3768 section 6.1).
  [[nodiscard]] Duration master_down_interval() const;
  /// The advert or master down timer is late by more than the master down interval: we did not run.
  [[nodiscard]] bool stalled(TimePoint now) const;
  [[nodiscard]] const InstanceConfig& config() const { return *config_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  /// The master last heard; empty: none yet.
  [[nodiscard]] const IpAddress& master() const { return master_; }
  /// Source address of our adverts.
  [[nodiscard]] const IpAddress& primary() const { return primary_; }
  /// What the sync group has to know.
  [[nodiscard]] Standing standing() const;
  /// What a successor of the process needs to go on.
  [[nodiscard]] MachineMemory memory() const;
  [[nodiscard]] const TrackingSummary& tracking() const { return tracking_; }
  /// The configuration itself, for those that keep it.
  [[nodiscard]] const std::shared_ptr<const InstanceConfig>& config_pointer() const {
    return config_;
  }
  /// The same configuration at another place: after a reload that changes nothing for this
  /// instance, so that the old one as a whole can go.
  void share(std::shared_ptr<const InstanceConfig> config);

 private:
  /// Another router that is configured as address owner and does not give way to us.
  struct Rival {
    TimePoint since;
    TimePoint heard;
    /// It went on for so long that we take the highest priority below an owner's.
    bool yielded = false;
  };
  /// One call of step().
  struct Turn {
    TimePoint now;
    Actions actions;
  };
  /// Complaints made once until the master or our state changes.
  struct Complaints {
    bool interval = false;
    bool addresses = false;
    bool same_address = false;
    bool two_owners = false;
    /// That another one leaves, since our last advert that was due.
    bool leaving = false;
  };

  void handle(const Started& event, Turn& turn);
  void handle(const Resumed& event, Turn& turn);
  void handle(const AdvertReceived& event, Turn& turn);
  void handle(const TimerExpired& event, Turn& turn);
  void handle(const TrackingChanged& event, Turn& turn);
  void handle(const AddressLost& event, Turn& turn);
  void handle(const PrimaryAddressChanged& event, Turn& turn);
  void handle(const Reconfigured& event, Turn& turn);
  void handle(const DelayOver& event, Turn& turn);
  void handle(const Synced& event, Turn& turn);
  void handle(const GroupChanged& event, Turn& turn);
  void handle(const GroupOverlapped& event, Turn& turn);
  void handle(const Stopped& event, Turn& turn);

  // machine.cpp: states. enter() alone assigns state_.
  void transition(RouterState to, Turn& turn);
  void enter(RouterState to, Turn& turn);
  void log_entry(RouterState to, Turn& turn) const;
  void exit_master(RouterState to, Turn& turn);
  void enter_master(Turn& turn);
  void take_over(Turn& turn);
  void rejoin(Turn& turn);
  void tell_fault(Turn& turn);
  void check_invariants() const;

  // machine_group.cpp: what the sync group and a predecessor say.
  void resume_master(Turn& turn);
  void resume_backup(const MachineMemory& memory, Turn& turn);
  void want_master(Turn& turn);

  // machine_adverts.cpp: what an advert does to a backup and to a master.
  void complain_of_interval(const AdvertReceived& event, Turn& turn);
  void compare_addresses(const AdvertReceived& event, Turn& turn);
  void advert_as_backup(const AdvertReceived& event, Turn& turn);
  void accept_master(const AdvertReceived& event, Turn& turn);
  void delay_preemption(bool lesser, Turn& turn);
  void advert_as_master(const AdvertReceived& event, Turn& turn);
  void complain_of_equal(const AdvertReceived& event, Turn& turn);
  void give_way(const AdvertReceived& event, Turn& turn);
  void hold_against(const AdvertReceived& event, Turn& turn);
  void note_master(const IpAddress& source, Turn& turn);
  void learn_interval(const Advert& advert, Turn& turn);
  bool outlasted_by_owner(const AdvertReceived& event, Turn& turn);
  void restore_ownership(const AdvertReceived& event, Turn& turn);
  [[nodiscard]] bool yields_ownership() const { return rival_ && rival_->yielded; }

  /// By itself, whatever its sync group is.
  [[nodiscard]] bool faulty() const { return tracking_.failing > 0 || tracking_.pending > 0; }
  [[nodiscard]] bool told_fault() const { return tracking_.failing > 0 || hold_.failing; }
  [[nodiscard]] bool preempts() const { return !config_->nopreempt || config_->owner(); }
  [[nodiscard]] bool timer_runs() const;
  [[nodiscard]] Duration timer_length() const;
  void recover_from_stall(Turn& turn);
  [[nodiscard]] bool gives_way_after_stall(TimePoint now) const;
  /// Announces our addresses once more and tells scripts again, these once in a row of overlaps:
  /// others may believe in another master.
  void reassert(Turn& turn);
  void advert_timer_expired(Turn& turn);

  void send_advert(Priority priority, Turn& turn);
  void announce_all(Turn& turn);
  void restore(const IpAddress& address, Turn& turn);
  void notify(RouterState state, Turn& turn, Notify::News news = Notify::News::state);
  void log_priority_change(Priority before, Turn& turn) const;
  void reconfigure_master(const InstanceConfig& before, Turn& turn);
  void reconfigure_backup(const InstanceConfig& before, Turn& turn);

  // Thousands of routers are usual: what is small lies together.
  std::shared_ptr<const InstanceConfig> config_;
  TrackingSummary tracking_;
  IpAddress primary_;
  IpAddress master_;
  /// The lesser master whose adverts we last discarded: it may still talk when we took over.
  IpAddress preempted_;
  RouterState state_ = RouterState::init;
  /// The last state that was mailed: none is mailed twice in a row.
  RouterState mailed_ = RouterState::init;
  /// What the sync group forbids in this turn.
  Hold hold_;
  /// Nothing has begun yet (Started::delayed).
  bool delayed_ = false;
  /// Backup: it would be master if its sync group were.
  bool wants_master_ = false;
  /// Backup: the master said that it leaves, only the skew time is left to wait.
  bool leaving_ = false;
  bool fault_told_ = false;
  Complaints complaints_;
  /// When the advert timer (master) or the master down timer (backup) was started.
  TimePoint timer_start_;
  /// The interval the master down interval is made of: in version 3 the master's own.
  Duration master_interval_;
  /// Backup: preempt_delay runs until then.
  Deadline preempt_at_;
  TimePoint master_since_;
  /// When a lesser master was heard last.
  TimePoint overlapped_;
  std::unique_ptr<Rival> rival_;
  AnnouncementPlan plan_;
  RestoreLimit restore_limit_;
  Counters counters_;
};

}  // namespace understudy::vrrp
