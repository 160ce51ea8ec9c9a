// What stops a reload or a start, and what does not.
#include <catch2/catch.hpp>

#include "tests/support/config_file.hpp"

using namespace understudy;
using namespace understudy::test;

namespace {

const std::string kInstance =
    "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n  10.0.0.1\n "
    "}\n}\n";

struct Case {
  std::string what;
  std::string text;
  std::string refusal;
  int test_status;
  /// 0: a daemon starts with it.
  int start_status;
};

}  // namespace

TEST_CASE("a reload is refused for what would leave nothing sensible running") {
  const std::vector<Case> cases{
      {"empty", "", "is empty", 0, 0},
      {"comments only", "# nothing\n", "is empty", 0, 0},
      {"a block that is not closed", "global_defs {\n" + kInstance, "braces", 5, 0},
      {"one brace too many", kInstance + "}\n", "braces", 5, 0},
      {"a quote that is not closed", "global_defs {\n router_id \"a\n}\n" + kInstance, "quotes", 5,
       0},
      {"a required argument missing", kInstance + "vrrp_script s {\n interval\n}\n",
       "is missing a parameter", 2, 2},
      {"no VRID", "vrrp_instance A {\n interface eth0\n virtual_ipaddress {\n  10.0.0.1\n }\n}\n",
       "the virtual router id must be set", 5, 2},
      {"a VRID out of range",
       "vrrp_instance A {\n interface eth0\n virtual_router_id 256\n virtual_ipaddress {\n  "
       "10.0.0.1\n }\n}\n",
       "the virtual router id must be set", 5, 2},
      {"no interface", "vrrp_instance A {\n virtual_router_id 5\n}\n", "Unknown interface!", 5, 2},
      {"an interface that does not exist",
       "vrrp_instance A {\n interface nope\n virtual_router_id 5\n virtual_ipaddress {\n  "
       "10.0.0.1\n }\n}\n",
       "Non-existent interface", 5, 2},
      {"the loopback interface",
       "vrrp_instance A {\n interface lo\n virtual_router_id 5\n virtual_ipaddress {\n  10.0.0.1\n "
       "}\n}\n",
       "Unknown interface!", 5, 2},
      {"the interface of an address does not exist",
       "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n  10.0.0.1 "
       "dev nope\n }\n}\n",
       "Non-existent interface", 5, 2},
      {"one VRID twice on an interface",
       kInstance +
           "vrrp_instance B {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n  "
           "10.0.0.2\n }\n}\n",
       "both use VRID 5", 5, 2},
      {"an include whose check fails", "includer /nonexistent/*.x\nincludem /nonexistent/file\n",
       "include", 6, 0},
  };
  for (const auto& test : cases) {
    INFO(test.what);
    const auto loaded = load_text(test.text);
    CHECK_THAT(loaded.reload_refusal, Catch::Contains(test.refusal));
    CHECK(loaded.test_status == test.test_status);
    CHECK(loaded.start_status == test.start_status);
    CHECK(loaded.start_refusal.empty() == (test.start_status == 0));
  }
}

TEST_CASE("a reload is not refused for what a start takes too") {
  const std::vector<Case> cases{
      {"an unknown keyword", "foo bar\n" + kInstance, "", 5, 0},
      {"a deprecated one", kInstance + "global_defs {\n vrrp_vmac_garp_intvl 5\n}\n", "", 5, 0},
      {"a repaired value",
       "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n priority 300\n "
       "virtual_ipaddress {\n  10.0.0.1\n }\n}\n",
       "", 5, 0},
      {"no address", "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n}\n", "", 5, 0},
      {"scripts without script security",
       "vrrp_instance A {\n interface eth0\n virtual_router_id 5\n notify_master /bin/sh\n "
       "virtual_ipaddress {\n  10.0.0.1\n }\n}\n",
       "", 6, 0},
      {"an include that finds nothing", "include /nonexistent/*.conf\n" + kInstance, "", 0, 0},
      {"nothing at all wrong", kInstance, "", 0, 0},
  };
  for (const auto& test : cases) {
    INFO(test.what);
    const auto loaded = load_text(test.text);
    CHECK(loaded.reload_refusal == "");
    CHECK(loaded.start_refusal == "");
    CHECK(loaded.test_status == test.test_status);
  }
}

TEST_CASE("a main file that is not there, or is no file") {
  auto options = load_options();
  options.path = "/nonexistent/keepalived.conf";
  const auto missing = load_config(options);
  CHECK(missing.test_status == 6);
  CHECK(missing.start_status == 6);
  CHECK_THAT(missing.reload_refusal, Catch::Contains("is missing"));
  options.path = "/tmp";
  const auto directory = load_config(options);
  CHECK(directory.start_status == 6);
  CHECK_FALSE(directory.start_refusal.empty());
  CHECK_FALSE(directory.reload_refusal.empty());
}

TEST_CASE("interfaces may be missing where they may come later") {
  const auto loaded = load_text(
      "global_defs {\n dynamic_interfaces\n}\n"
      "vrrp_instance A {\n interface nope\n virtual_router_id 5\n virtual_ipaddress {\n  "
      "10.0.0.1\n "
      "}\n}\n");
  CHECK(loaded.test_status == 0);
  CHECK(loaded.start_refusal.empty());
  CHECK(loaded.config.vrrp.instances.at(0).interface == "nope");
}

TEST_CASE("what the parent resolved, a child does not resolve again") {
  auto loaded = load_text("global_defs {\n smtp_server localhost 2525\n}\n" + kInstance);
  CHECK(loaded.config.global.smtp_server_name == "localhost");
  CHECK(loaded.config.global.smtp_server.port == Port(2525));
  const auto decoded = decode_config(expanded_text(loaded, Part::all), load_options());
  REQUIRE(decoded.has_value());
  CHECK(decoded->global.smtp_server == loaded.config.global.smtp_server);
}
