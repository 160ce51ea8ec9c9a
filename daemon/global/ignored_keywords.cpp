// Keywords of global_defs and of the top level that keepalived 2.4.3 knows and that change nothing
// here yet.
#include <array>

#include "daemon/global/ignored.hpp"
#include "daemon/global/keywords.hpp"

namespace understudy {

namespace {

using parser::Missing;
using parser::Stage;

constexpr auto kComplains = Missing::complains;

constexpr std::array kGlobal{
    Ignored{"bfd_process_name", "Name of the BFD process.", "NAME"},
    Ignored{"use_symlink_paths", "Run scripts by the path given, not the one it resolves to.",
            "[BOOL]"},
    Ignored{"startup_script", "Script to run before anything else.", "SCRIPT [USER [GROUP]]",
            kComplains},
    Ignored{"startup_script_timeout", "Seconds it may take.", "SECONDS", kComplains},
    Ignored{"shutdown_script", "Script to run after everything else.", "SCRIPT [USER [GROUP]]",
            kComplains},
    Ignored{"shutdown_script_timeout", "Seconds it may take.", "SECONDS", kComplains},
    Ignored{"max_auto_priority", "Highest priority a late VRRP process raises itself to.",
            "[PRIORITY]"},
    Ignored{"min_auto_priority_delay", "Microseconds between such steps.", "MICROSECONDS",
            kComplains},
    Ignored{"disable_local_igmp", "Send no IGMP reports for link-local groups."},
    Ignored{"v3_checksum_as_v2", "VRRPv3 over IPv4 without pseudo header in the checksum."},
    Ignored{"lvs_timeouts", "IPVS connection timeouts.", "[tcp S] [tcpfin S] [udp S]"},
    Ignored{"lvs_sync_daemon", "IPVS connection synchronisation.",
            "INTERFACE [[inst] INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group IP]",
            kComplains},
    Ignored{"vrrp_mcast_group6", "Group adverts of IPv6 instances go to.", "IP"},
    Ignored{"vrrp_down_timer_adverts", "Adverts that may be missed.", "NUMBER"},
    Ignored{"vrrp_min_garp", "Announce once only.", "[BOOL]"},
    Ignored{"vrrp_garp_extra_if", "Seconds between announcements on further interfaces.",
            "[all] SECONDS", kComplains},
    Ignored{"vrrp_iptables", "iptables chains for accept mode; nftables is used.", "[IN [OUT]]"},
    Ignored{"vrrp_ipsets", "IP set names for accept mode; nftables is used.", "[NAME ...]"},
    Ignored{"nftables_priority", "Priority of the nftables chains.", "NUMBER"},
    Ignored{"nftables_counters", "Count what the nftables rules match."},
    Ignored{"nftables_ifindex", "nftables rules use interface indexes."},
    Ignored{"nftables_ipvs", "nftables table for virtual server groups.", "[TABLE]"},
    Ignored{"nftables_ipvs_priority", "Priority of its chains.", "NUMBER"},
    Ignored{"nftables_ipvs_start_fwmark", "First firewall mark it uses.", "NUMBER"},
    Ignored{"vrrp_check_unicast_src", "Accept unicast adverts of configured peers only."},
    Ignored{"bfd_priority", "BFD process: nice value.", "NUMBER", kComplains},
    Ignored{"bfd_no_swap", "BFD process: keep its memory from being swapped out."},
    Ignored{"vrrp_cpu_affinity", "CPUs of the VRRP process.", "CPU ...", kComplains},
    Ignored{"checker_cpu_affinity", "CPUs of the checker process.", "CPU ...", kComplains},
    Ignored{"bfd_cpu_affinity", "CPUs of the BFD process.", "CPU ...", kComplains},
    Ignored{"bfd_rt_priority", "BFD process: SCHED_RR priority.", "NUMBER", kComplains},
    Ignored{"bfd_rlimit_rttime|bfd_rlimit_rtime",
            "BFD process: microseconds it may run at real-time priority.", "MICROSECONDS"},
    Ignored{"snmp_socket", "Address of the AgentX master.", "ADDRESS", kComplains},
    Ignored{"enable_traps", "Send SNMP traps."},
    Ignored{"enable_snmp_vrrp|enable_snmp_keepalived", "SNMP for VRRP."},
    Ignored{"enable_snmp_checker", "SNMP for virtual servers."},
    Ignored{"enable_snmp_rfc", "SNMP by both RFCs."},
    Ignored{"enable_snmp_rfcv2", "SNMP by RFC 2787."},
    Ignored{"enable_snmp_rfcv3", "SNMP by RFC 6527."},
    Ignored{"snmp_vs_stats_update_interval", "Age of virtual server statistics.", "SECONDS"},
    Ignored{"snmp_rs_stats_update_interval", "Age of real server statistics.", "SECONDS"},
    Ignored{"enable_dbus", "Offer a D-Bus interface."},
    Ignored{"dbus_service_name", "Its name.", "NAME", kComplains},
    Ignored{"dbus_no_interface_name", "Object path of instances without interface.", "NAME",
            kComplains},
    Ignored{"fifo_write_vrrp_states_on_reload", "Write all states to the FIFO after a reload."},
    Ignored{"vrrp_netlink_cmd_rcv_bufs", "Receive buffer of a netlink socket.", "BYTES",
            kComplains},
    Ignored{"vrrp_netlink_cmd_rcv_bufs_force", "Exceed the system's limit.", "[BOOL]"},
    Ignored{"vrrp_netlink_monitor_rcv_bufs", "Receive buffer of a netlink socket.", "BYTES",
            kComplains},
    Ignored{"vrrp_netlink_monitor_rcv_bufs_force", "Exceed the system's limit.", "[BOOL]"},
    Ignored{"lvs_netlink_cmd_rcv_bufs", "Receive buffer of a netlink socket.", "BYTES", kComplains},
    Ignored{"lvs_netlink_cmd_rcv_bufs_force", "Exceed the system's limit.", "[BOOL]"},
    Ignored{"lvs_netlink_monitor_rcv_bufs", "Receive buffer of a netlink socket.", "BYTES",
            kComplains},
    Ignored{"lvs_netlink_monitor_rcv_bufs_force", "Exceed the system's limit.", "[BOOL]"},
    Ignored{"process_monitor_rcv_bufs", "Receive buffer of process events.", "BYTES", kComplains},
    Ignored{"process_monitor_rcv_bufs_force", "Exceed the system's limit.", "[BOOL]"},
    Ignored{"vrrp_rx_bufs_policy", "Receive buffers of VRRP sockets.", "MTU|ADVERT|BYTES",
            kComplains},
    Ignored{"vrrp_rx_bufs_multiplier", "Times that policy's size.", "NUMBER", kComplains},
    Ignored{"rs_init_notifies", "Notify the first state of real servers.", "[BOOL]"},
    Ignored{"no_checker_emails", "No alerts about single checks.", "[BOOL]"},
    Ignored{"umask", "File mode creation mask.", "OCTAL|BITS"},
    Ignored{"vrrp_startup_delay", "Seconds before the first state.", "SECONDS"},
    Ignored{"vrrp_delay_after_boot", "Seconds after boot before the first state.", "SECONDS"},
    Ignored{"log_unknown_vrids", "Log adverts of routers that are not configured."},
    Ignored{"vrrp_owner_ignore_adverts", "An address owner ignores adverts.", "[BOOL]"},
    Ignored{"vmac_prefix", "Start of the names of VMAC interfaces.", "STRING"},
    Ignored{"vmac_addr_prefix", "Start of the names of VMAC interfaces of addresses.", "STRING"},
    Ignored{"random_seed", "Seed of random numbers.", "NUMBER"},
    Ignored{"reload_check_config", "Check before a reload; this program always does.", "[FILE]"},
    Ignored{"include_check", "Which checks includes must pass.",
            "[[+-]match wildcard_match brace_match read]"},
    Ignored{"reload_time_file", "File that tells the time of the next reload.", "PATH", kComplains},
    Ignored{"reload_repeat", "Read that file again after the reload."},
    Ignored{"reload_file", "File that exists while a reload runs.", "[PATH]"},
    Ignored{"data_use_instance", "Dump files carry the instance's name.", "[BOOL]"},
    Ignored{"state_dump_file", "Where the state is dumped.", "PATH", kComplains},
    Ignored{"stats_dump_file", "Where the statistics are dumped.", "PATH", kComplains},
    Ignored{"json_dump_file", "Where the JSON dump goes.", "PATH", kComplains},
    Ignored{"json_version", "Form of the JSON dump.", "1|2", kComplains},
    Ignored{"iproute_usr_dir", "Where iproute2's tables are.", "PATH", kComplains},
    Ignored{"iproute_etc_dir", "Where iproute2's tables are changed.", "PATH", kComplains},
    Ignored{"tmp_config_directory", "Where the expanded configuration is kept.", "DIRECTORY",
            kComplains},
    Ignored{"config_save_dir", "Where copies of the configuration are kept.", "DIRECTORY"},
};

constexpr std::array kTop{
    Ignored{"linkbeat_use_polling", "Poll links instead of listening to the kernel."},
    Ignored{"net_namespace_ipvs", "Network namespace of the IPVS table.", "[NAME]"},
    Ignored{"namespace_with_ipsets", "Assume that IP sets work in namespaces."},
    Ignored{"track_file|vrrp_track_file", "A file whose number is tracked.", "NAME", Missing::ends,
            true, Stage::vrrp},
    Ignored{"track_group", "Instances that static items depend on.", "NAME", kComplains, true,
            Stage::vrrp},
    Ignored{"static_ipaddress", "Addresses to have always.", "", Missing::ends, true, Stage::vrrp},
    Ignored{"static_routes", "Routes to have always.", "", Missing::ends, true, Stage::vrrp},
    Ignored{"static_rules", "Rules to have always.", "", Missing::ends, true, Stage::vrrp},
    Ignored{"vrrp_sync_group", "Instances that change state together.", "NAME", kComplains, true,
            Stage::vrrp},
    Ignored{"garp_group", "Pace of announcements on interfaces.", "", Missing::ends, true,
            Stage::vrrp},
    Ignored{"linkbeat_interfaces", "Interfaces whose link is polled.", "", Missing::ends, true,
            Stage::vrrp},
    Ignored{"vrrp_track_process", "A process that is tracked.", "NAME", Missing::ends, true,
            Stage::vrrp},
    Ignored{"interface_up_down_delays", "Delays before a link's change counts.", "", Missing::ends,
            true, Stage::vrrp},
    Ignored{"SSL", "Certificates for SSL_GET.", "", Missing::ends, true, Stage::checkers},
    Ignored{"virtual_server_group", "Addresses of one virtual server.", "NAME", Missing::ends, true,
            Stage::checkers},
};

}  // namespace

void add_ignored_global(parser::Block<GlobalDraft>& global_defs) {
  add_ignored<GlobalDraft>(global_defs, kGlobal);
  global_defs.gone("vrrp_vmac_garp_intvl",
                   "Keyword \"{0}\" is deprecated - please use \"vrrp_garp_extra_if\"");
}

void add_ignored_top(parser::Block<GlobalDraft>& top) { add_ignored<GlobalDraft>(top, kTop); }

}  // namespace understudy
