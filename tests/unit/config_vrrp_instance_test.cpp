// What vrrp_instance accepts, what it becomes, and what is said of the rest.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_text.hpp"

using namespace understudy;
using namespace understudy::test;
using namespace std::chrono_literals;

TEST_CASE("plain keywords end up in the instance") {
  const auto config = only_instance(
      "down_timer_adverts 7\n nopreempt\n timer_expired_backup 200\n debug 3\n"
      "kernel_rx_buf_size 100000\n promote_secondaries\n v3_checksum_as_v2\n"
      "mcast_src_ip 10.0.0.9\n track_src_ip\n garp_extra_if all 30\n skip_check_adv_addr\n"
      "dont_track_primary\n lower_prio_no_advert\n higher_prio_send_advert\n no_accept");
  CHECK(config.down_timer_adverts == 7);
  CHECK(config.timer_expired_backup == 200);
  CHECK(config.debug == 3);
  CHECK(config.kernel_rx_buf_size == 100000);
  CHECK(config.promote_secondaries);
  CHECK(config.v3_checksum_as_v2);
  CHECK(config.track_source);
  CHECK(config.garp_extra_interval == 30s);
  CHECK(config.garp_extra_all);
  CHECK_FALSE(config.accept);
}

TEST_CASE("their defaults are those of global_defs, and then the protocol's") {
  const auto plain = only_instance("");
  CHECK(plain.down_timer_adverts == 3);
  CHECK(plain.timer_expired_backup == 0);
  CHECK_FALSE(plain.v3_checksum_as_v2);
  CHECK(plain.garp_extra_interval == 0s);
  const auto inherited = first_of(load_text(
      "global_defs {\n vrrp_down_timer_adverts 5\n vrrp_garp_extra_if 40\n v3_checksum_as_v2\n}\n" +
      instance("")));
  CHECK(inherited.down_timer_adverts == 5);
  CHECK(inherited.garp_extra_interval == 40s);
  CHECK(inherited.v3_checksum_as_v2);
}

TEST_CASE("a value beyond its range is named, and the default stays") {
  struct Case {
    const char* line;
    const char* message;
  };
  const Case cases[] = {
      {"down_timer_adverts 101", "(F: Line 7) (A): Invalid down_timer_adverts [1:100] '101'"},
      {"debug 5", "(F: Line 7) (A) Debug value '5' not valid; must be between 0-4"},
      {"kernel_rx_buf_size -1", "(F: Line 7) (A) invalid kernel_rx_buf_size specified"},
      {"garp_extra_if 86401", "(F: Line 7) (A): garp_extra_if '86401' invalid - ignoring"},
      {"unicast_ttl 256", "(F: Line 7) (A): TTL '256' not valid - must be between 0 & 255"},
      {"timer_expired_backup 255",
       "(F: Line 7) (A) timer_expired_backup highest_other_priority not valid! must be between 1 & "
       "254"},
  };
  for (const Case& row : cases) {
    INFO(row.line);
    const auto loaded = load_text(instance(row.line));
    CHECK(loaded.test_status == 5);
    CHECK(says(loaded, row.message));
    CHECK(first_of(loaded) == only_instance(""));
  }
}

TEST_CASE("keywords that need an argument to make sense") {
  CHECK(says(load_text(instance("garp_extra_if all")),
             "(F: Line 7) (A): garp_extra_if specified without time - ignoring"));
  CHECK(load_text(instance("kernel_rx_buf_size")).test_status == 5);
  CHECK(load_text(instance("kernel_rx_buf_size 1 2")).test_status == 5);
  CHECK(load_text(instance("debug")).test_status == 2);
  CHECK(load_text(instance("down_timer_adverts")).test_status == 2);
}

TEST_CASE("old names work and are told from the new ones") {
  const auto loaded =
      load_text(instance("vmac_garp_intvl 20\n nopreempt\n thread_timer_expired 100"));
  CHECK(loaded.test_status == 5);
  CHECK(says(loaded,
             "(F: Line 7) Keyword \"vmac_garp_intvl\" is deprecated - please use "
             "\"garp_extra_if\""));
  CHECK(says(loaded,
             "(F: Line 9) (A) thread_timer_expired - please replace with keyword "
             "'timer_expired_backup'"));
  CHECK(first_of(loaded).garp_extra_interval == 20s);
  CHECK(first_of(loaded).timer_expired_backup == 100);
}

TEST_CASE("linkbeat_use_polling of an instance is an entry of linkbeat_interfaces") {
  const auto loaded = load_text(instance("linkbeat_use_polling"));
  CHECK(loaded.test_status == 5);
  CHECK(loaded.config.vrrp.linkbeat_interfaces ==
        std::vector{vrrp::LinkbeatInterface{"eth0", vrrp::LinkbeatInterface::Method::any}});
}

TEST_CASE("a stalled router gives way only where it would not take over again") {
  const auto loaded = load_text(instance("timer_expired_backup"));
  CHECK(says(loaded, "(A) expired_timer_backup requires nopreempt - resetting"));
  CHECK(first_of(loaded).timer_expired_backup == 0);
  CHECK(only_instance("nopreempt\n timer_expired_backup").timer_expired_backup == 254);
}

TEST_CASE("only an address owner can ignore adverts") {
  const auto loaded = load_text(instance("owner_ignore_adverts"));
  CHECK(says(loaded, "(A) ignoring owner_ignore_adverts since priority is not 255"));
  CHECK_FALSE(first_of(loaded).owner_ignore_adverts);
  CHECK(only_instance("priority 255\n owner_ignore_adverts").owner_ignore_adverts);
  CHECK_FALSE(only_instance("priority 255").owner_ignore_adverts);
  CHECK(only_instance("priority 255\n strict_mode").owner_ignore_adverts);
}

TEST_CASE("strict mode takes back what the RFC does not have") {
  const auto loaded = load_text(
      instance("strict_mode\n down_timer_adverts 5\n garp_lower_prio_repeat 3\n preempt_delay 10\n"
               "lower_prio_no_advert off\n higher_prio_send_advert\n use_vmac 02:00:00:00:00\n"
               "vmac_xmit_base\n no_virtual_ipaddress"));
  CHECK(loaded.test_status == 5);
  for (const char* message : {
           "(A) preempt_delay is incompatible with strict mode - resetting",
           "(A) down_timer_adverts is incompatible with strict mode - resetting",
           "(A) Strict mode requires no repeat garps. resetting",
           "(A) Strict mode requires no lower priority advert. resetting",
           "(A) strict mode requires higher_prio_send_advert to be clear. resetting",
           "(A): cannot specify MAC address with strict mode - clearing",
           "(A) xmit_base is incompatible with strict mode - resetting",
           "(A) no_virtual_ipaddress and strict mode incompatible, clearing no_virtual_ipaddress",
       }) {
    INFO(message);
    CHECK(says(loaded, message));
  }
  const auto config = first_of(loaded);
  CHECK(config.down_timer_adverts == 3);
  CHECK(config.preempt_delay == 0s);
  CHECK(config.lower_prio_no_advert);
  CHECK_FALSE(config.higher_prio_send_advert);
  CHECK_FALSE(config.vmac->address);
  CHECK_FALSE(config.vmac->transmit_on_base);
  CHECK_FALSE(config.no_addresses);
}

TEST_CASE("native_ipv6 makes an instance without addresses an IPv6 one") {
  const auto config =
      first_of(load_text("vrrp_instance A {\n interface eth0\n virtual_router_id 5\n native_ipv6\n "
                         "no_virtual_ipaddress\n}\n"));
  CHECK(config.family == Family::ipv6);
  CHECK(config.version == 3);
  CHECK(config.mcast_group == *IpAddress::parse("ff02::12"));
  CHECK(says(load_text(instance("native_ipv6")),
             "(F: Line 7) (A) Cannot specify native_ipv6 with IPv4 addresses"));
}

TEST_CASE("an IPv6 group has to stay on the link") {
  const auto text = [](const std::string& group) {
    return "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n mcast_dst_ip " + group +
           "\n virtual_ipaddress {\n  fe80::1\n }\n}\n";
  };
  CHECK(first_of(load_text(text("ff02::99"))).mcast_group == *IpAddress::parse("ff02::99"));
  const auto beyond = load_text(text("ff05::99"));
  CHECK(
      says(beyond, "(F: Line 4) (A) mcast_dst_ip ff05::99 not link-local multicast. Skipping..."));
  CHECK(first_of(beyond).mcast_group == *IpAddress::parse("ff02::12"));
}

TEST_CASE("notify scripts, one of each") {
  const auto config = only_instance(
      "notify_master \"/bin/true m\"\n notify_deleted \"/bin/true d\"\n"
      "notify_master_rx_lower_pri \"/bin/true l\"");
  CHECK(config.notify->master.argv == std::vector<std::string>{"/bin/true", "m"});
  CHECK(config.notify->deleted.argv == std::vector<std::string>{"/bin/true", "d"});
  CHECK(config.notify->tell_deletion);
  CHECK(config.notify->master_rx_lower_pri.argv == std::vector<std::string>{"/bin/true", "l"});
  const auto told = only_instance("notify_deleted");
  CHECK(told.notify->tell_deletion);
  CHECK(told.notify->deleted.empty());
  CHECK(says(load_text(instance("notify_deleted\n notify_deleted /bin/true")),
             "(F: Line 8) (A) notify_deleted already specified - ignoring /bin/true"));
}
