// What global_defs and the top level of the configuration say, as values.
//
// Pure data: no parsing (keywords.cpp has the rows that fill it), no checking. Members that belong
// together are a struct; names are those of the keywords. A default member
// value is the default of keepalived.conf(5).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"

namespace understudy {

/// Scheduling of one of our processes (vrrp_rt_priority, vrrp_priority, vrrp_no_swap …).
struct ProcessScheduling {
  /// SCHED_RR priority; nullopt: the process's own default (vrrp real-time, checkers normal).
  std::optional<std::uint8_t> rt_priority;
  /// Microseconds of RLIMIT_RTTIME; 0: the default.
  std::uint64_t rlimit_rttime_us = 0;
  /// -20..19.
  int nice = 0;
  bool no_swap = false;
  /// The CPUs it may run on, ascending; empty: all.
  std::vector<unsigned> cpus;
  bool operator==(const ProcessScheduling&) const = default;
};

/// A script and the user it runs as. `argv` is empty when there is no script.
struct Script {
  std::vector<std::string> argv;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  [[nodiscard]] bool empty() const { return argv.empty(); }
  bool operator==(const Script&) const = default;
};

/// A named pipe that gets a line per change, and the program that reads it.
struct NotifyFifo {
  std::string path;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  Script script;
  bool operator==(const NotifyFifo&) const = default;
};

/// startup_script, shutdown_script.
struct LifecycleScript {
  Script script;
  std::chrono::seconds timeout{10};
  bool operator==(const LifecycleScript&) const = default;
};

/// How often and how fast addresses are announced (vrrp_garp_* and their per-instance namesakes).
struct AnnouncementTiming {
  std::chrono::seconds master_delay{5};
  unsigned master_repeat = 5;
  /// 0: no periodic refresh.
  std::chrono::seconds master_refresh{0};
  unsigned master_refresh_repeat = 1;
  /// On an advert of lower priority; nullopt: as master_delay and master_repeat.
  std::optional<std::chrono::seconds> lower_prio_delay;
  std::optional<unsigned> lower_prio_repeat;
  bool operator==(const AnnouncementTiming&) const = default;
};

/// vrrp_garp_extra_if: announcements on interfaces that only carry addresses.
struct ExtraAnnouncements {
  /// 0: none.
  std::chrono::seconds interval{0};
  /// Also on interfaces that are no VMAC.
  bool all = false;
  bool operator==(const ExtraAnnouncements&) const = default;
};

/// lvs_sync_daemon: what the IPVS connection synchronisation of this director does.
struct SyncDaemonConfig {
  std::string interface;
  /// The VRRP instance whose state decides between master and backup; empty: none.
  std::string instance;
  /// nullopt until completed, or without instance: its virtual router id, else 0.
  std::optional<std::uint8_t> id;
  /// 0 and empty: the kernel's default.
  std::uint16_t max_length = 0;
  std::uint16_t port = 0;
  std::uint8_t ttl = 0;
  IpAddress group;
  bool operator==(const SyncDaemonConfig&) const = default;
};

/// lvs_timeouts; 0: leave the kernel's.
struct IpvsTimeouts {
  std::chrono::seconds tcp{0};
  std::chrono::seconds tcp_fin{0};
  std::chrono::seconds udp{0};
  bool operator==(const IpvsTimeouts&) const = default;
};

/// lvs_flush_on_stop.
enum class FlushOnStop : std::uint8_t { no, full, virtual_servers };

/// nftables_ipvs and what goes with it; no table name: not used.
struct IpvsNftables {
  std::string table;
  std::int32_t priority = -1;
  std::uint32_t start_fwmark = 1000;
  bool operator==(const IpvsNftables&) const = default;
};

/// Receive buffer of a socket; 0 octets: the system's.
struct ReceiveBuffer {
  std::uint32_t octets = 0;
  /// Exceed the system's limit.
  bool force = false;
  bool operator==(const ReceiveBuffer&) const = default;
};

/// vrrp_rx_bufs_policy, vrrp_rx_bufs_multiplier.
struct VrrpReceiveBuffers {
  enum class Policy : std::uint8_t { system, mtu, advert, octets };
  Policy policy = Policy::system;
  /// With Policy::octets.
  std::uint32_t octets = 0;
  std::uint32_t multiplier = 3;
  bool operator==(const VrrpReceiveBuffers&) const = default;
};

/// SNMP keywords.
struct SnmpConfig {
  /// Address of the AgentX master; empty: unix:/var/agentx/master.
  std::string socket;
  bool traps = false;
  bool vrrp = false;
  bool checker = false;
  bool rfc_v2 = false;
  bool rfc_v3 = false;
  std::chrono::microseconds virtual_server_interval{5'000'000};
  /// Completed: as virtual_server_interval unless given.
  std::chrono::microseconds real_server_interval{0};
  bool operator==(const SnmpConfig&) const = default;
};

/// D-Bus keywords.
struct DbusConfig {
  bool enabled = false;
  std::string service_name = "org.keepalived.Vrrp1";
  std::string no_interface_name = "none";
  bool operator==(const DbusConfig&) const = default;
};

/// When a reload takes place, and what is looked at before.
struct ReloadConfig {
  /// reload_check_config: where the check's complaints go; nullopt: not given.
  std::optional<std::string> check_log;
  std::string time_file;
  bool repeat = false;
  /// reload_file: exists while a reload runs; nullopt: none, empty: the default path.
  std::optional<std::string> file;
  bool operator==(const ReloadConfig&) const = default;
};

/// include_check: what an include must fulfil.
struct IncludeChecks {
  bool read = false;
  bool match = false;
  bool wildcard_match = false;
  bool brace_match = false;
  bool operator==(const IncludeChecks&) const = default;
};

/// track_file: a file whose number is a fact about this node, for instances and FILE_CHECK.
struct TrackFile {
  std::string name;
  std::string path;
  /// Times the number in the file; 0: a number below 0 is a FAULT. nullopt when not given: 1.
  int weight = 1;
  bool reverse = false;
  /// Written at the start: only when the file is missing unless `overwrite`.
  std::optional<int> initial;
  bool overwrite = false;
  bool operator==(const TrackFile&) const = default;
};

/// global_defs and top-level keywords.
struct GlobalConfig {
  std::string router_id;
  /// -i / --config-id, and the top-level `instance`.
  std::string instance;
  std::string net_namespace;
  /// nullopt: as net_namespace; empty: the default one.
  std::optional<std::string> net_namespace_ipvs;
  bool namespace_with_ipsets = false;
  bool linkbeat_use_polling = false;
  bool use_pid_dir = false;
  std::chrono::seconds child_wait_time{5};

  std::vector<std::string> notification_email;
  std::string notification_email_from;
  /// Address and port of the mail server; an empty address: no mail.
  Endpoint smtp_server{{}, Port(25)};
  /// The mail server as it was written, for messages.
  std::string smtp_server_name;
  std::string smtp_helo_name;
  std::chrono::seconds smtp_connect_timeout{30};
  std::optional<bool> smtp_alert;
  std::optional<bool> smtp_alert_vrrp;
  std::optional<bool> smtp_alert_checker;
  bool no_email_faults = false;
  bool no_checker_emails = false;

  /// What scripts that name no user run as, when that can be said.
  bool default_script_user_known = false;
  std::uint32_t default_script_uid = 0;
  std::uint32_t default_script_gid = 0;
  bool enable_script_security = false;
  /// Run scripts by the path given, not by the one it resolves to.
  bool use_symlink_paths = false;
  LifecycleScript startup_script;
  LifecycleScript shutdown_script;
  NotifyFifo notify_fifo;
  NotifyFifo vrrp_notify_fifo;
  NotifyFifo lvs_notify_fifo;
  bool fifo_write_vrrp_states_on_reload = false;

  /// process_names was given.
  bool process_names = false;
  /// What the processes call themselves (comm); empty: the program's name.
  std::string process_name;
  std::string vrrp_process_name;
  std::string checker_process_name;
  std::string bfd_process_name;
  ProcessScheduling vrrp_process;
  ProcessScheduling checker_process;
  ProcessScheduling bfd_process;
  /// Real-time priority a late process may raise itself to; 0: none, -1: nothing is watched.
  int max_auto_priority = 0;
  std::chrono::microseconds min_auto_priority_delay{1'000'000};
  /// nullopt: 0177.
  std::optional<std::uint16_t> umask;
  std::optional<std::uint32_t> random_seed;
  /// `vrrp_rt_priority 0` / the keyword that turns the default real-time priority off.
  bool vrrp_real_time = true;

  std::string default_interface = "eth0";
  /// Interfaces need not exist when the configuration is read.
  bool dynamic_interfaces = false;
  /// dynamic_interfaces allow_if_changes.
  bool allow_interface_changes = false;
  bool disable_local_igmp = false;
  bool v3_checksum_as_v2 = false;
  IpAddress vrrp_mcast_group4 = *IpAddress::parse("224.0.0.18");
  IpAddress vrrp_mcast_group6 = *IpAddress::parse("ff02::12");
  std::uint8_t vrrp_version = 2;
  unsigned vrrp_down_timer_adverts = 3;
  bool vrrp_check_unicast_src = false;
  bool vrrp_owner_ignore_adverts = false;
  bool log_unknown_vrids = false;
  /// Before the first state; and since the boot of the machine.
  std::chrono::microseconds vrrp_startup_delay{0};
  std::chrono::microseconds vrrp_delay_after_boot{0};
  /// Starts of the names of VMAC interfaces; empty: "vrrp", and as vmac_prefix.
  std::string vmac_prefix;
  std::string vmac_addr_prefix;
  bool vrrp_strict = false;
  bool vrrp_skip_check_adv_addr = false;
  bool vrrp_lower_prio_no_advert = false;
  bool vrrp_higher_prio_send_advert = false;
  bool vrrp_notify_priority_changes = false;
  AnnouncementTiming announcements;
  /// vrrp_min_garp was given; it has changed `announcements`.
  bool vrrp_min_garp = false;
  ExtraAnnouncements garp_extra_if;
  /// Pause between two gratuitous ARP / unsolicited NA on an interface.
  std::chrono::microseconds garp_interval{0};
  std::chrono::microseconds gna_interval{0};
  /// Name of the nftables table the vrrp process owns.
  std::string nftables_table = "keepalived";
  std::int32_t nftables_priority = -1;
  bool nftables_counters = false;
  bool nftables_ifindex = false;
  IpvsNftables nftables_ipvs;
  /// Names of chains and sets of vrrp_iptables and vrrp_ipsets, as far as given.
  std::optional<std::vector<std::string>> vrrp_iptables;
  std::optional<std::vector<std::string>> vrrp_ipsets;
  VrrpReceiveBuffers vrrp_rx_bufs;
  ReceiveBuffer vrrp_netlink_cmd_rcv_bufs;
  ReceiveBuffer vrrp_netlink_monitor_rcv_bufs;
  ReceiveBuffer lvs_netlink_cmd_rcv_bufs;
  ReceiveBuffer lvs_netlink_monitor_rcv_bufs;
  ReceiveBuffer process_monitor_rcv_bufs;

  std::vector<TrackFile> track_files;

  bool lvs_flush = false;
  FlushOnStop lvs_flush_on_stop = FlushOnStop::no;
  IpvsTimeouts lvs_timeouts;
  /// No interface: none.
  SyncDaemonConfig lvs_sync_daemon;
  bool checker_log_all_failures = false;
  bool rs_init_notifies = false;

  SnmpConfig snmp;
  DbusConfig dbus;
  ReloadConfig reload;
  IncludeChecks include_check;
  /// Files of dumps carry the names of instance and network namespace.
  bool data_use_instance = false;
  /// Where SIGUSR1, SIGUSR2 and the JSON signal write; empty: the default path.
  std::string state_dump_file;
  std::string stats_dump_file;
  std::string json_dump_file;
  std::uint8_t json_version = 1;
  /// Where names of routing tables, protocols … are looked up.
  std::string iproute_usr_dir = "/usr/share/iproute2";
  std::string iproute_etc_dir = "/etc/iproute2";
  /// Where the expanded configuration is kept; empty: in memory.
  std::string tmp_config_directory;
  /// Where copies of the configuration are kept; empty: nowhere.
  std::string config_save_dir;

  bool operator==(const GlobalConfig&) const = default;
};

}  // namespace understudy
