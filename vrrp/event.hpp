// What can happen to a virtual router. Values; nothing here acts.
#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"
#include "vrrp/config.hpp"
#include "vrrp/packet.hpp"

namespace understudy::vrrp {

/// What tracking makes of all tracked things of an instance: link, interfaces, scripts …
struct TrackingSummary {
  /// Things that are down and have no weight; not 0 means FAULT.
  unsigned failing = 0;
  /// Things without a weight of which nothing is known yet (a script that never ended); not 0 means
  /// FAULT too, but nobody is told.
  unsigned pending = 0;
  /// Sum of the weights that count now; added to the configured priority.
  int weight = 0;
  bool operator==(const TrackingSummary&) const = default;
};

/// The daemon starts, or the instance is new at a reload.
struct Started {
  TrackingSummary tracking;
  /// Nothing is sent, heard or timed before DelayOver (vrrp_startup_delay).
  bool delayed = false;
};

/// What a machine has to remember to go on in a successor of its process.
struct MachineMemory {
  /// backup or master.
  RouterState state = RouterState::backup;
  /// Backup: the master last heard, and its interval; empty and 0: none.
  IpAddress master;
  Duration master_interval{};
  /// Backup: when the master down timer was started, and until when preempt_delay runs.
  TimePoint timer_start;
  std::optional<TimePoint> preempt_at;
  bool operator==(const MachineMemory&) const = default;
};

/// A respawned process goes on where its predecessor was: its page says so and is fresh.
struct Resumed {
  TrackingSummary tracking;
  MachineMemory memory{RouterState::master, {}, {}, {}, {}};
};

/// A well-formed, authenticated advert for our VRID on our interface.
struct AdvertReceived {
  IpAddress source;
  Advert advert;
};

/// deadline() is reached.
struct TimerExpired {};

/// A tracked thing changed.
struct TrackingChanged {
  TrackingSummary tracking;
};

/// Somebody deleted one of our addresses while we are master.
struct AddressLost {
  IpAddress address;
};

/// The first source address of the interface changed; it breaks ties between equal priorities.
struct PrimaryAddressChanged {
  IpAddress address;
};

/// A reload: the same virtual router (see diff.hpp) with another configuration.
struct Reconfigured {
  std::shared_ptr<const InstanceConfig> config;
};

/// vrrp_startup_delay has passed.
struct DelayOver {};

/// The sync group goes to `to` (backup, master or fault), and its members with it.
struct Synced {
  RouterState to = RouterState::backup;
};

/// What the sync group allows has changed for other reasons than a state, e.g. by a reload.
struct GroupChanged {};

/// Another member of the sync group heard a lesser master: hosts may believe that one's
/// announcements for our addresses too.
struct GroupOverlapped {};

/// The daemon stops, or the instance is gone after a reload.
struct Stopped {
  /// Gone after a reload: scripts are told FAULT instead of STOP, as the original does.
  bool removed = false;
};

using Event = std::variant<Started, Resumed, AdvertReceived, TimerExpired, TrackingChanged,
                           AddressLost, PrimaryAddressChanged, Reconfigured, DelayOver, Synced,
                           GroupChanged, GroupOverlapped, Stopped>;

}  // namespace understudy::vrrp
