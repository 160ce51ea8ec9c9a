// What the configuration says about VRRP, as values: instances, addresses, tracking scripts.
//
// vrrp/ turns packets, timers and link changes into adverts, addresses and announcements. Its cores
// (packet … announce, machine) own no socket, clock or log. Start with machine.hpp, then
// process.hpp, which shows the way of a packet. It may not know checkers or bfd.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/rare.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/base/types.hpp"
#include "vrrp/routing_config.hpp"

namespace understudy::vrrp {

/// auth_type of an instance (RFC 2338 section 5.3.6).
enum class Authentication : std::uint8_t { none, pass, ah };

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

/// vrrp_track_process: processes of a command whose number is a fact about this node.
struct TrackProcess {
  /// How its arguments must match the configured ones.
  enum class Match : std::uint8_t { any, exact, initial, partial };
  /// Of quorum_max.
  static constexpr unsigned kUnlimited = 0xffffffff;
  std::string name;
  std::string command;
  std::vector<std::string> parameters;
  Match match = Match::any;
  /// Compare the command line instead of the kernel's name of the process.
  bool full_command = false;
  /// -254..254; 0 means too few or too many processes put the instance in FAULT.
  int weight = 0;
  bool reverse = false;
  unsigned quorum = 1;
  unsigned quorum_max = kUnlimited;
  std::chrono::microseconds fork_delay{0};
  std::chrono::microseconds terminate_delay{0};
  bool operator==(const TrackProcess&) const = default;
};

/// A reference to a tracked thing, with the weight it has for this instance or group.
struct TrackReference {
  std::string name;
  /// nullopt: the tracked thing's own weight.
  std::optional<int> weight;
  bool reverse = false;
  bool operator==(const TrackReference&) const = default;
};

/// What an instance or a sync group tracks, by kind.
struct TrackReferences {
  std::vector<TrackReference> interfaces;
  std::vector<TrackReference> scripts;
  std::vector<TrackReference> files;
  std::vector<TrackReference> processes;
  std::vector<TrackReference> bfds;
  bool operator==(const TrackReferences&) const = default;
};

/// Scripts that run when an instance or a group changes state.
struct NotifyScripts {
  ScriptCall master;
  ScriptCall backup;
  ScriptCall fault;
  ScriptCall stop;
  ScriptCall deleted;
  /// Of an instance: its deletion is told to `any` and the FIFO, also without `deleted`.
  bool tell_deletion = false;
  /// Of an instance.
  ScriptCall master_rx_lower_pri;
  /// Gets "INSTANCE NAME STATE PRIORITY" appended.
  ScriptCall any;
  bool operator==(const NotifyScripts&) const = default;
};

/// A router adverts are sent to instead of the group.
struct UnicastPeer {
  IpAddress address;
  /// Hop limits its adverts may arrive with.
  std::uint8_t min_ttl = 0;
  std::uint8_t max_ttl = 255;
  bool operator==(const UnicastPeer&) const = default;
};

/// unicast_*: adverts to named routers.
struct UnicastConfig {
  std::vector<UnicastPeer> peers;
  /// FAULT instead of multicast when there is no peer.
  bool fault_without_peers = false;
  /// Adverts of others than the peers are dropped.
  bool check_source = false;
  /// nullopt: 255 for IPv4, the kernel's for IPv6.
  std::optional<std::uint8_t> ttl;
  /// old_unicast_checksum: that of keepalived before 1.2.20; `never`: do not fall back to it.
  enum class OldChecksum : std::uint8_t { automatic, always, never };
  OldChecksum old_checksum = OldChecksum::automatic;
  /// VRF of an instance without interface.
  std::string vrf;
  bool operator==(const UnicastConfig&) const = default;
};

/// use_vmac and what goes with it.
struct VirtualMac {
  bool used = false;
  /// Interface name; empty: made of the prefix and the VRID.
  std::string name;
  /// nullopt: the protocol's, 00:00:5e:00:01:VRID or 00:00:5e:00:02:VRID.
  std::optional<std::array<std::uint8_t, 6>> address;
  /// Five octets were given: the VRID is the last.
  bool address_ends_in_vrid = false;
  bool netlink_notify = false;
  /// Interface group.
  std::optional<std::uint32_t> group;
  /// use_vmac_addr: also for addresses on other interfaces.
  bool for_addresses = false;
  /// vmac_xmit_base: adverts leave from the interface below.
  bool transmit_on_base = false;
  bool operator==(const VirtualMac&) const = default;
};

/// use_ipvlan.
struct Ipvlan {
  enum class Mode : std::uint8_t { bridge, private_, vepa };
  bool used = false;
  std::string name;
  /// Its address, with a prefix length.
  std::optional<Prefix> address;
  Mode mode = Mode::bridge;
  std::optional<std::uint32_t> group;
  bool operator==(const Ipvlan&) const = default;
};

/// A key of auth_hmac.
struct HmacKey {
  std::uint8_t id = 0;
  /// 32 to 64 octets.
  Secret secret;
  /// Where the secret was read from; empty: it stands in the configuration.
  std::string file;
  bool operator==(const HmacKey&) const = default;
};

/// auth_hmac: adverts carry a keyed digest. Without keys: not used.
struct HmacAuthentication {
  enum class Mode : std::uint8_t { enforce, permissive, receive_only };
  enum class AntiReplay : std::uint8_t { time, monotonic };
  std::vector<HmacKey> keys;
  /// Signs what is sent; always one of `keys`.
  std::uint8_t active_key = 0;
  AntiReplay anti_replay = AntiReplay::time;
  /// How far an advert's time may be off; 0 with AntiReplay::monotonic when not given.
  std::chrono::seconds time_window{0};
  Mode mode = Mode::enforce;
  [[nodiscard]] bool used() const { return !keys.empty(); }
  bool operator==(const HmacAuthentication&) const = default;
};

/// Gratuitous ARP / unsolicited neighbour advertisements: garp_master_* and garp_lower_prio_*.
struct GarpTiming {
  /// What a keyword can say, in the least room.
  using Seconds = std::chrono::duration<std::uint32_t>;
  /// Until the second batch; 0: there is none.
  Seconds delay{5};
  /// Rounds of a batch.
  unsigned repeat = 5;
  /// 0: no periodic refresh.
  Seconds refresh{0};
  unsigned refresh_repeat = 1;
  Seconds lower_prio_delay{5};
  unsigned lower_prio_repeat = 5;
  bool operator==(const GarpTiming&) const = default;
};

/// One vrrp_instance after verification: every default filled in, every value in its range.
struct InstanceConfig {
  // Thousands are usual: what few have is a Rare, and what is small lies together.
  std::string name;
  std::string interface;
  std::chrono::microseconds advert_interval{std::chrono::seconds(1)};
  std::chrono::microseconds preempt_delay{0};
  std::vector<VirtualAddress> addresses;
  std::vector<VirtualAddress> excluded;
  std::vector<Route> routes;
  std::vector<Rule> rules;
  /// At most 8 octets, as on the wire.
  Rare<std::string> password;
  /// Empty: its interface's.
  Rare<IpAddress> mcast_source;
  Rare<GarpTiming> garp;
  Rare<TrackReferences> track;
  Rare<NotifyScripts> notify;
  Rare<UnicastConfig> unicast;
  Rare<VirtualMac> vmac;
  Rare<Ipvlan> ipvlan;
  Rare<HmacAuthentication> hmac;
  /// garp_extra_if: seconds between announcements on further interfaces; 0: none.
  GarpTiming::Seconds garp_extra_interval{0};
  /// Octets; 0: by vrrp_rx_bufs_policy.
  unsigned kernel_rx_buf_size = 0;
  /// Also filled in for unicast.
  IpAddress mcast_group;
  /// What `state` says: master or backup.
  RouterState initial_state = RouterState::backup;
  VirtualRouterId vrid;
  /// 1..255.
  Priority priority{100};
  /// Of its adverts.
  Family family = Family::ipv4;
  std::uint8_t version = 2;
  Authentication authentication = Authentication::none;
  bool nopreempt = false;
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
  /// garp_extra_if: also for interfaces that are not ours.
  bool garp_extra_all = false;
  /// It must not run: something it needs contradicts itself.
  bool disabled = false;
  /// Adverts that may be missed before the master counts as gone.
  std::uint8_t down_timer_adverts = 3;
  /// Give way after having been stalled, to routers of at most this priority; 0: do not.
  std::uint8_t timer_expired_backup = 0;
  /// 0..4.
  std::uint8_t debug = 0;
  bool owner_ignore_adverts = false;
  /// FAULT while the configured source address is missing.
  bool track_source = false;
  /// It is meant to have no address.
  bool no_addresses = false;
  bool promote_secondaries = false;
  /// VRRPv3 over IPv4 without pseudo header in the checksum.
  bool v3_checksum_as_v2 = false;

  /// Adverts go to peers, not to the group.
  [[nodiscard]] bool is_unicast() const { return !unicast->peers.empty(); }
  [[nodiscard]] bool owner() const { return priority == kOwnerPriority; }
  bool operator==(const InstanceConfig&) const = default;
};

/// vrrp_sync_group: instances that change state together.
struct SyncGroup {
  std::string name;
  /// Names of instances.
  std::vector<std::string> members;
  Rare<TrackReferences> track;
  Rare<NotifyScripts> notify;
  bool smtp_alert = false;
  /// Mail of FAULTs too.
  bool smtp_alert_faults = true;
  bool notify_priority_changes = false;
  /// Members may have tracked things with weights of their own.
  bool tracking_weight = false;
  bool operator==(const SyncGroup&) const = default;
};

/// garp_group: interfaces that share a pause between announcements.
struct GarpGroup {
  std::optional<std::chrono::microseconds> garp_interval;
  std::optional<std::chrono::microseconds> gna_interval;
  std::vector<std::string> interfaces;
  bool operator==(const GarpGroup&) const = default;
};

/// An entry of interface_up_down_delays.
struct InterfaceDelay {
  std::string interface;
  std::chrono::microseconds down{0};
  std::chrono::microseconds up{0};
  bool operator==(const InterfaceDelay&) const = default;
};

/// An entry of linkbeat_interfaces.
struct LinkbeatInterface {
  /// How its link is asked for.
  enum class Method : std::uint8_t { any, mii, ethtool, ioctl };
  std::string interface;
  Method method = Method::any;
  bool operator==(const LinkbeatInterface&) const = default;
};

/// track_group: instances whose static addresses, routes and rules are tracked.
struct TrackGroup {
  std::string name;
  /// Names of instances.
  std::vector<std::string> members;
  bool operator==(const TrackGroup&) const = default;
};

/// All of VRRP.
struct VrrpConfig {
  std::vector<TrackScript> scripts;
  std::vector<TrackProcess> processes;
  std::vector<SyncGroup> groups;
  std::vector<InstanceConfig> instances;
  std::vector<GarpGroup> garp_groups;
  /// By interface name.
  std::vector<InterfaceDelay> interface_delays;
  std::vector<LinkbeatInterface> linkbeat_interfaces;
  std::vector<TrackGroup> track_groups;
  std::vector<StaticAddress> static_addresses;
  std::vector<Route> static_routes;
  std::vector<Rule> static_rules;
  bool operator==(const VrrpConfig&) const = default;
};

}  // namespace understudy::vrrp
