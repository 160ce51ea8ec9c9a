// global_defs, the top level and track files: what is taken in, what is said, and that what is
// written back reads as the same value.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "daemon/global/effective.hpp"
#include "tests/support/config_file.hpp"

namespace understudy::test {
namespace {

using Messages = std::vector<std::string>;

std::string global_defs(const std::string& lines) { return "global_defs {\n" + lines + "\n}\n"; }

GlobalConfig global_of(const std::string& lines) {
  return load_text(global_defs(lines)).config.global;
}

std::string written(const GlobalConfig& config) {
  return parser::print_statements(effective(config));
}

/// What is wrong with the lines, which stand in global_defs from line 2 on.
Messages said_of(const std::string& lines) { return messages(load_text(global_defs(lines))); }

/// Every keyword of global_defs with a value that is not its default, as effective() writes it.
const std::vector<std::string> kEveryKeyword{
    "router_id lb1",
    "notification_email_from a@b.c",
    "smtp_server 127.0.0.1 2525",
    "smtp_helo_name helo.example",
    "smtp_connect_timeout 7",
    "smtp_alert on",
    "smtp_alert_vrrp off",
    "smtp_alert_checker on",
    "no_email_faults",
    "no_checker_emails on",
    "process_names",
    "process_name parent",
    "vrrp_process_name child_v",
    "checker_process_name child_c",
    "bfd_process_name child_b",
    "vrrp_priority -20",
    "vrrp_no_swap",
    "vrrp_rt_priority 99",
    "vrrp_rlimit_rttime 5000",
    "vrrp_cpu_affinity 0",
    "checker_priority 19",
    "checker_no_swap",
    "checker_rt_priority 1",
    "checker_rlimit_rttime 4294967295",
    "checker_cpu_affinity 0",
    "bfd_priority 5",
    "bfd_no_swap",
    "bfd_rt_priority 7",
    "bfd_rlimit_rttime 2",
    "bfd_cpu_affinity 0",
    "vrrp_real_time off",
    "max_auto_priority -1",
    "min_auto_priority_delay 10000000",
    "umask 022",
    "random_seed 4294967295",
    "script_user root root",
    "enable_script_security",
    "use_symlink_paths on",
    "startup_script \"/bin/true up\" root root",
    "startup_script_timeout 1000",
    "shutdown_script \"/bin/true down\" root root",
    "shutdown_script_timeout 1",
    "notify_fifo /run/a root root",
    "notify_fifo_script \"/bin/true a\" root root",
    "vrrp_notify_fifo /run/b root root",
    "vrrp_notify_fifo_script \"/bin/true b\" root root",
    "lvs_notify_fifo /run/c root root",
    "lvs_notify_fifo_script \"/bin/true c\" root root",
    "fifo_write_vrrp_states_on_reload",
    "default_interface eth1",
    "dynamic_interfaces allow_if_changes",
    "vmac_prefix vv",
    "vmac_addr_prefix va",
    "vrrp_mcast_group4 224.0.0.19",
    "vrrp_mcast_group6 ff02::13",
    "vrrp_version 3",
    "v3_checksum_as_v2 on",
    "vrrp_strict on",
    "vrrp_startup_delay 0.001",
    "vrrp_delay_after_boot 4294.967295",
    "vrrp_down_timer_adverts 100",
    "vrrp_check_unicast_src",
    "vrrp_skip_check_adv_addr on",
    "vrrp_lower_prio_no_advert on",
    "vrrp_higher_prio_send_advert on",
    "vrrp_owner_ignore_adverts on",
    "log_unknown_vrids",
    "vrrp_notify_priority_changes on",
    "vrrp_min_garp on",
    "vrrp_garp_master_delay 4294",
    "vrrp_garp_master_repeat 4294967295",
    "vrrp_garp_master_refresh 60",
    "vrrp_garp_master_refresh_repeat 2",
    "vrrp_garp_lower_prio_delay 0",
    "vrrp_garp_lower_prio_repeat 2147483647",
    "vrrp_garp_interval 0.000001",
    "vrrp_gna_interval 0.5",
    "vrrp_garp_extra_if all 86400",
    "nftables table",
    "nftables_priority -2147483648",
    "nftables_counters",
    "nftables_ifindex",
    "nftables_ipvs ipvs_table",
    "nftables_ipvs_priority 2147483647",
    "nftables_ipvs_start_fwmark 4294967295",
    "lvs_flush",
    "lvs_flush_on_stop VS",
    "lvs_timeouts tcp 1 tcpfin 2 udp 2678400",
    "lvs_sync_daemon eth0 inst VI_1 id 255 maxlen 65507 port 8849 ttl 3 group 224.0.0.82",
    "checker_log_all_failures on",
    "rs_init_notifies on",
    "snmp_socket tcp:localhost:705",
    "enable_traps",
    "enable_snmp_vrrp",
    "enable_snmp_checker",
    "enable_snmp_rfc",
    "enable_snmp_rfcv2",
    "enable_snmp_rfcv3",
    "snmp_vs_stats_update_interval 0.001",
    "snmp_rs_stats_update_interval 30",
    "enable_dbus",
    "dbus_service_name org.a.B",
    "dbus_no_interface_name nowhere",
    "vrrp_netlink_cmd_rcv_bufs 1",
    "vrrp_netlink_cmd_rcv_bufs_force on",
    "vrrp_netlink_monitor_rcv_bufs 2",
    "vrrp_netlink_monitor_rcv_bufs_force on",
    "lvs_netlink_cmd_rcv_bufs 3",
    "lvs_netlink_cmd_rcv_bufs_force on",
    "lvs_netlink_monitor_rcv_bufs 4",
    "lvs_netlink_monitor_rcv_bufs_force on",
    "process_monitor_rcv_bufs 4294967295",
    "process_monitor_rcv_bufs_force on",
    "vrrp_rx_bufs_policy ADVERT",
    "vrrp_rx_bufs_multiplier 4294967295",
    "include_check +read +brace_match",
    "reload_check_config /tmp/check.log",
    "reload_time_file /tmp/when",
    "reload_repeat",
    "reload_file /tmp/reloading",
    "data_use_instance on",
    "state_dump_file /tmp/state",
    "stats_dump_file /tmp/stats",
    "json_dump_file /tmp/json",
    "json_version 2",
    "iproute_usr_dir /usr/lib/iproute2",
    "iproute_etc_dir /tmp/iproute2",
    "tmp_config_directory /tmp",
    "config_save_dir /tmp",
};

std::string every_keyword() {
  std::string lines = "notification_email {\n    a@b.c\n    d@e.f\n}\n";
  for (const std::string& line : kEveryKeyword) lines += line + "\n";
  return lines;
}

TEST_CASE("each keyword of global_defs is taken in and written back as it was given", "[global]") {
  const Loaded loaded = load_text(global_defs(every_keyword()));
  CHECK(messages(loaded) == Messages{});
  CHECK(loaded.test_status == 0);
  const std::string text = written(loaded.config.global);
  for (const std::string& line : kEveryKeyword) {
    INFO(line);
    CHECK(text.find("    " + line + "\n") != std::string::npos);
  }
  CHECK(text.find("    notification_email {\n        a@b.c\n        d@e.f\n    }\n") !=
        std::string::npos);
}

TEST_CASE("what is written back reads as the same value, default or not", "[global]") {
  std::vector<std::string> texts{"", "net_namespace_ipvs\n", global_defs(every_keyword())};
  for (const std::string& line : kEveryKeyword) {
    texts.push_back(global_defs("enable_script_security\n" + line));
  }
  for (const char* line :
       {"vrrp_min_garp", "vrrp_ipsets", "vrrp_iptables", "reload_file", "reload_check_config",
        "include_check", "lvs_flush_on_stop", "dynamic_interfaces", "vrrp_rx_bufs_policy 0",
        "lvs_sync_daemon eth0", "vrrp_garp_extra_if 5", "enable_snmp_rfcv3", "router_id \"a b\"",
        "snmp_vs_stats_update_interval 7", "umask IRWXG|IRWXO", "max_auto_priority"}) {
    texts.push_back(global_defs(line));
  }
  for (const std::string& text : texts) {
    INFO(text);
    const GlobalConfig once = load_text(text).config.global;
    const Loaded again = load_text(written(once));
    CHECK(messages(again) == Messages{});
    CHECK((again.config.global == once));
    CHECK(written(again.config.global) == written(once));
  }
}

TEST_CASE("keywords of the top level", "[global]") {
  const auto loaded = load_text(
      "use_pid_dir\nchild_wait_time 4294967295\nnet_namespace_ipvs other\nnamespace_with_ipsets\n"
      "linkbeat_use_polling\ninstance first\ninstance second\n");
  const GlobalConfig& config = loaded.config.global;
  CHECK(messages(loaded) == Messages{"(Line 7) Duplicate instance definition second - ignoring"});
  CHECK(config.instance == "first");
  CHECK(config.use_pid_dir);
  CHECK(config.net_namespace_ipvs == "other");
  CHECK(config.namespace_with_ipsets);
  CHECK(config.linkbeat_use_polling);
  CHECK(config.child_wait_time == std::chrono::seconds(4'294'967'295));
  CHECK(written(config).starts_with(
      "net_namespace_ipvs other\nnamespace_with_ipsets\ninstance first\nuse_pid_dir\n"
      "child_wait_time 4294967295\nlinkbeat_use_polling\nglobal_defs {\n"));
}

TEST_CASE("values outside are refused in the original's words, and the default stays", "[global]") {
  struct Case {
    const char* line;
    Messages said;
  };
  const std::vector<Case> cases{
      {"use_symlink_paths x", {"(Line 2) Invalid value 'x' for global use_symlink_path specified"}},
      {"max_auto_priority 100",
       {"(Line 2) number '100' outside range [-1, 99]",
        "(Line 2) max_auto_priority '100' must be in [0, 99] (or -1 to disable) - ignoring"}},
      {"min_auto_priority_delay", {"(Line 2) min_auto_priority_delay requires delay time"}},
      {"startup_script_timeout 1001",
       {"(Line 2) number '1001' outside range [1, 1000]",
        "(Line 2) startup_script_timeout '1001' must be in [1, 1000] - ignoring"}},
      {"shutdown_script", {"(Line 2) shutdown script missing"}},
      {"startup_script \"\"", {"(Line 2) Invalid startup script"}},
      {"lvs_timeouts tcp", {"(Line 2) lvs_timeouts requires at least one option"}},
      {"lvs_timeouts foo 6 udp",
       {"(Line 2) Unknown option foo specified for lvs_timeouts",
        "(Line 2) Unknown option 6 specified for lvs_timeouts",
        "(Line 2) No value specified for lvs_timeout udp - ignoring"}},
      {"vrrp_mcast_group6 224.0.0.1",
       {"(Line 2) vrrp_mcast_group6 [224.0.0.1] is not IPv6. Skipping"}},
      {"vrrp_down_timer_adverts 101",
       {"(Line 2) number '101' outside range [1, 100]",
        "(Line 2) Invalid vrrp_down_timer_adverts [1:100] '101'"}},
      {"vrrp_garp_extra_if all", {"(Line 2) vrrp_garp_extra_if specified without time - ignoring"}},
      {"nftables \"\"", {"(Line 2) VRRP Error : nftables chain name empty - ignored"}},
      {"nftables_ipvs_start_fwmark 0",
       {"(Line 2) number '0' outside range [1, 4294967295]",
        "(Line 2) invalid ipvs nftables start_fwmark priority '0'"}},
      {"vrrp_ipsets a a", {"(Line 2) vrrp_ipsets: set name a used more than once"}},
      {"vrrp_cpu_affinity 100000",
       {"(Line 2) number '100000' outside range [0, " +
            std::to_string(sysconf(_SC_NPROCESSORS_ONLN) - 1) + "]",
        "(Line 2) Invalid cpu_id:100000 specified for vrrp process"}},
      {"bfd_rt_priority 100",
       {"(Line 2) bfd process real-time priority 100 greater than maximum 99 - setting to "
        "maximum"}},
      {"snmp_socket a b", {"(Line 2) Too many parameters specified for snmp_socket - ignoring"}},
      {"lvs_netlink_cmd_rcv_bufs -1",
       {"(Line 2) negative number '-1'", "(Line 2) lvs_netlink_cmd_rcv_bufs size (-1) invalid"}},
      {"vrrp_rx_bufs_multiplier 1 2", {"(Line 2) Invalid vrrp_rx_bufs_multiplier"}},
      {"umask 01000", {"(Line 2) invalid umask value 01000"}},
      {"umask IRUSR IWUSR", {"(Line 2) Invalid umask syntax IWUSR"}},
      {"umask IRUSR|", {"(Line 2) umask missing bit value"}},
      {"umask 022 x", {"(Line 2) Extra parameter(s) to umask option"}},
      {"include_check match read",
       {"(Line 2) Duplicate include_check 'read' specified - ignoring"}},
      {"include_check +all", {"(Line 2) Unknown include_check type 'all' - ignoring"}},
      {"reload_time_file a b", {"(Line 2) reload_time_file invalid"}},
      {"state_dump_file \"\"", {"(Line 2) state_dump_file requires a non-empty path"}},
      {"json_version 3",
       {"(Line 2) number '3' outside range [1, 2]", "(Line 2) Invalid JSON version"}},
      {"iproute_etc_dir a b", {"(Line 2) iproute_etc_dir requires path"}},
      {"config_save_dir /proc/no/such",
       {"(Line 2) Unable to create config_save_dir /proc/no/such (error 2 - No such file or "
        "directory)"}},
      {"config_save_dir /etc/passwd",
       {"(Line 2) config_save_dir /etc/passwd exists and is not a directory"}},
  };
  for (const Case& one : cases) {
    INFO(one.line);
    const Loaded loaded = load_text(global_defs(one.line));
    CHECK(messages(loaded) == one.said);
    CHECK(loaded.test_status == 5);
  }
  CHECK(global_of("vrrp_ipsets a a").vrrp_ipsets == std::nullopt);
  CHECK(global_of("bfd_rt_priority 100").bfd_process.rt_priority == 99);
  CHECK(global_of("vrrp_cpu_affinity 0 100000").vrrp_process.cpus.empty());
}

TEST_CASE("a second use is refused also from another global_defs", "[global]") {
  for (const char* keyword : {"tmp_config_directory", "vmac_prefix", "snmp_socket", "nftables"}) {
    INFO(keyword);
    const std::string line = std::string(keyword) + " ";
    const Loaded loaded = load_text(global_defs(line + "a") + global_defs(line + "b"));
    CHECK(loaded.test_status == 5);
    CHECK(written(loaded.config.global).find(line + "a\n") != std::string::npos);
  }
}

TEST_CASE("lvs_sync_daemon: the old form, and what it may not be", "[global]") {
  CHECK(said_of("lvs_sync_daemon eth0 VI_1 7 port x") ==
        Messages{"(Line 2) Please use keyword \"id\" before lvs_sync_daemon SYNCID",
                 "(Line 2) invalid number 'x'",
                 "(Line 2) Invalid lvs_sync_daemon port (x) - ignoring"});
  const SyncDaemonConfig old = global_of("lvs_sync_daemon eth0 VI_1 7").lvs_sync_daemon;
  CHECK(old.instance == "VI_1");
  CHECK(old.id == 7);
  CHECK(said_of("lvs_sync_daemon eth0 group 10.0.0.1") ==
        Messages{"(Line 2) lvs_sync_daemon group address 10.0.0.1 is not multicast - ignoring"});
  CHECK(said_of("lvs_sync_daemon eth0\nlvs_sync_daemon eth1") ==
        Messages{"(Line 3) lvs_sync_daemon has already been specified as eth0  - ignoring"});
  const Loaded missing = load_text(global_defs("lvs_sync_daemon eth0 VI_1 inst"));
  CHECK(missing.test_status == 2);
}

TEST_CASE("the instance of lvs_sync_daemon gives its id, and must exist", "[global]") {
  const std::string instance =
      "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n"
      "  10.0.0.1\n }\n}\n";
  const auto sync_of = [&](const std::string& line) {
    return load_text(global_defs(line) + instance).config.global.lvs_sync_daemon;
  };
  CHECK(sync_of("lvs_sync_daemon eth0 inst VI_1").id == 51);
  CHECK(sync_of("lvs_sync_daemon eth0 inst VI_1 id 0").id == 0);
  CHECK(sync_of("lvs_sync_daemon eth0").id == 0);
  const Loaded other = load_text(global_defs("lvs_sync_daemon eth0 inst VI_2") + instance);
  CHECK(other.test_status == 0);
  CHECK(other.config.global.lvs_sync_daemon.interface.empty());
  CHECK(std::ranges::count(messages(other, true),
                           "Unable to find vrrp instance VI_2 for lvs_syncd - clearing lvs_syncd "
                           "config") == 1);
}

TEST_CASE("vrrp_min_garp leaves alone what was given before it", "[global]") {
  const AnnouncementTiming all = global_of("vrrp_min_garp").announcements;
  CHECK(all.master_repeat == 1);
  CHECK(all.master_delay.count() == 0);
  CHECK(all.master_refresh_repeat == 0);
  const AnnouncementTiming some =
      global_of("vrrp_garp_master_repeat 3\nvrrp_min_garp\nvrrp_garp_master_delay 2").announcements;
  CHECK(some.master_repeat == 3);
  CHECK(some.master_delay.count() == 2);
  CHECK(global_of("vrrp_min_garp off").announcements == AnnouncementTiming{});
}

TEST_CASE("policies of receive buffers add up, and exclude each other", "[global]") {
  using Policy = VrrpReceiveBuffers::Policy;
  CHECK(global_of("vrrp_rx_bufs_policy mtu").vrrp_rx_bufs.policy == Policy::mtu);
  CHECK(said_of("vrrp_rx_bufs_policy ADVERT\nvrrp_rx_bufs_policy MTU") ==
        Messages{"(Line 3) Cannot set both vrrp_rx_bufs_policy MTU and ADVERT, ignoring ADVERT"});
  const auto sized = global_of("vrrp_rx_bufs_policy 1000\nvrrp_rx_bufs_policy MTU").vrrp_rx_bufs;
  CHECK(sized.policy == Policy::octets);
  CHECK(sized.octets == 1000);
}

TEST_CASE("two pipes of one name do not tell everything twice", "[global]") {
  const GlobalConfig same =
      global_of("notify_fifo /run/a\nvrrp_notify_fifo /run/a\nlvs_notify_fifo /run/b");
  CHECK(same.vrrp_notify_fifo.path.empty());
  CHECK(same.lvs_notify_fifo.path == "/run/b");
  const GlobalConfig shared = global_of(
      "vrrp_notify_fifo /run/a\nvrrp_notify_fifo_script /bin/true\nlvs_notify_fifo /run/a\n"
      "lvs_notify_fifo_script /bin/true");
  CHECK_FALSE(shared.vrrp_notify_fifo.script.empty());
  CHECK(shared.lvs_notify_fifo.script.empty());
}

TEST_CASE("a startup script needs script security, and somebody to run as", "[global]") {
  CHECK(load_text(global_defs("startup_script /bin/true")).test_status == 6);
  CHECK(said_of("startup_script \"/bin/true\" no_such_user") ==
        Messages{"(Line 2) Invalid startup script"});
}

TEST_CASE("config_save_dir is made", "[global]") {
  std::string path = "/tmp/understudy_save_XXXXXX";
  REQUIRE(mkdtemp(path.data()) != nullptr);
  const std::string made = path + "/made";
  CHECK(global_of("config_save_dir " + made + "/").config_save_dir == made);
  struct stat found {};
  CHECK(stat(made.c_str(), &found) == 0);
  rmdir(made.c_str());
  rmdir(path.c_str());
}

TEST_CASE("track files", "[global]") {
  const auto loaded = load_text(
      "track_file a {\n file /tmp/a\n weight -254 reverse\n init_file 7 overwrite\n}\n"
      "vrrp_track_file b {\n file /tmp/b\n}\ntrack_file c {\n weight 5\n}\n"
      "track_file d {\n file /proc/d\n}\ntrack_file e {\n file /no/such/e\n}\n"
      "track_file f {\n file /tmp/f\n weight 255\n weight 2 backwards\n init_file 300 soon\n}\n");
  const auto& files = loaded.config.global.track_files;
  REQUIRE(files.size() == 3);
  CHECK(files[0] == TrackFile{"a", "/tmp/a", -254, true, 7, true});
  CHECK(files[1] == TrackFile{"b", "/tmp/b", 1, false, std::nullopt, false});
  CHECK(files[2] == TrackFile{"f", "/tmp/f", 2, false, 300, false});
  CHECK(messages(loaded) ==
        Messages{"(F: Line 11) No file set for track_file c - ignoring",
                 "(F: Line 14) The filesystem of /proc/d is read only or cannot be monitored - "
                 "ignoring",
                 "(F: Line 17) realpath() error 2 (No such file or directory) for e",
                 "(F: Line 20) number '255' outside range [-254, 254]",
                 "(F: Line 20) Weight (255) for track_file f must be between [-254..254] "
                 "inclusive. Ignoring...",
                 "(F: Line 21) track_file f unknown weight option backwards",
                 "(F: Line 22) Track file f init value 300 is outside sensible range [-254, 254]",
                 "(F: Line 22) Unknown track file init option soon"});
  const auto again = load_text(written(loaded.config.global));
  CHECK((again.config.global == loaded.config.global));
}

}  // namespace

TEST_CASE("iptables and nftables are not both used: nftables is, where it is named", "[global]") {
  const auto alone = global_of("vrrp_iptables in out\nvrrp_ipsets a b c d e f");
  CHECK(alone.vrrp_iptables == std::vector<std::string>{"in", "out"});
  CHECK(alone.vrrp_ipsets->size() == 6);
  const Loaded again = load_text(written(alone));
  CHECK((again.config.global == alone));
  const Loaded both = load_text(global_defs("vrrp_iptables in out\nnftables table\n"));
  CHECK_FALSE(both.config.global.vrrp_iptables);
  CHECK(messages(both, true) ==
        Messages{"Both iptables and nftables have been specified - ignoring iptables"});
}

}  // namespace understudy::test
