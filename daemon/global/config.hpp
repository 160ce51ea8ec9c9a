// What global_defs and the top level of the configuration say, as values.
//
// Pure data: no parsing (keywords.cpp has the rows that fill it), no checking. A default member
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

  std::uint32_t default_script_uid = 0;
  std::uint32_t default_script_gid = 0;
  bool enable_script_security = false;
  NotifyFifo notify_fifo;
  NotifyFifo vrrp_notify_fifo;
  NotifyFifo lvs_notify_fifo;

  /// What the processes call themselves (comm); empty: the program's name.
  std::string process_name;
  std::string vrrp_process_name;
  std::string checker_process_name;
  ProcessScheduling vrrp_process;
  ProcessScheduling checker_process;
  /// `vrrp_rt_priority 0` / the keyword that turns the default real-time priority off.
  bool vrrp_real_time = true;

  std::string default_interface = "eth0";
  /// Interfaces need not exist when the configuration is read.
  bool dynamic_interfaces = false;
  IpAddress vrrp_mcast_group4 = *IpAddress::parse("224.0.0.18");
  std::uint8_t vrrp_version = 2;
  bool vrrp_strict = false;
  bool vrrp_skip_check_adv_addr = false;
  bool vrrp_lower_prio_no_advert = false;
  bool vrrp_higher_prio_send_advert = false;
  bool vrrp_notify_priority_changes = false;
  AnnouncementTiming announcements;
  /// Pause between two gratuitous ARP / unsolicited NA on an interface.
  std::chrono::microseconds garp_interval{0};
  std::chrono::microseconds gna_interval{0};
  /// Name of the nftables table the vrrp process owns.
  std::string nftables_table = "keepalived";

  std::vector<TrackFile> track_files;

  bool lvs_flush = false;
  bool lvs_flush_on_stop = false;
  bool checker_log_all_failures = false;

  bool operator==(const GlobalConfig&) const = default;
};

}  // namespace understudy
