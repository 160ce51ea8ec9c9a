// Defaults, inheritance, and what has no effect yet.
#include <catch2/catch.hpp>

#include "daemon/global/script_text.hpp"
#include "tests/support/config_file.hpp"
#include "vrrp/runnable.hpp"

using namespace understudy;
using namespace understudy::test;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;

std::string instance(const std::string& more, const std::string& name = "A", int vrid = 5) {
  return "vrrp_instance " + name + " {\n interface eth0\n virtual_router_id " +
         std::to_string(vrid) + "\n virtual_ipaddress {\n  10.0.0.1\n }\n " + more + "\n}\n";
}

std::string global_defs(const std::string& text) { return "global_defs {\n" + text + "\n}\n"; }

vrrp::InstanceConfig first_instance(const Loaded& loaded) {
  REQUIRE_FALSE(loaded.config.vrrp.instances.empty());
  return loaded.config.vrrp.instances[0];
}

checkers::VirtualServer first_service(const Loaded& loaded) {
  REQUIRE_FALSE(loaded.config.checkers.virtual_servers.empty());
  return loaded.config.checkers.virtual_servers[0];
}

std::string service(const std::string& more, const std::string& server) {
  return "virtual_server 10.0.0.1 80 {\n protocol TCP\n lvs_sched rr\n lvs_method NAT\n " + more +
         "\n real_server 10.0.0.2 8080 {\n" + server + "\n }\n}\n";
}

}  // namespace

TEST_CASE("state and priority follow from each other") {
  const auto neither = first_instance(load_text(instance("")));
  CHECK(neither.priority == Priority(100));
  CHECK(neither.initial_state == RouterState::backup);
  const auto master = first_instance(load_text(instance("state MASTER")));
  CHECK(master.owner());
  const auto owner = first_instance(load_text(instance("priority 255")));
  CHECK(owner.initial_state == RouterState::master);
  const auto loaded = load_text(instance("state MASTER\n priority 0"));
  CHECK(first_instance(loaded).priority == Priority(100));
  CHECK(loaded.test_status == 5);
}

TEST_CASE("announcements: the instance's, else the global ones, else the defaults") {
  const auto defaults = *first_instance(load_text(instance(""))).garp;
  CHECK(defaults == vrrp::GarpTiming{});
  const std::string global = global_defs(
      "vrrp_garp_master_delay 7\n vrrp_garp_master_repeat 3\n vrrp_garp_master_refresh 60\n "
      "vrrp_garp_lower_prio_repeat 2");
  const auto inherited = *first_instance(load_text(global + instance(""))).garp;
  CHECK(inherited.delay == 7s);
  CHECK(inherited.repeat == 3);
  CHECK(inherited.refresh == 60s);
  CHECK(inherited.refresh_repeat == 1);
  CHECK(inherited.lower_prio_delay == 7s);
  CHECK(inherited.lower_prio_repeat == 2);
  const auto own = first_instance(
      load_text(global + instance("garp_master_delay 1\n garp_lower_prio_repeat 9")));
  CHECK(own.garp->delay == 1s);
  CHECK(own.garp->lower_prio_repeat == 9);
}

TEST_CASE("an address has its device, scope, label, peer and broadcast address") {
  const auto loaded = load_text(
      "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n"
      "  10.0.0.1/24 dev eth1 label eth1:1 scope link brd +\n"
      "  10.0.0.2 peer 10.9.9.9\n"
      "  10.0.0.3/24 brd -\n }\n virtual_ipaddress_excluded {\n  2001:db8::1/64\n }\n}\n");
  CHECK(messages(loaded).empty());
  const auto& addresses = first_instance(loaded).addresses;
  REQUIRE(addresses.size() == 3);
  CHECK(addresses[0].device == "eth1");
  CHECK(addresses[0].details->label == "eth1:1");
  CHECK(addresses[0].scope == 253);
  CHECK(addresses[0].prefix_length == 24);
  CHECK(addresses[0].details->broadcast == *IpAddress::parse("10.0.0.255"));
  CHECK(addresses[1].prefix_length == 32);
  CHECK(addresses[1].details->peer == *IpAddress::parse("10.9.9.9"));
  CHECK(addresses[2].details->broadcast == *IpAddress::parse("10.0.0.0"));
  const auto& excluded = first_instance(loaded).excluded;
  REQUIRE(excluded.size() == 1);
  CHECK(excluded[0].prefix_length == 64);
}

TEST_CASE("a check inherits from its real server, and that from its virtual server") {
  const auto loaded = load_text(
      service("delay_loop 7\n retry 4\n connect_timeout 2\n alpha\n virtualhost of.vs\n weight 3",
              "retry 5\n warmup 1\n TCP_CHECK {\n retry 6\n }\n HTTP_GET {\n url {\n path /a\n }\n "
              "}\n"));
  CHECK(messages(loaded).empty());
  const auto server = first_service(loaded).real_servers.at(0);
  CHECK(server.weight == 3);
  const auto tcp = std::get<checkers::TcpCheck>(server.checks.at(0).whole());
  CHECK(tcp.timing.delay_loop == 7s);
  CHECK(tcp.timing.connect_timeout == 2s);
  CHECK(tcp.timing.retry == 6);
  CHECK(tcp.timing.delay_before_retry == 1s);
  CHECK(tcp.timing.warmup == 1s);
  CHECK(tcp.timing.alpha);
  CHECK(tcp.endpoint.destination == Endpoint{*IpAddress::parse("10.0.0.2"), Port(8080)});
  const auto http = std::get<checkers::HttpCheck>(server.checks.at(1).whole());
  CHECK(http.timing.retry == 5);
  CHECK(http.timing.delay_before_retry == 3s);
  CHECK(http.virtualhost == "of.vs");
  CHECK_FALSE(http.tls);
}

TEST_CASE("forwarding without NAT takes the service's port; checks keep the one written") {
  const auto loaded = load_text(
      "virtual_server 10.0.0.1 80 {\n protocol TCP\n lvs_sched rr\n lvs_method DR\n real_server "
      "10.0.0.2 81 {\n TCP_CHECK {\n }\n }\n real_server 10.0.0.3 {\n TCP_CHECK {\n }\n }\n}\n");
  CHECK(messages(loaded) == Lines{"WARNING - virtual server [10.0.0.1]:tcp:80 and real server "
                                  "[10.0.0.2]:tcp:81 ports don't match - resetting"});
  const auto service = first_service(loaded);
  const auto checked_port = [&](std::size_t index) {
    return service.real_servers.at(index).checks.at(0).destination().port;
  };
  CHECK(service.real_servers.at(0).endpoint.port == Port(80));
  CHECK(checked_port(0) == Port(81));
  CHECK(service.real_servers.at(1).endpoint.port == Port(80));
  CHECK(checked_port(1) == Port(80));
}

TEST_CASE("a firewall-mark service has a mark, a family and no port") {
  const auto loaded = load_text(
      "virtual_server fwmark 7 {\n lvs_sched rr\n lvs_method DR\n persistence_timeout\n "
      "real_server "
      "10.0.0.2 {\n TCP_CHECK {\n connect_port 21\n }\n }\n}\n");
  CHECK(messages(loaded).empty());
  const auto service = first_service(loaded);
  CHECK(service.fwmark == 7);
  CHECK(service.family == Family::ipv4);
  CHECK(service.endpoint == Endpoint{});
  CHECK(service.persistence_timeout == 360);
  CHECK(service.real_servers.at(0).endpoint.port == Port(0));
}

TEST_CASE("alerts: the nearest answer counts") {
  const auto alert = [](const std::string& global, const std::string& own) {
    return first_instance(load_text(global_defs(global) + instance(own))).smtp_alert;
  };
  CHECK_FALSE(alert("", ""));
  CHECK(alert("smtp_alert", ""));
  CHECK_FALSE(alert("smtp_alert\n smtp_alert_vrrp off", ""));
  CHECK(alert("smtp_alert off", "smtp_alert"));
  const auto server = [](const std::string& global) {
    return first_service(load_text(global_defs(global) + service("", ""))).real_servers.at(0);
  };
  CHECK(server("").smtp_alert);
  CHECK_FALSE(server("smtp_alert_checker no").smtp_alert);
  CHECK_FALSE(first_service(load_text(service("", ""))).smtp_alert);
}

TEST_CASE("two ways to turn the default real-time priority off") {
  CHECK(load_text(instance("")).config.global.vrrp_real_time);
  CHECK_FALSE(load_text(global_defs("vrrp_real_time off")).config.global.vrrp_real_time);
  const auto zero = load_text(global_defs("vrrp_rt_priority 0"));
  CHECK_FALSE(zero.config.global.vrrp_real_time);
  CHECK(zero.test_status == 0);
  const auto fifty = load_text(global_defs("vrrp_rt_priority 50")).config.global;
  CHECK(fifty.vrrp_real_time);
  CHECK(fifty.vrrp_process.rt_priority == 50);
}

TEST_CASE("scripts run as the user they name, else as script_user") {
  const auto loaded = load_text(
      global_defs("script_user daemon daemon\n enable_script_security") +
      instance(
          "notify_master \"/nonexistent/x 'a b' c\"\n notify_backup /nonexistent/y root root"));
  CHECK(messages(loaded).empty());
  const vrrp::NotifyScripts notify = *first_instance(loaded).notify;
  CHECK(notify.master.argv == Lines{"/nonexistent/x", "a b", "c"});
  CHECK(notify.master.uid == find_credentials("daemon", "")->uid);
  CHECK(notify.master.gid == find_credentials("daemon", "daemon")->gid);
  CHECK(notify.backup.uid == 0);
  CHECK(notify.backup.gid == 0);
  CHECK(notify.fault.empty());
}

TEST_CASE("without a user for them scripts are not run at all") {
  const auto loaded =
      load_text(global_defs("script_user nosuchuser_") + instance("notify_master /nonexistent/x"));
  CHECK(loaded.test_status == 5);
  CHECK(first_instance(loaded).notify->master.empty());
  const auto other = load_text(instance("notify_master /nonexistent/x nosuchuser_"));
  CHECK(other.test_status == 0);
  CHECK(first_instance(other).notify->master.empty());
}

TEST_CASE("the reader of a FIFO is told where it is") {
  const auto fifo = load_text(global_defs("script_user root\n notify_fifo /run/x.fifo root\n "
                                          "notify_fifo_script \"/nonexistent/read -v\""))
                        .config.global.notify_fifo;
  CHECK(fifo.path == "/run/x.fifo");
  CHECK(fifo.script.argv == Lines{"/nonexistent/read", "-v", "/run/x.fifo"});
}

TEST_CASE("keywords without effect are no mistakes; each is said once") {
  const auto loaded = load_text(
      global_defs("umask 022\n bfd_no_swap") + instance("use_vmac") + instance("use_vmac", "B", 6) +
      "vrrp_sync_group G {\n group {\n  A\n  B\n }\n}\n"
      "virtual_server group X {\n real_server 10.0.0.2 80 {\n }\n}\n" +
      service("", "SMTP_CHECK {\n host {\n connect_ip 10.0.0.9\n }\n }\n"));
  CHECK(loaded.test_status == 0);
  CHECK(messages(loaded).empty());
  Lines keywords;
  for (const auto& diagnostic : loaded.diagnostics) {
    const auto end = diagnostic.message.find("' has no effect in this version yet");
    if (end != std::string::npos) keywords.push_back(diagnostic.message.substr(1, end - 1));
  }
  CHECK(keywords == Lines{"umask", "bfd_no_swap"});
  CHECK(loaded.config.vrrp.instances.size() == 2);
  CHECK(loaded.config.checkers.virtual_servers.size() == 1);
}

TEST_CASE("IPv6 and unicast without interface run; what contradicts itself does not") {
  const auto loaded = load_text(
      "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n  fe80::1\n "
      "}\n}\nvrrp_instance B {\n virtual_router_id 6\n unicast_src_ip 10.0.0.1\n unicast_peer {\n  "
      "10.0.0.2\n }\n virtual_ipaddress {\n  10.0.0.100 dev eth0\n }\n}\n" +
      instance("unicast_fault_no_peer", "C"));
  CHECK(loaded.test_status == 0);
  REQUIRE(loaded.config.vrrp.instances.size() == 3);
  CHECK(vrrp::why_not_runnable(loaded.config.vrrp.instances[0]).empty());
  CHECK(vrrp::why_not_runnable(loaded.config.vrrp.instances[1]).empty());
  CHECK_FALSE(vrrp::why_not_runnable(loaded.config.vrrp.instances[2]).empty());
  CHECK_THAT(messages(loaded, true),
             Catch::VectorContains(std::string("(C) the instance does not run")));
}

TEST_CASE("defaults that come from the machine") {
  const auto global = load_text(global_defs("smtp_server 127.0.0.1")).config.global;
  CHECK(global.router_id == "host.example");
  CHECK(global.notification_email_from == "keepalived@host.example");
  CHECK(global.smtp_helo_name == "host.example");
  const auto without = load_text(global_defs("")).config.global;
  CHECK(without.notification_email_from.empty());
  CHECK(without.smtp_server == GlobalConfig{}.smtp_server);
}
