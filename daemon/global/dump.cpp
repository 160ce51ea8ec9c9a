#include "daemon/global/dump.hpp"

#include <algorithm>
#include <array>

namespace understudy {
namespace {

/// The original's word for "not set" in an unsigned number.
constexpr std::uint32_t kUnset = 0xffffffff;

using std::chrono::duration;

const char* switch_text(const std::optional<bool>& value) {
  if (!value) return "unset";
  return *value ? "on" : "off";
}

std::string text_or(const std::string& text, const char* otherwise) {
  return text.empty() ? otherwise : text;
}

void line_if(DumpLines& out, const char* label, const std::string& value) {
  if (!value.empty()) out.add(" {} = {}", label, value);
}

void dump_names(DumpLines& out, const GlobalConfig& config) {
  line_if(out, "Config save dir", config.config_save_dir);
  out.add(" Network namespace = {}", text_or(config.net_namespace, "(default)"));
  const auto& ipvs = config.net_namespace_ipvs;
  out.add(" Network namespace ipvs = {}", ipvs ? text_or(*ipvs, "(default)") : "(main namespace)");
  line_if(out, "Instance name", config.instance);
  line_if(out, "Parent process name", config.process_name);
  line_if(out, "VRRP process name", config.vrrp_process_name);
  line_if(out, "LVS process name", config.checker_process_name);
  line_if(out, "BFD process name", config.bfd_process_name);
  out.add(" {} symlinks in script paths", config.use_symlink_paths ? "Keep" : "Replace");
  line_if(out, "Router ID", config.router_id);
}

void dump_mail(DumpLines& out, const GlobalConfig& config) {
  const bool server = !config.smtp_server.address.empty();
  if (server) {
    out.add(" Smtp server = {}", config.smtp_server.address.to_string());
    out.add(" Smtp server port = {}", config.smtp_server.port.value());
  }
  line_if(out, "Smtp HELO name", config.smtp_helo_name);
  if (server || config.smtp_connect_timeout != GlobalConfig().smtp_connect_timeout) {
    out.add(" Smtp server connection timeout = {}", config.smtp_connect_timeout.count());
  }
  if (!config.notification_email_from.empty()) {
    out.add(" Email notification from = {}", config.notification_email_from);
    out.add(" Email notification to:");
    for (const auto& address : config.notification_email) out.add("   {}", address);
  }
  out.add(" Default smtp_alert = {}", switch_text(config.smtp_alert));
  out.add(" Default smtp_alert_vrrp = {}", switch_text(config.smtp_alert_vrrp));
  out.add(" Default smtp_alert_checker = {}", switch_text(config.smtp_alert_checker));
  out.add(" Checkers log all failures = {}", true_false(config.checker_log_all_failures));
}

void dump_reload(DumpLines& out, const ReloadConfig& reload, const GlobalDumpFacts& facts) {
  if (reload.check_log) {
    out.add(" Test config before reload, log to {}", text_or(*reload.check_log, "/dev/null"));
  } else {
    out.add(" No test config before reload");
  }
  if (!reload.time_file.empty()) {
    out.add(" Reload time file = {}{}", reload.time_file, reload.repeat ? " (repeat)" : "");
    if (facts.scheduled_reload.empty()) {
      out.add(" No reload scheduled");
    } else {
      out.add(" Reload scheduled for {}", facts.scheduled_reload);
    }
  }
  if (reload.file) out.add(" Reload_file = {}", text_or(*reload.file, "/run/keepalived.reload"));
}

void dump_lifecycle(DumpLines& out, const char* label, const LifecycleScript& one,
                    const char* separator, const GlobalDumpFacts& facts) {
  if (one.script.empty()) return;
  out.add(" {} script = {}, uid:gid {}:{}{} timeout {}", label,
          shown_script(one.script.argv, facts.find_script).command, one.script.uid, one.script.gid,
          separator, one.timeout.count());
}

void dump_start_and_reload(DumpLines& out, const GlobalConfig& config,
                           const GlobalDumpFacts& facts) {
  dump_reload(out, config.reload, facts);
  out.add(" keep script symlinks = {}", true_false(config.use_symlink_paths));
  line_if(out, "config save directory", config.tmp_config_directory);
  if (config.data_use_instance) out.add(" Use instance name in data dumps");
  dump_lifecycle(out, "Startup", config.startup_script, ",", facts);
  dump_lifecycle(out, "Shutdown", config.shutdown_script, "", facts);
  out.add(" Dynamic interfaces = {}", true_false(config.dynamic_interfaces));
  if (config.dynamic_interfaces) {
    out.add(" Allow interface changes = {}", true_false(config.allow_interface_changes));
  }
  if (config.no_email_faults) out.add(" Send emails for fault transitions = off");
}

void dump_sync_daemon(DumpLines& out, const SyncDaemonConfig& sync, bool vrrp_process) {
  if (sync.interface.empty()) return;
  if (!sync.instance.empty()) {
    out.add(" LVS syncd vrrp {} = {}", vrrp_process ? "instance" : "name", sync.instance);
  }
  out.add(" LVS syncd interface = {}", sync.interface);
  out.add(" LVS syncd syncid = {}", sync.id ? *sync.id : kUnset);
  if (sync.max_length != 0) out.add(" LVS syncd maxlen = {}", sync.max_length);
  if (!sync.group.empty()) out.add(" LVS mcast group {}", sync.group.to_string());
  if (sync.port != 0) out.add(" LVS syncd mcast port = {}", sync.port);
  if (sync.ttl != 0) out.add(" LVS syncd mcast ttl = {}", sync.ttl);
}

const char* flush_text(FlushOnStop flush) {
  switch (flush) {
    case FlushOnStop::no:
      break;
    case FlushOnStop::full:
      return "full";
    case FlushOnStop::virtual_servers:
      return "VS";
  }
  return "disabled";
}

void dump_lvs(DumpLines& out, const GlobalConfig& config, const GlobalDumpFacts& facts) {
  const auto& timeouts = config.lvs_timeouts;
  if (timeouts.tcp.count() != 0) out.add(" LVS TCP timeout = {}", timeouts.tcp.count());
  if (timeouts.tcp_fin.count() != 0) out.add(" LVS TCP FIN timeout = {}", timeouts.tcp_fin.count());
  if (timeouts.udp.count() != 0) out.add(" LVS TCP timeout = {}", timeouts.udp.count());
  if (facts.vrrp_process) out.add(" Default interface = {}", config.default_interface);
  out.add(" Disable local IGMP = {}", yes_no(config.disable_local_igmp));
  out.add(" Use VRRPv2 checksum for VRRPv3 IPv4 = {}", yes_no(config.v3_checksum_as_v2));
  dump_sync_daemon(out, config.lvs_sync_daemon, facts.vrrp_process);
  out.add(" LVS flush = {}", true_false(config.lvs_flush));
  out.add(" LVS flush on stop = {}", flush_text(config.lvs_flush_on_stop));
}

void dump_fifo(DumpLines& out, const char* type, const NotifyFifo& fifo, const FindScript& find) {
  if (fifo.path.empty()) return;
  out.add(" {} notify fifo = {}, uid:gid {}:{}", type, fifo.path, fifo.uid, fifo.gid);
  if (fifo.script.empty()) return;
  const auto shown = shown_script(fifo.script.argv, find);
  const std::string path = shown.path.empty() ? "" : fmt::format("path = {}, ", shown.path);
  out.add(" {} notify fifo {}script = {}, uid:gid {}:{}", type, path, shown.command,
          fifo.script.uid, fifo.script.gid);
}

void dump_fifos(DumpLines& out, const GlobalConfig& config, const GlobalDumpFacts& facts) {
  dump_fifo(out, "Global", config.notify_fifo, facts.find_script);
  dump_fifo(out, "VRRP", config.vrrp_notify_fifo, facts.find_script);
  dump_fifo(out, "LVS", config.lvs_notify_fifo, facts.find_script);
  out.add(" FIFO write vrrp states on reload = {}",
          true_false(config.fifo_write_vrrp_states_on_reload));
  out.add(" VRRP notify priority changes = {}", true_false(config.vrrp_notify_priority_changes));
}

void dump_announcements(DumpLines& out, const GlobalConfig& config, const GlobalDumpFacts& facts) {
  const auto& timing = config.announcements;
  out.add(" Gratuitous ARP delay = {}", timing.master_delay.count());
  out.add(" Gratuitous ARP repeat = {}", timing.master_repeat);
  out.add(" Gratuitous ARP refresh timer = {}", timing.master_refresh.count());
  out.add(" Gratuitous ARP refresh repeat = {}", timing.master_refresh_repeat);
  // Only the vrrp process completes them.
  const auto delay = timing.lower_prio_delay.value_or(
      facts.vrrp_process ? timing.master_delay : std::chrono::seconds(kUnset));
  out.add(" Gratuitous ARP lower priority delay = {}", delay.count());
  out.add(" Gratuitous ARP lower priority repeat = {}",
          timing.lower_prio_repeat.value_or(facts.vrrp_process ? timing.master_repeat : kUnset));
  out.add(" Num adverts before down = {}", config.vrrp_down_timer_adverts);
  const auto& extra = config.garp_extra_if;
  out.add(" Gratuitous ARP for each secondary {} = {}s", extra.all ? "i/f" : "VMAC",
          extra.interval.count());
  out.add(" Send advert after receive lower priority advert = {}",
          true_false(!config.vrrp_lower_prio_no_advert));
  out.add(" Send advert after receive higher priority advert = {}",
          true_false(config.vrrp_higher_prio_send_advert));
  out.add(" Gratuitous ARP interval = {:f}", duration<double>(config.garp_interval).count());
  out.add(" Gratuitous NA interval = {:f}", duration<double>(config.gna_interval).count());
}

void dump_iptables(DumpLines& out, const GlobalConfig& config) {
  if (!config.vrrp_iptables) return;
  const auto& chains = *config.vrrp_iptables;
  out.add(" Iptables input chain = {}", chains.empty() ? "INPUT" : chains[0]);
  if (chains.empty()) out.add(" Iptables output chain = OUTPUT");
  if (chains.size() > 1) out.add(" Iptables output chain = {}", chains[1]);
  out.add(" Using ipsets = {}", true_false(config.vrrp_ipsets.has_value()));
  if (!config.vrrp_ipsets) return;
  constexpr std::array kSets{"IPv4 address", "IPv6 address", "IPv6 address,iface",
                             "IGMP",         "MLD",          "ND"};
  for (std::size_t i = 0; i < std::min(kSets.size(), config.vrrp_ipsets->size()); ++i) {
    out.add(" ipset {} set = {}", kSets.at(i), config.vrrp_ipsets->at(i));
  }
}

void dump_firewall(DumpLines& out, const GlobalConfig& config) {
  dump_iptables(out, config);
  if (!config.nftables_table.empty()) {
    out.add(" nftables table name = {}", config.nftables_table);
    out.add(" nftables base chain priority = {}", config.nftables_priority);
    out.add(" nftables {}force use ifindex for link local IPv6",
            config.nftables_ifindex ? "" : "don't ");
  }
  const auto& ipvs = config.nftables_ipvs;
  if (!ipvs.table.empty()) {
    out.add(" ipvs nftables table name = {}", ipvs.table);
    out.add(" ipvs nftables base chain priority = {}", ipvs.priority);
    out.add(" ipvs nftables start fwmark = {}", ipvs.start_fwmark);
  }
  // The original's line about libnftnl has no counterpart: we use libnftables only.
  out.add(" nftables with{} counters", config.nftables_counters ? "" : "out");
}

void dump_vrrp_defaults(DumpLines& out, const GlobalConfig& config, const GlobalDumpFacts& facts) {
  out.add(" VRRP IPv4 mcast group = {}", config.vrrp_mcast_group4.to_string());
  out.add(" VRRP IPv6 mcast group = {}", config.vrrp_mcast_group6.to_string());
  dump_announcements(out, config, facts);
  out.add(" VRRP default protocol version = {}", config.vrrp_version);
  dump_firewall(out, config);
  out.add(" VRRP check unicast_src = {}", true_false(config.vrrp_check_unicast_src));
  out.add(" VRRP skip check advert addresses = {}", true_false(config.vrrp_skip_check_adv_addr));
  out.add(" VRRP strict mode = {}", true_false(config.vrrp_strict));
}

void dump_process(DumpLines& out, const char* name, const ProcessScheduling& process,
                  const DefaultScheduling& otherwise) {
  out.add(" {} process priority = {}", name, process.nice);
  out.add(" {} don't swap = {}", name, true_false(process.no_swap));
  out.add(" {} realtime priority = {}", name,
          process.rt_priority ? *process.rt_priority : otherwise.rt_priority);
  if (!process.cpus.empty()) {
    // Each with a blank after it, the last one, too.
    std::string cpus;
    for (const unsigned cpu : process.cpus) cpus += fmt::format("{} ", cpu);
    out.add(" {} CPU Affinity = {}", name, cpus);
  }
  out.add(" {} realtime limit = {}", name,
          process.rlimit_rttime_us != 0 ? process.rlimit_rttime_us : otherwise.rlimit_rttime_us);
}

void dump_processes(DumpLines& out, const GlobalConfig& config, const GlobalDumpFacts& facts) {
  if (config.max_auto_priority == -1) {
    out.add(" Max auto priority = Disabled");
  } else {
    out.add(" Max auto priority = {}", config.max_auto_priority);
  }
  out.add(" Min auto priority delay = {} usecs", config.min_auto_priority_delay.count());
  DefaultScheduling vrrp = facts.vrrp_default;
  if (!config.vrrp_real_time) vrrp.rt_priority = 0;
  dump_process(out, "VRRP", config.vrrp_process, vrrp);
  dump_process(out, "Checker", config.checker_process, facts.checker_default);
  dump_process(out, "BFD", config.bfd_process, facts.bfd_default);
}

void dump_views(DumpLines& out, const GlobalConfig& config) {
  const auto& snmp = config.snmp;
  out.add(" SNMP vrrp {}", enabled(snmp.vrrp));
  out.add(" SNMP checker {}", enabled(snmp.checker));
  // Builds of the original that lack the next say nothing of them.
  if (snmp.rfc_v2) out.add(" SNMP RFCv2 enabled");
  if (snmp.rfc_v3) out.add(" SNMP RFCv3 enabled");
  out.add(" SNMP traps {}", enabled(snmp.traps));
  out.add(" SNMP socket = {}", text_or(snmp.socket, "default (unix:/var/agentx/master)"));
  out.add(" SNMP VS stats update interval = {}", decimal(snmp.virtual_server_interval));
  out.add(" SNMP RS stats update interval = {}", decimal(snmp.real_server_interval));
  if (config.dbus == DbusConfig()) return;
  out.add(" DBus {}", enabled(config.dbus.enabled));
  out.add(" DBus service name = {}", config.dbus.service_name);
  out.add(" DBus no interface name = {}", config.dbus.no_interface_name);
}

void dump_buffer(DumpLines& out, const char* name, const ReceiveBuffer& buffer) {
  out.add(" {} = {}", name, buffer.octets);
  out.add(" {}_force = {:d}", name, buffer.force);
}

void dump_buffers(DumpLines& out, const GlobalConfig& config) {
  dump_buffer(out, "vrrp_netlink_cmd_rcv_bufs", config.vrrp_netlink_cmd_rcv_bufs);
  dump_buffer(out, "vrrp_netlink_monitor_rcv_bufs", config.vrrp_netlink_monitor_rcv_bufs);
  dump_buffer(out, "process_monitor_rcv_bufs", config.process_monitor_rcv_bufs);
  dump_buffer(out, "lvs_netlink_cmd_rcv_bufs", config.lvs_netlink_cmd_rcv_bufs);
  dump_buffer(out, "lvs_netlink_monitor_rcv_bufs", config.lvs_netlink_monitor_rcv_bufs);
  out.add(" rs_init_notifies = {:d}", config.rs_init_notifies);
  out.add(" no_checker_emails = {:d}", config.no_checker_emails);
  switch (config.vrrp_rx_bufs.policy) {
    case VrrpReceiveBuffers::Policy::system:
      break;
    case VrrpReceiveBuffers::Policy::mtu:
      out.add(" rx_bufs_policy = MTU");
      break;
    case VrrpReceiveBuffers::Policy::advert:
      out.add(" rx_bufs_policy = ADVERT");
      break;
    case VrrpReceiveBuffers::Policy::octets:
      out.add(" rx_bufs_size = {}", config.vrrp_rx_bufs.octets);
      break;
  }
  out.add(" rx_bufs_multiples = {}", config.vrrp_rx_bufs.multiplier);
}

void dump_rest(DumpLines& out, const GlobalConfig& config, const GlobalDumpFacts& facts) {
  out.add(" umask = 0{:o}", facts.umask);
  if (config.vrrp_startup_delay.count() != 0) {
    out.add(" vrrp_startup_delay = {:g}", duration<double>(config.vrrp_startup_delay).count());
  }
  if (config.log_unknown_vrids) out.add(" log_unknown_vrids");
  if (config.vrrp_owner_ignore_adverts) out.add(" vrrp_owner_ignore_adverts");
  line_if(out, "VMAC prefix", config.vmac_prefix);
  line_if(out, "VMAC address prefix", config.vmac_addr_prefix);
  if (facts.current_rt_priority) {
    out.add(" current realtime priority = {}", *facts.current_rt_priority);
  }
  if (facts.current_rlimit_rttime_us) {
    out.add(" current realtime time limit = {}", *facts.current_rlimit_rttime_us);
  }
  out.add(" json_version {}", config.json_version);
  out.add(" iproute usr directory {}", text_or(config.iproute_usr_dir, "(none)"));
  out.add(" iproute etc directory {}", text_or(config.iproute_etc_dir, "(none)"));
  if (!config.state_dump_file.empty()) out.add(" state dump file {}", config.state_dump_file);
  if (!config.stats_dump_file.empty()) out.add(" stats dump file {}", config.stats_dump_file);
  if (!config.json_dump_file.empty()) out.add(" json dump file {}", config.json_dump_file);
}

}  // namespace

std::vector<std::string> dump(const GlobalConfig& config, const GlobalDumpFacts& facts) {
  DumpLines out;
  out.add("------< Global definitions >------");
  dump_names(out, config);
  dump_mail(out, config);
  dump_start_and_reload(out, config, facts);
  dump_lvs(out, config, facts);
  dump_fifos(out, config, facts);
  dump_vrrp_defaults(out, config, facts);
  dump_processes(out, config, facts);
  dump_views(out, config);
  out.add(" Script security {}", enabled(config.enable_script_security));
  out.add(" Default script uid:gid {}:{}", config.default_script_uid, config.default_script_gid);
  dump_buffers(out, config);
  dump_rest(out, config, facts);
  return out.take();
}

}  // namespace understudy
