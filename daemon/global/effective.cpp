#include "daemon/global/effective.hpp"

#include <fmt/format.h>

#include "daemon/global/script_text.hpp"

namespace understudy {

namespace {

using parser::Statements;
using std::chrono::microseconds;

/// A keyword with a word, when there is one.
void add_text(Statements& out, const std::string& keyword, const std::string& value) {
  if (!value.empty()) out.add(keyword, value);
}

void add_boolean(Statements& out, const std::string& keyword, const std::optional<bool>& value) {
  if (value) out.boolean(keyword, *value);
}

/// Seconds of a keyword that does not take 0.
void add_interval(Statements& out, const std::string& keyword, microseconds value) {
  if (value.count() > 0) out.seconds(keyword, value);
}

/// A keyword and its words.
void add_words(Statements& out, const std::string& keyword, const std::vector<std::string>& words) {
  auto& all = out.add(keyword).words;
  all.insert(all.end(), words.begin(), words.end());
}

void add_mail(Statements& out, const GlobalConfig& config) {
  add_text(out, "router_id", config.router_id);
  if (!config.notification_email.empty()) {
    Statements& block = out.block("notification_email");
    for (const std::string& address : config.notification_email) block.entry({address});
  }
  add_text(out, "notification_email_from", config.notification_email_from);
  if (!config.smtp_server_name.empty()) {
    out.add("smtp_server", config.smtp_server_name, config.smtp_server.port.value());
  }
  add_text(out, "smtp_helo_name", config.smtp_helo_name);
  out.add("smtp_connect_timeout", config.smtp_connect_timeout.count());
  add_boolean(out, "smtp_alert", config.smtp_alert);
  add_boolean(out, "smtp_alert_vrrp", config.smtp_alert_vrrp);
  add_boolean(out, "smtp_alert_checker", config.smtp_alert_checker);
  out.flag("no_email_faults", config.no_email_faults);
  out.boolean("no_checker_emails", config.no_checker_emails);
}

void add_scheduling(Statements& out, const std::string& who, const ProcessScheduling& process) {
  out.add(who + "_priority", process.nice);
  out.flag(who + "_no_swap", process.no_swap);
  if (process.rt_priority) out.add(who + "_rt_priority", *process.rt_priority);
  if (process.rlimit_rttime_us > 0) out.add(who + "_rlimit_rttime", process.rlimit_rttime_us);
  if (process.cpus.empty()) return;
  std::vector<std::string> cpus;
  for (const unsigned cpu : process.cpus) cpus.push_back(std::to_string(cpu));
  add_words(out, who + "_cpu_affinity", cpus);
}

void add_processes(Statements& out, const GlobalConfig& config) {
  out.flag("process_names", config.process_names);
  add_text(out, "process_name", config.process_name);
  add_text(out, "vrrp_process_name", config.vrrp_process_name);
  add_text(out, "checker_process_name", config.checker_process_name);
  add_text(out, "bfd_process_name", config.bfd_process_name);
  add_scheduling(out, "vrrp", config.vrrp_process);
  add_scheduling(out, "checker", config.checker_process);
  add_scheduling(out, "bfd", config.bfd_process);
  out.boolean("vrrp_real_time", config.vrrp_real_time);
  out.add("max_auto_priority", config.max_auto_priority);
  out.add("min_auto_priority_delay", config.min_auto_priority_delay.count());
  if (config.umask) out.add("umask", fmt::format("0{:o}", *config.umask));
  if (config.random_seed) out.add("random_seed", *config.random_seed);
}

void add_fifo(Statements& out, const std::string& keyword, const NotifyFifo& fifo) {
  if (fifo.path.empty()) return;
  std::vector<std::string> words{fifo.path};
  for (std::string& word : owner_words(fifo.uid, fifo.gid)) words.push_back(std::move(word));
  add_words(out, keyword, words);
  if (fifo.script.empty()) return;
  // The last argument is the path, which reading adds.
  std::vector<std::string> argv(fifo.script.argv.begin(), fifo.script.argv.end() - 1);
  out.script(keyword + "_script", argv, owner_words(fifo.script.uid, fifo.script.gid));
}

void add_lifecycle(Statements& out, const std::string& type, const LifecycleScript& script) {
  out.script(type + "_script", script.script.argv,
             owner_words(script.script.uid, script.script.gid));
  out.add(type + "_script_timeout", script.timeout.count());
}

void add_scripts(Statements& out, const GlobalConfig& config) {
  const auto user = owner_words(config.default_script_uid, config.default_script_gid);
  if (config.default_script_user_known && !user.empty()) add_words(out, "script_user", user);
  out.flag("enable_script_security", config.enable_script_security);
  out.boolean("use_symlink_paths", config.use_symlink_paths);
  add_lifecycle(out, "startup", config.startup_script);
  add_lifecycle(out, "shutdown", config.shutdown_script);
  add_fifo(out, "notify_fifo", config.notify_fifo);
  add_fifo(out, "vrrp_notify_fifo", config.vrrp_notify_fifo);
  add_fifo(out, "lvs_notify_fifo", config.lvs_notify_fifo);
  out.flag("fifo_write_vrrp_states_on_reload", config.fifo_write_vrrp_states_on_reload);
}

void add_vrrp(Statements& out, const GlobalConfig& config) {
  add_text(out, "default_interface", config.default_interface);
  if (config.dynamic_interfaces) {
    const bool changes = config.allow_interface_changes;
    add_words(out, "dynamic_interfaces",
              changes ? std::vector<std::string>{"allow_if_changes"} : std::vector<std::string>());
  }
  out.flag("disable_local_igmp", config.disable_local_igmp);
  add_text(out, "vmac_prefix", config.vmac_prefix);
  add_text(out, "vmac_addr_prefix", config.vmac_addr_prefix);
  out.add("vrrp_mcast_group4", config.vrrp_mcast_group4.to_string());
  out.add("vrrp_mcast_group6", config.vrrp_mcast_group6.to_string());
  out.add("vrrp_version", config.vrrp_version);
  out.boolean("v3_checksum_as_v2", config.v3_checksum_as_v2);
  out.boolean("vrrp_strict", config.vrrp_strict);
  add_interval(out, "vrrp_startup_delay", config.vrrp_startup_delay);
  add_interval(out, "vrrp_delay_after_boot", config.vrrp_delay_after_boot);
  out.add("vrrp_down_timer_adverts", config.vrrp_down_timer_adverts);
  out.flag("vrrp_check_unicast_src", config.vrrp_check_unicast_src);
  out.boolean("vrrp_skip_check_adv_addr", config.vrrp_skip_check_adv_addr);
  out.boolean("vrrp_lower_prio_no_advert", config.vrrp_lower_prio_no_advert);
  out.boolean("vrrp_higher_prio_send_advert", config.vrrp_higher_prio_send_advert);
  out.boolean("vrrp_owner_ignore_adverts", config.vrrp_owner_ignore_adverts);
  out.flag("log_unknown_vrids", config.log_unknown_vrids);
  out.boolean("vrrp_notify_priority_changes", config.vrrp_notify_priority_changes);
}

void add_announcements(Statements& out, const GlobalConfig& config) {
  // First: it changes what is not given after it. Only it can make the refresh's repeat 0.
  const AnnouncementTiming& timing = config.announcements;
  out.boolean("vrrp_min_garp", config.vrrp_min_garp);
  out.add("vrrp_garp_master_delay", timing.master_delay.count());
  out.add("vrrp_garp_master_repeat", timing.master_repeat);
  out.add("vrrp_garp_master_refresh", timing.master_refresh.count());
  if (timing.master_refresh_repeat > 0) {
    out.add("vrrp_garp_master_refresh_repeat", timing.master_refresh_repeat);
  }
  if (timing.lower_prio_delay) {
    out.add("vrrp_garp_lower_prio_delay", timing.lower_prio_delay->count());
  }
  if (timing.lower_prio_repeat) out.add("vrrp_garp_lower_prio_repeat", *timing.lower_prio_repeat);
  add_interval(out, "vrrp_garp_interval", config.garp_interval);
  add_interval(out, "vrrp_gna_interval", config.gna_interval);
  const ExtraAnnouncements& extra = config.garp_extra_if;
  if (extra.interval.count() == 0) return;
  if (extra.all) {
    out.add("vrrp_garp_extra_if", "all", extra.interval.count());
  } else {
    out.add("vrrp_garp_extra_if", extra.interval.count());
  }
}

void add_packet_filters(Statements& out, const GlobalConfig& config) {
  // Both cannot be said: nftables would win.
  if (!config.vrrp_iptables) out.add("nftables", config.nftables_table);
  out.add("nftables_priority", config.nftables_priority);
  out.flag("nftables_counters", config.nftables_counters);
  out.flag("nftables_ifindex", config.nftables_ifindex);
  add_text(out, "nftables_ipvs", config.nftables_ipvs.table);
  out.add("nftables_ipvs_priority", config.nftables_ipvs.priority);
  out.add("nftables_ipvs_start_fwmark", config.nftables_ipvs.start_fwmark);
  if (config.vrrp_iptables) add_words(out, "vrrp_iptables", *config.vrrp_iptables);
  if (config.vrrp_ipsets) add_words(out, "vrrp_ipsets", *config.vrrp_ipsets);
}

void add_sync_daemon(Statements& out, const SyncDaemonConfig& sync) {
  if (sync.interface.empty()) return;
  std::vector<std::string> words{sync.interface};
  const auto option = [&](const char* name, const std::string& value) {
    words.insert(words.end(), {name, value});
  };
  if (!sync.instance.empty()) option("inst", sync.instance);
  if (sync.id) option("id", std::to_string(*sync.id));
  if (sync.max_length > 0) option("maxlen", std::to_string(sync.max_length));
  if (sync.port > 0) option("port", std::to_string(sync.port));
  if (sync.ttl > 0) option("ttl", std::to_string(sync.ttl));
  if (!sync.group.empty()) option("group", sync.group.to_string());
  add_words(out, "lvs_sync_daemon", words);
}

void add_balancing(Statements& out, const GlobalConfig& config) {
  out.flag("lvs_flush", config.lvs_flush);
  if (config.lvs_flush_on_stop == FlushOnStop::full) out.add("lvs_flush_on_stop");
  if (config.lvs_flush_on_stop == FlushOnStop::virtual_servers) out.add("lvs_flush_on_stop", "VS");
  const IpvsTimeouts& timeouts = config.lvs_timeouts;
  out.add("lvs_timeouts", "tcp", timeouts.tcp.count(), "tcpfin", timeouts.tcp_fin.count(), "udp",
          timeouts.udp.count());
  add_sync_daemon(out, config.lvs_sync_daemon);
  out.boolean("checker_log_all_failures", config.checker_log_all_failures);
  out.boolean("rs_init_notifies", config.rs_init_notifies);
}

void add_management(Statements& out, const GlobalConfig& config) {
  const SnmpConfig& snmp = config.snmp;
  add_text(out, "snmp_socket", snmp.socket);
  out.flag("enable_traps", snmp.traps);
  out.flag("enable_snmp_vrrp", snmp.vrrp);
  out.flag("enable_snmp_checker", snmp.checker);
  out.flag("enable_snmp_rfc", snmp.rfc_v2 && snmp.rfc_v3);
  out.flag("enable_snmp_rfcv2", snmp.rfc_v2);
  out.flag("enable_snmp_rfcv3", snmp.rfc_v3);
  out.seconds("snmp_vs_stats_update_interval", snmp.virtual_server_interval);
  out.seconds("snmp_rs_stats_update_interval", snmp.real_server_interval);
  out.flag("enable_dbus", config.dbus.enabled);
  out.add("dbus_service_name", config.dbus.service_name);
  out.add("dbus_no_interface_name", config.dbus.no_interface_name);
}

void add_buffers(Statements& out, const GlobalConfig& config) {
  const auto buffer = [&](const std::string& who, const ReceiveBuffer& size) {
    out.add(who + "_rcv_bufs", size.octets);
    out.boolean(who + "_rcv_bufs_force", size.force);
  };
  buffer("vrrp_netlink_cmd", config.vrrp_netlink_cmd_rcv_bufs);
  buffer("vrrp_netlink_monitor", config.vrrp_netlink_monitor_rcv_bufs);
  buffer("lvs_netlink_cmd", config.lvs_netlink_cmd_rcv_bufs);
  buffer("lvs_netlink_monitor", config.lvs_netlink_monitor_rcv_bufs);
  buffer("process_monitor", config.process_monitor_rcv_bufs);
  const VrrpReceiveBuffers& sockets = config.vrrp_rx_bufs;
  using Policy = VrrpReceiveBuffers::Policy;
  if (sockets.policy == Policy::mtu) out.add("vrrp_rx_bufs_policy", "MTU");
  if (sockets.policy == Policy::advert) out.add("vrrp_rx_bufs_policy", "ADVERT");
  if (sockets.policy == Policy::octets) out.add("vrrp_rx_bufs_policy", sockets.octets);
  out.add("vrrp_rx_bufs_multiplier", sockets.multiplier);
}

void add_files(Statements& out, const GlobalConfig& config) {
  const IncludeChecks& include = config.include_check;
  std::vector<std::string> checks;
  if (include.read) checks.emplace_back("+read");
  if (include.match) checks.emplace_back("+match");
  if (include.wildcard_match) checks.emplace_back("+wildcard_match");
  if (include.brace_match) checks.emplace_back("+brace_match");
  if (!checks.empty()) add_words(out, "include_check", checks);
  const ReloadConfig& reload = config.reload;
  if (reload.check_log) out.add("reload_check_config", *reload.check_log);
  add_text(out, "reload_time_file", reload.time_file);
  out.flag("reload_repeat", reload.repeat);
  if (reload.file && reload.file->empty()) out.add("reload_file");
  if (reload.file) add_text(out, "reload_file", *reload.file);
  out.boolean("data_use_instance", config.data_use_instance);
  add_text(out, "state_dump_file", config.state_dump_file);
  add_text(out, "stats_dump_file", config.stats_dump_file);
  add_text(out, "json_dump_file", config.json_dump_file);
  out.add("json_version", config.json_version);
  out.add("iproute_usr_dir", config.iproute_usr_dir);
  out.add("iproute_etc_dir", config.iproute_etc_dir);
  add_text(out, "tmp_config_directory", config.tmp_config_directory);
  add_text(out, "config_save_dir", config.config_save_dir);
}

void add_track_file(Statements& out, const TrackFile& file) {
  Statements& block = out.block("track_file", file.name);
  block.add("file", file.path);
  if (file.reverse) {
    block.add("weight", file.weight, "reverse");
  } else {
    block.add("weight", file.weight);
  }
  if (!file.initial) return;
  if (file.overwrite) {
    block.add("init_file", *file.initial, "overwrite");
  } else {
    block.add("init_file", *file.initial);
  }
}

/// The top level without its blocks.
void add_top(Statements& out, const GlobalConfig& config) {
  add_text(out, "net_namespace", config.net_namespace);
  if (const auto& ipvs = config.net_namespace_ipvs) {
    add_words(out, "net_namespace_ipvs",
              ipvs->empty() ? std::vector<std::string>() : std::vector{*ipvs});
  }
  out.flag("namespace_with_ipsets", config.namespace_with_ipsets);
  add_text(out, "instance", config.instance);
  out.flag("use_pid_dir", config.use_pid_dir);
  out.add("child_wait_time", config.child_wait_time.count());
  out.flag("linkbeat_use_polling", config.linkbeat_use_polling);
}

}  // namespace

parser::Statements effective(const GlobalConfig& config) {
  Statements out;
  add_top(out, config);
  Statements& global = out.block("global_defs");
  add_mail(global, config);
  add_processes(global, config);
  add_scripts(global, config);
  add_vrrp(global, config);
  add_announcements(global, config);
  add_packet_filters(global, config);
  add_balancing(global, config);
  add_management(global, config);
  add_buffers(global, config);
  add_files(global, config);
  for (const TrackFile& file : config.track_files) add_track_file(out, file);
  return out;
}

}  // namespace understudy
