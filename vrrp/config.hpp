// What the configuration says about VRRP, as values: instances, addresses, tracking scripts.
//
// vrrp/ turns packets, timers and link changes into adverts, addresses and announcements. Its cores
// (packet … announce, machine) own no socket, clock or log. Start with machine.hpp, then
// process.hpp, which shows the way of a packet. It may not know checkers or bfd.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"

namespace understudy::vrrp {

/// auth_type of an instance (RFC 2338 section 5.3.6).
enum class Authentication : std::uint8_t { none, pass, ah };

/// An address an instance owns while it is master (virtual_ipaddress, virtual_ipaddress_excluded).
struct VirtualAddress {
  IpAddress address;
  /// Prefix length; 32/128 when not given.
  std::uint8_t prefix_length = 32;
  /// Interface; empty: the instance's.
  std::string device;
  /// Kernel scope (RT_SCOPE_UNIVERSE = 0 … RT_SCOPE_HOST = 254).
  std::uint8_t scope = 0;
  /// Kernel address label, "eth0:1"; empty: none.
  std::string label;
  std::optional<IpAddress> broadcast;
  std::optional<IpAddress> peer;
  bool operator==(const VirtualAddress&) const = default;
};

/// A script to run as a user, argv empty for none. The same shape as the global one, repeated here
/// so that the cores depend on nothing above them.
struct ScriptCall {
  std::vector<std::string> argv;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  [[nodiscard]] bool empty() const { return argv.empty(); }
  bool operator==(const ScriptCall&) const = default;
};

/// vrrp_script: a program whose result is a fact about this node.
struct TrackScript {
  std::string name;
  ScriptCall command;
  std::chrono::microseconds interval{std::chrono::seconds(1)};
  /// 0: the interval.
  std::chrono::microseconds timeout{0};
  /// -253..253; 0 means a failure puts the instance in FAULT.
  int weight = 0;
  bool reverse = false;
  unsigned rise = 1;
  unsigned fall = 1;
  bool init_fail = false;
  bool operator==(const TrackScript&) const = default;
};

/// A reference to a tracked thing, with the weight it has for this instance.
struct TrackReference {
  std::string name;
  /// nullopt: the tracked thing's own weight.
  std::optional<int> weight;
  bool reverse = false;
  bool operator==(const TrackReference&) const = default;
};

/// Scripts that run when an instance changes state.
struct NotifyScripts {
  ScriptCall master;
  ScriptCall backup;
  ScriptCall fault;
  ScriptCall stop;
  /// Gets "INSTANCE NAME STATE PRIORITY" appended.
  ScriptCall any;
  bool operator==(const NotifyScripts&) const = default;
};

/// Gratuitous ARP / unsolicited neighbour advertisements: garp_master_* and garp_lower_prio_*.
struct GarpTiming {
  /// Until the second batch; 0: there is none.
  std::chrono::seconds delay{5};
  /// Rounds of a batch.
  unsigned repeat = 5;
  /// 0: no periodic refresh.
  std::chrono::seconds refresh{0};
  unsigned refresh_repeat = 1;
  std::chrono::seconds lower_prio_delay{5};
  unsigned lower_prio_repeat = 5;
  bool operator==(const GarpTiming&) const = default;
};

/// One vrrp_instance after verification: every default filled in, every value in its range.
struct InstanceConfig {
  std::string name;
  /// What `state` says: master or backup.
  RouterState initial_state = RouterState::backup;
  std::string interface;
  VirtualRouterId vrid;
  /// 1..255.
  Priority priority{100};
  std::uint8_t version = 2;
  std::chrono::microseconds advert_interval{std::chrono::seconds(1)};
  Authentication authentication = Authentication::none;
  /// At most 8 octets, as on the wire.
  std::string password;
  std::optional<IpAddress> mcast_source;
  IpAddress mcast_group;
  std::vector<VirtualAddress> addresses;
  std::vector<VirtualAddress> excluded;
  bool nopreempt = false;
  std::chrono::microseconds preempt_delay{0};
  bool strict = false;
  /// Traffic to the virtual addresses is let in although this router does not own them (RFC 5798
  /// Accept_Mode). False in strict mode unless configured.
  bool accept = true;
  bool skip_check_adv_addr = false;
  bool dont_track_primary = false;
  bool lower_prio_no_advert = false;
  bool higher_prio_send_advert = false;
  bool smtp_alert = false;
  bool smtp_alert_faults = true;
  bool notify_priority_changes = false;
  GarpTiming garp;
  std::vector<TrackReference> track_interfaces;
  std::vector<TrackReference> track_scripts;
  NotifyScripts notify;

  [[nodiscard]] bool owner() const { return priority == kOwnerPriority; }
  bool operator==(const InstanceConfig&) const = default;
};

/// All of VRRP.
struct VrrpConfig {
  std::vector<TrackScript> scripts;
  std::vector<InstanceConfig> instances;
  bool operator==(const VrrpConfig&) const = default;
};

}  // namespace understudy::vrrp
