// The effective configuration as text and as JSON: both give the same configuration again.
#include <catch2/catch.hpp>
#include <filesystem>

#include "daemon/config_rows.hpp"
#include "daemon/effective.hpp"
#include "daemon/understudy/json.hpp"
#include "tests/support/config_file.hpp"
#include "tests/support/statements_from_json.hpp"

using namespace understudy;
using namespace understudy::test;
using parser::Statements;
using tool::Json;
using tool::to_json;

namespace {

/// Words of every kind, blocks of every shape.
Statements of_all_kinds() {
  Statements all;
  Statements& instance = all.block("vrrp_instance", "VI_1");
  instance.add("priority", 100);
  instance.boolean("accept", true);
  instance.flag("nopreempt", true);
  instance.seconds("advert_int", std::chrono::milliseconds(250));
  instance.script("notify", {"/bin/a", "b c"}, {"me", "us"});
  Statements& addresses = instance.block("virtual_ipaddress");
  addresses.entry({"10.0.0.1/24"});
  addresses.entry({"10.0.0.2/24", "dev", "eth0"});
  Statements& service = all.block("virtual_server", "10.0.0.1", 80);
  service.add("virtualhost", "\xff\x01");
  return all;
}

void check_both_ways(const Config& config) {
  const Statements statements = effective(config);
  const std::string text = parser::print_statements(statements);
  CAPTURE(text);
  const Loaded from_text = load_text(text);
  CHECK(from_text.config == config);

  const Json json = Json::parse(to_json(statements).dump());
  const std::string again = parser::print_statements(statements_from_json(json, config_rows()));
  CAPTURE(again);
  CHECK(load_text(again).config == config);
}

}  // namespace

TEST_CASE("JSON has a member for each keyword, with types jq can use") {
  CHECK(to_json(of_all_kinds()).dump() ==
        R"({"vrrp_instance":[{"name":"VI_1","priority":100,"accept":true,"nopreempt":true,)"
        R"("advert_int":0.25,"notify":{"argv":["/bin/a","b c"],"owner":["me","us"]},)"
        R"("virtual_ipaddress":[["10.0.0.1/24"],["10.0.0.2/24","dev","eth0"]]}],)"
        R"("virtual_server":[{"name":["10.0.0.1",80],"virtualhost":{"hex":"ff01"}}]})");
}

TEST_CASE("what stands once is an object, what stands several times a list") {
  Statements all;
  all.block("global_defs").add("router_id", "007");
  for (const char* type : {"TCP_CHECK", "HTTP_GET", "TCP_CHECK"}) all.block(type);
  all.add("status_code", 200, 404);
  CHECK(to_json(all).dump() ==
        R"({"global_defs":{"router_id":"007"},"TCP_CHECK":[{},{}],"HTTP_GET":[{}],)"
        R"("status_code":[200,404],)"
        R"("order":["global_defs","TCP_CHECK","HTTP_GET","TCP_CHECK","status_code"]})");
  Statements twice;
  twice.add("key", 1, "a");
  twice.add("key", 2, "b");
  CHECK(to_json(twice).dump() == R"({"key":[[1,"a"],[2,"b"]]})");
}

TEST_CASE("an effective configuration gives the same again, as text and as JSON") {
  for (const auto& entry : std::filesystem::directory_iterator(SEEDS_DIRECTORY)) {
    if (entry.path().extension() != ".conf") continue;
    INFO(entry.path().filename());
    check_both_ways(load_seed(entry.path().stem()).config);
  }
}

TEST_CASE("checks keep their order, and words what is odd about them, through JSON") {
  check_both_ways(load_text(R"(
global_defs {
    router_id "a # b ! {c} 'd' \\"
    notification_email {
        "Me <me@example.com>"
    }
}
virtual_server 10.0.0.1 80 {
    protocol TCP
    lvs_sched rr
    lvs_method DR
    quorum_up "/bin/sh -c 'echo \042 \\ $X \047'" root
    real_server 10.0.0.2 80 {
        TCP_CHECK {
            connect_port 1
        }
        HTTP_GET {
            url {
                path "/a b"
                status_code 200-299 404
            }
        }
        TCP_CHECK {
            connect_port 2
        }
    }
}
)")
                      .config);
}

TEST_CASE("blocks of every section go through text and JSON") {
  check_both_ways(load_text(R"(
global_defs {
    enable_script_security
    script_user root
    vrrp_notify_fifo /tmp/fifo
}
track_file load {
    file "/etc/hostname"
    weight 2
}
bfd_instance B1 {
    neighbor_ip 10.0.0.7
    weight -10
}
vrrp_track_process web {
    process "/usr/sbin/nginx -g x"
    quorum 2
    weight 5
}
vrrp_script check {
    script "/bin/sh -c 'test -e \"/tmp/a b\"'"
    interval 1.5
    weight -20
}
vrrp_sync_group G {
    group {
        VI_1
        "VI 2"
    }
    sync_group_tracking_weight
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.25
    unicast_peer {
        10.0.0.6 min_ttl 250 max_ttl 255
    }
    track_script {
        check
    }
    track_file {
        load weight 3
    }
    virtual_ipaddress {
        10.0.0.100/24 dev eth0 label eth0:1
    }
    virtual_routes {
        192.168.9.0/24 via 10.0.0.1 dev eth0 table 100
    }
    notify "/bin/true now" root
}
vrrp_instance "VI 2" {
    interface eth1
    virtual_router_id 52
    virtual_ipaddress {
        10.0.1.100
    }
}
virtual_server_group farm {
    10.0.0.100-103 80
    fwmark 7
}
virtual_server group farm {
    protocol TCP
    lvs_sched rr
    lvs_method DR
    real_server 10.0.0.2 80 {
        MISC_CHECK {
            misc_path "/bin/true 'a b'"
            misc_timeout 3
        }
        DNS_CHECK {
            name example.com
        }
    }
}
)")
                      .config);
}
