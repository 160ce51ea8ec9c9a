// Written back, a configuration reads as the same value.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_text.hpp"
#include "vrrp/effective.hpp"

using namespace understudy;
using namespace understudy::test;

namespace {

std::string written(const Loaded& loaded) {
  return parser::print_statements(vrrp::effective(loaded.config.vrrp));
}

/// Reads, writes and reads again.
void check_round_trip(const std::string& before, const std::string& text) {
  INFO(text);
  const auto first = load_text(before + text);
  const auto printed = written(first);
  INFO(printed);
  const auto second = load_text(before + printed);
  CHECK((first.config.vrrp == second.config.vrrp));
  CHECK(written(second) == printed);
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

const std::string kPeers = "unicast_peer {\n 10.0.0.10 min_ttl 3\n 10.0.0.11\n }\n";

}  // namespace

TEST_CASE("every default is written") {
  const auto text = written(load_text(instance("")));
  for (const char* line : {
           "    version 2",
           "    state BACKUP",
           "    interface eth0",
           "    virtual_router_id 5",
           "    priority 100",
           "    advert_int 1",
           "    strict_mode off",
           "    debug 0",
           "    mcast_dst_ip 224.0.0.18",
           "    preempt",
           "    preempt_delay 0",
           "    down_timer_adverts 3",
           "    accept",
           "    garp_master_delay 5",
           "    garp_master_repeat 5",
           "    garp_master_refresh 0",
           "    garp_master_refresh_repeat 1",
           "    garp_lower_prio_delay 5",
           "    garp_lower_prio_repeat 5",
           "    garp_extra_if 0",
           "    lower_prio_no_advert off",
           "    higher_prio_send_advert off",
           "    smtp_alert off",
           "    notify_priority_changes off",
           "    kernel_rx_buf_size 0",
           "    v3_checksum_as_v2 off",
       }) {
    INFO(line);
    CHECK(has_line(text, line));
  }
}

TEST_CASE("an instance reads back as it was, whatever it has") {
  for (const std::string& more : {
           std::string(),
           std::string("state MASTER\n priority 255\n owner_ignore_adverts"),
           std::string("state MASTER\n priority 200\n advert_int 3"),
           std::string("version 3\n advert_int 0.25\n nopreempt\n timer_expired_backup 9"),
           std::string("strict_mode"),
           std::string("strict_mode\n priority 255"),
           std::string("skip_check_adv_addr off\n dont_track_primary\n debug 4\n no_accept"),
           std::string("authentication {\n auth_type PASS\n auth_pass \"a b\"\n }"),
           std::string("auth_hmac {\n key 9 abcdefghijklmnopqrstuvwxyz012345\n active_key 9\n"
                       "anti_replay monotonic\n mode permissive\n }"),
           std::string("unicast_src_ip 10.0.0.9\n unicast_ttl 7\n old_unicast_checksum\n " +
                       kPeers),
           std::string("check_unicast_src\n unicast_peer {\n 10.0.0.12\n }"),
           std::string("unicast_fault_no_peer"),
           std::string("unicast_src_ip 10.0.0.9"),
           std::string("use_vmac vr9 02:00:00:00:07 netlink_notify_msg group 4\n use_vmac_addr\n"
                       "vmac_xmit_base"),
           std::string("use_vmac 02:00:00:00:00:07"),
           std::string("use_ipvlan 10.0.0.9/24 private"),
           std::string("use_ipvlan"),
           std::string("mcast_src_ip 10.0.0.8\n track_src_ip\n mcast_dst_ip 224.0.0.50"),
           std::string("notify_master \"/bin/true 'a b' c\" daemon\n notify_deleted\n smtp_alert"),
           std::string("garp_extra_if all 60\n promote_secondaries\n kernel_rx_buf_size 9"),
           std::string("linkbeat_use_polling"),
       }) {
    check_round_trip("", instance(more));
  }
}

TEST_CASE("IPv6 instances read back as they were") {
  for (const char* more : {"", "version 2", "mcast_dst_ip ff02::55", "unicast_peer {\n fe80::5\n }",
                           "use_vmac", "strict_mode"}) {
    check_round_trip("", instance(more, "A", 5, "fe80::1"));
  }
  check_round_trip("",
                   "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n native_ipv6\n"
                   "no_virtual_ipaddress\n}\n");
}

TEST_CASE("an instance without interface reads back as it was") {
  check_round_trip("", "vrrp_instance A {\n virtual_router_id 5\n unicast_src_ip 10.0.0.9\n " +
                           kPeers + " virtual_ipaddress {\n 10.0.0.1 dev eth1\n 10.0.0.2\n }\n}\n");
}

TEST_CASE("trackers, groups and interfaces read back as they were") {
  const std::string things =
      "track_file F {\n file /tmp/understudy_no_such_file\n}\n"
      "bfd_instance B {\n neighbor_ip 10.0.0.9\n}\n";
  const std::string text =
      "vrrp_script S {\n script \"/bin/true 'a b' \\\"c\\\"\"\n interval 0.25\n timeout 3\n"
      "weight -20 reverse\n rise 2\n fall 3\n user daemon\n init_fail\n}\n"
      "vrrp_track_process P {\n process nginx -g 'a b'\n quorum_max 5\n quorum 2\n"
      "param_match partial\n weight 254 reverse\n fork_delay 0.5\n terminate_delay 3\n}\n"
      "vrrp_track_process Q {\n process sshd\n quorum_max 0\n full_command\n}\n"
      "garp_group {\n garp_interval 0.1\n gna_interval 0.2\n interfaces {\n eth0\n eth1\n }\n}\n"
      "garp_group {\n garp_interval 0\n interface team0\n}\n"
      "interface_up_down_delays {\n eth0 0.5 1\n eth1 255\n}\n"
      "linkbeat_interfaces {\n eth0 ETHTOOL\n eth1\n}\n"
      "track_group T {\n group {\n A\n }\n}\n"
      "vrrp_sync_group G {\n group {\n B\n A\n }\n track_script {\n S weight 5\n }\n"
      "track_bfd {\n B reverse\n B weight 3 reverse\n }\n notify /bin/true\n notify_deleted\n"
      "smtp_alert\n notify_priority_changes\n sync_group_tracking_weight\n}\n" +
      instance(
          "track_interface {\n team0 weight -5 reverse\n }\n track_script {\n S\n }\n"
          "track_file {\n F\n }\n track_process {\n P\n Q weight 0 noreverse\n }\n"
          "track_bfd {\n B weight 3\n }") +
      instance("", "B", 6, "10.0.0.2");
  check_round_trip(things, text);
}
