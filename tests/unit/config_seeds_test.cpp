// The users' files: what each of them means, value by value, and what is said about it.
#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/config_file.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace understudy;
using namespace understudy::test;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;

IpAddress ip(const char* text) { return *IpAddress::parse(text); }
Endpoint at(const char* address, std::uint16_t port) { return {ip(address), Port(port)}; }

vrrp::VirtualAddress virtual_address(const char* text, std::uint8_t length = 32,
                                     const std::string& device = {}) {
  vrrp::VirtualAddress address;
  address.address = ip(text);
  address.prefix_length = length;
  address.device = device;
  return address;
}

/// Of a diagnostic in a seed file, without the directory.
Lines short_messages(const Loaded& loaded) {
  Lines lines = messages(loaded);
  for (auto& line : lines) {
    const auto directory = line.find(SEEDS_DIRECTORY "/");
    if (directory != std::string::npos) {
      line.erase(directory, sizeof(SEEDS_DIRECTORY));
    }
  }
  return lines;
}

/// TCP_CHECK of the LVS files.
checkers::TcpCheck tcp_check(const Endpoint& to, std::chrono::microseconds delay_loop) {
  checkers::TcpCheck check;
  check.timing.delay_loop = delay_loop;
  check.timing.connect_timeout = 3s;
  check.timing.retry = 3;
  check.timing.delay_before_retry = 3s;
  check.timing.warmup = delay_loop;
  check.endpoint.destination = to;
  return check;
}

/// What the servers of the LVS files inherit.
checkers::InheritedTiming inherited(std::chrono::microseconds delay_loop) {
  checkers::InheritedTiming timing;
  timing.delay_loop = delay_loop;
  timing.connect_timeout = 5s;
  timing.alpha = false;
  return timing;
}

checkers::RealServer real_server(const Endpoint& to, checkers::Check check) {
  checkers::RealServer server;
  server.endpoint = to;
  server.timing = inherited(checkers::timing_of(check)->delay_loop);
  server.method = checkers::ForwardingMethod::direct_routing;
  server.checks = {std::move(check)};
  return server;
}

checkers::VirtualServer direct_routing(const Endpoint& endpoint, std::uint32_t persistence,
                                       std::chrono::microseconds delay_loop = 6s) {
  checkers::VirtualServer server;
  server.endpoint = endpoint;
  server.scheduler = "rr";
  server.method = checkers::ForwardingMethod::direct_routing;
  server.persistence_timeout = persistence;
  server.timing = inherited(delay_loop);
  return server;
}

/// While it lives, programs are looked for in an empty directory only.
class SearchPath {
 public:
  SearchPath() : before_(getenv("PATH")) { setenv("PATH", directory_.path("").c_str(), 1); }
  ~SearchPath() { setenv("PATH", before_.c_str(), 1); }
  SearchPath(const SearchPath&) = delete;
  SearchPath& operator=(const SearchPath&) = delete;
  void install(const std::string& program) const {
    const auto file = directory_.path(program);
    std::ofstream(file) << "#!/bin/sh\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }

 private:
  TemporaryDirectory directory_;
  std::string before_;
};

}  // namespace

TEST_CASE("two directors, both BACKUP, with nat_mask and nb_get_retry") {
  const int number = GENERATE(1, 2);
  const auto loaded = load_seed("lvs-dr-director" + std::to_string(number));
  const std::string file = "(lvs-dr-director" + std::to_string(number) + ".conf: Line ";
  CHECK(short_messages(loaded) ==
        Lines{file + "31) Unknown keyword 'nat_mask'", file + "38) Unknown keyword 'nb_get_retry'",
              file + "47) Unknown keyword 'nb_get_retry'", file + "57) Unknown keyword 'nat_mask'",
              file + "64) Unknown keyword 'nb_get_retry'",
              file + "73) Unknown keyword 'nb_get_retry'"});
  CHECK(loaded.test_status == 5);
  CHECK(loaded.reload_refusal.empty());
  CHECK(loaded.start_refusal.empty());

  const auto& global = loaded.config.global;
  CHECK(global.router_id == "LVS_DEVEL");
  CHECK(global.notification_email ==
        Lines{"admin@example.com", "failover@example.com", "oncall@example.com"});
  CHECK(global.notification_email_from == "keepalived@example.com");
  CHECK(global.smtp_server == at("192.168.200.1", 25));
  CHECK(global.smtp_connect_timeout == 30s);
  CHECK(global.smtp_helo_name == "host.example");

  vrrp::InstanceConfig instance;
  instance.name = "VI_1";
  instance.interface = "ens160";
  instance.vrid = VirtualRouterId(51);
  instance.priority = Priority(number == 1 ? 100 : 90);
  instance.authentication = vrrp::Authentication::pass;
  instance.password = "123456";
  instance.mcast_group = ip("224.0.0.18");
  instance.addresses = {virtual_address("192.168.8.100")};
  CHECK(loaded.config.vrrp.instances == std::vector{instance});

  std::vector<checkers::VirtualServer> services;
  for (const auto port : {std::uint16_t{80}, std::uint16_t{21}}) {
    auto& service = services.emplace_back(direct_routing(at("192.168.8.100", port), 50));
    for (const auto* address : {"192.168.8.12", "192.168.8.13"}) {
      service.real_servers.push_back(
          real_server(at(address, port), tcp_check(at(address, port), 6s)));
    }
  }
  CHECK(loaded.config.checkers.virtual_servers == services);
}

TEST_CASE("a director with Chinese comments and nopreempt") {
  const auto loaded = load_seed("lvs-dr-example");
  CHECK(short_messages(loaded) ==
        Lines{"(lvs-dr-example.conf: Line 32) Unknown keyword 'nat_mask'",
              "(lvs-dr-example.conf: Line 39) Unknown keyword 'nb_get_retry'",
              "(lvs-dr-example.conf: Line 48) Unknown keyword 'nb_get_retry'"});
  CHECK(loaded.test_status == 5);
  REQUIRE(loaded.config.vrrp.instances.size() == 1);
  const auto& instance = loaded.config.vrrp.instances[0];
  CHECK(instance.nopreempt);
  CHECK(instance.initial_state == RouterState::backup);
  CHECK(instance.password == "1111");
  CHECK(instance.addresses.at(0).address == ip("192.168.8.97"));
  REQUIRE(loaded.config.checkers.virtual_servers.size() == 1);
  auto service = direct_routing(at("192.168.8.97", 3306), 50);
  for (const auto* address : {"192.168.8.90", "192.168.8.91"}) {
    service.real_servers.push_back(
        real_server(at(address, 3306), tcp_check(at(address, 3306), 6s)));
  }
  CHECK(loaded.config.checkers.virtual_servers[0] == service);
}

TEST_CASE("HTTP_GET with a sorry server") {
  const int number = GENERATE(0, 1);
  const auto loaded = load_seed("lvs-http-get-node" + std::to_string(number));
  const std::string file = "(lvs-http-get-node" + std::to_string(number) + ".conf: Line ";
  CHECK(short_messages(loaded) ==
        Lines{file + "41) nb_get_retry is deprecated - please use 'retry'",
              file + "53) nb_get_retry is deprecated - please use 'retry'"});
  CHECK(loaded.test_status == 5);

  const auto& global = loaded.config.global;
  CHECK(global.router_id == "node-0" + std::to_string(number));
  CHECK(global.vrrp_mcast_group4 == ip("224.0.38.12"));
  REQUIRE(loaded.config.vrrp.instances.size() == 1);
  const auto& instance = loaded.config.vrrp.instances[0];
  CHECK(instance.mcast_group == ip("224.0.38.12"));
  CHECK(instance.smtp_alert);
  CHECK(instance.initial_state == (number == 0 ? RouterState::master : RouterState::backup));
  CHECK(instance.priority == Priority(number == 0 ? 100 : 97));
  const std::string device = number == 0 ? "team0" : "bond0";
  CHECK(instance.interface == device);
  CHECK(instance.addresses == std::vector{virtual_address("10.1.38.15", 16, device)});

  checkers::HttpCheck check;
  check.timing.delay_loop = 3s;
  check.timing.connect_timeout = 1s;
  check.timing.retry = 3;
  check.timing.delay_before_retry = 1s;
  check.timing.warmup = 3s;
  check.urls.emplace_back().status_codes = {{200, 200}};
  auto service = direct_routing(at("10.1.38.15", 80), 0, 3s);
  checkers::RealServer sorry;
  sorry.endpoint = at("127.0.0.1", 80);
  sorry.method = checkers::ForwardingMethod::direct_routing;
  service.sorry_server = sorry;
  for (const auto* address : {"10.1.38.13", "10.1.38.14"}) {
    check.endpoint.destination = at(address, 80);
    service.real_servers.push_back(real_server(at(address, 80), check));
  }
  CHECK(loaded.config.checkers.virtual_servers == std::vector{service});
}

TEST_CASE("master/master with two instances") {
  const int number = GENERATE(0, 1);
  const auto loaded = load_seed("master-master-node" + std::to_string(number));
  CHECK(short_messages(loaded).empty());
  CHECK(loaded.test_status == 0);
  const auto& instances = loaded.config.vrrp.instances;
  REQUIRE(instances.size() == 2);
  for (int i = 0; i < 2; ++i) {
    const auto& instance = instances[static_cast<std::size_t>(i)];
    const bool master = i == number;
    CHECK(instance.initial_state == (master ? RouterState::master : RouterState::backup));
    CHECK(instance.priority == Priority(master ? 100 : 97));
    CHECK(instance.vrid == VirtualRouterId(static_cast<std::uint8_t>(38 + i)));
    CHECK(instance.password == "x1er44q");
    CHECK(instance.smtp_alert);
    CHECK(instance.addresses.at(0).address == ip(i == 0 ? "10.1.38.19" : "10.1.38.20"));
  }
}

TEST_CASE("strict mode takes authentication and the initial MASTER away, and says so") {
  const auto loaded = load_seed("strict-two-vips");
  const std::string file = "(strict-two-vips.conf: Line ";
  CHECK(short_messages(loaded) ==
        Lines{"(Line 6) Unknown keyword 'notification_email_fromkeepalived@dd1.example.com'",
              "(Line 12) number '0' outside range [0.000001, 4294.967295]",
              "(Line 12) vrrp_garp_interval '0' is invalid",
              "(Line 13) number '0' outside range [0.000001, 4294.967295]",
              "(Line 13) vrrp_gna_interval '0' is invalid",
              file + "40) Unknown keyword 'nb_get_retry'",
              file + "48) Unknown keyword 'nb_get_retry'",
              file + "63) Unknown keyword 'nb_get_retry'",
              file + "71) Unknown keyword 'nb_get_retry'",
              "(VI_1) State MASTER must match being address owner",
              "(VI_1) Strict mode does not support authentication. Ignoring."});
  CHECK(loaded.test_status == 5);
  CHECK(loaded.diagnostics[0].hint == "did you mean 'notification_email_from'?");
  CHECK(loaded.config.global.notification_email_from == "keepalived@host.example");

  REQUIRE(loaded.config.vrrp.instances.size() == 1);
  const auto& instance = loaded.config.vrrp.instances[0];
  CHECK(instance.strict);
  CHECK_FALSE(instance.accept);
  CHECK(instance.initial_state == RouterState::backup);
  CHECK(instance.authentication == vrrp::Authentication::none);
  CHECK(instance.password->empty());
  CHECK(instance.skip_check_adv_addr);
  CHECK(instance.lower_prio_no_advert);
  CHECK(instance.garp->lower_prio_repeat == 0);
  CHECK(instance.addresses.size() == 2);
  const auto& services = loaded.config.checkers.virtual_servers;
  REQUIRE(services.size() == 2);
  CHECK(services[0].persistence_timeout == 0);
  CHECK(services[1].persistence_timeout == 50);
  const auto& check = services[0].real_servers.at(1).checks.at(0);
  CHECK(check == tcp_check(at("172.25.42.13", 80), 6s));
}

TEST_CASE("a tracking script with a negative weight") {
  const int number = GENERATE(0, 1);
  const SearchPath path;
  path.install("killall");
  const auto loaded = load_seed("track-script-node" + std::to_string(number));
  REQUIRE(loaded.config.vrrp.scripts.size() == 1);
  const auto& script = loaded.config.vrrp.scripts[0];
  CHECK(script.name == "check_ngx");
  CHECK(script.command.argv == Lines{"killall", "-0", "nginx"});
  CHECK(script.interval == 1s);
  CHECK(script.weight == -5);
  CHECK(script.rise == 1);
  CHECK(script.fall == 1);
  REQUIRE(loaded.config.vrrp.instances.size() == 1);
  CHECK(loaded.config.vrrp.instances[0].track->scripts ==
        std::vector<vrrp::TrackReference>{{"check_ngx", -5, false}});
  CHECK(short_messages(loaded) ==
        Lines{"SECURITY VIOLATION - scripts are being executed but script_security not enabled."});
  CHECK(loaded.test_status == 6);
  CHECK(loaded.reload_refusal.empty());
  CHECK(loaded.start_refusal.empty());
}

TEST_CASE("a tracking script that is not installed is not tracked") {
  const SearchPath nothing;
  const auto loaded = load_seed("track-script-node0");
  CHECK(short_messages(loaded) ==
        Lines{"Disabling track script check_ngx since not found/accessible"});
  CHECK(loaded.test_status == 5);
  CHECK(loaded.reload_refusal.empty());
  CHECK(loaded.config.vrrp.scripts.empty());
  REQUIRE(loaded.config.vrrp.instances.size() == 1);
  CHECK(loaded.config.vrrp.instances[0].track->scripts.empty());
}

TEST_CASE("a single address with a source address; SLAVER is taken as BACKUP") {
  const auto master = load_seed("vip-nginx-master");
  CHECK(short_messages(master).empty());
  CHECK(master.test_status == 0);
  REQUIRE(master.config.vrrp.instances.size() == 1);
  CHECK(master.config.vrrp.instances[0].initial_state == RouterState::master);
  CHECK(master.config.vrrp.instances[0].mcast_source == ip("192.168.1.103"));
  CHECK(master.config.checkers.virtual_servers.empty());

  const auto backup = load_seed("vip-nginx-backup");
  CHECK(short_messages(backup) ==
        Lines{"(vip-nginx-backup.conf: Line 13) (VI_1) unknown state 'SLAVER', defaulting to "
              "BACKUP"});
  CHECK(backup.test_status == 5);
  CHECK(backup.reload_refusal.empty());
  REQUIRE(backup.config.vrrp.instances.size() == 1);
  CHECK(backup.config.vrrp.instances[0].initial_state == RouterState::backup);
  CHECK(backup.config.vrrp.instances[0].priority == Priority(99));
}

TEST_CASE("a child decodes every seed to what the parent read, without any file") {
  for (const auto* name :
       {"lvs-dr-director1", "lvs-dr-director2", "lvs-dr-example", "lvs-http-get-node0",
        "lvs-http-get-node1", "master-master-node0", "master-master-node1", "strict-two-vips",
        "track-script-node0", "track-script-node1", "vip-nginx-backup", "vip-nginx-master"}) {
    INFO(name);
    const auto loaded = load_seed(name);
    auto options = load_options();
    options.path = "/nonexistent";
    const auto decoded = decode_config(expanded_text(loaded, Part::all), options);
    REQUIRE(decoded.has_value());
    CHECK(*decoded == loaded.config);
  }
}

TEST_CASE("a role's text means what the whole says for it, and nothing for the other") {
  const std::string common =
      "global_defs {\n router_id R\n default_interface eth0\n}\ntrack_file F {\n file /tmp/f\n}\n";
  const std::string servers =
      "virtual_server group G 80 {\n protocol TCP\n real_server 10.0.0.1 80 {\n"
      "  FILE_CHECK {\n   track_file F\n  }\n }\n} virtual_server_group G {\n 10.0.0.9 80\n}\n";
  const std::string routers =
      "vrrp_instance V {\n interface eth0\n virtual_router_id 1\n"
      " track_file {\n  F\n }\n}\n";
  for (const std::string& text : {common + servers + routers, routers + common + servers,
                                  // A line with both, and what stands between braces of nothing.
                                  common + servers + "vrrp_version 3 } " + routers,
                                  common + "{\n" + servers + routers + "}\n"}) {
    INFO(text);
    const Loaded loaded = load_text(text);
    REQUIRE(loaded.config.global.track_files.size() == 1);
    if (text.starts_with(common + servers)) {
      REQUIRE(loaded.config.vrrp.instances.at(0).track->files.size() == 1);
    }
    Config none = loaded.config;
    none.vrrp = {};
    none.checkers = {};
    Config vrrp = none;
    vrrp.vrrp = loaded.config.vrrp;
    Config checkers = none;
    checkers.checkers = loaded.config.checkers;
    REQUIRE(vrrp != none);
    REQUIRE(checkers != none);
    const auto decode = [&](Part part) {
      auto config = decode_config(expanded_text(loaded, part), load_options()).value();
      // What it has of the other's because of a line that is of both.
      if (part == Part::vrrp) config.checkers = {};
      if (part == Part::checkers) config.vrrp = {};
      return config;
    };
    CHECK(decode(Part::vrrp) == vrrp);
    CHECK(decode(Part::checkers) == checkers);
    CHECK(expanded_text(loaded, Part::vrrp).size() <= expanded_text(loaded, Part::all).size());
  }
  const Loaded apart = load_text(
      common + "virtual_server 10.0.0.1 80 {\n real_server 10.0.0.2 80 {\n }\n}\n" + routers);
  REQUIRE(apart.config.checkers.virtual_servers.size() == 1);
  const auto parent = decode_config(expanded_text(apart, Part::parent), load_options()).value();
  CHECK(parent.global == apart.config.global);
  CHECK(parent.vrrp.instances.empty());
  CHECK(parent.checkers.virtual_servers.empty());
}

TEST_CASE("what is no expanded text is refused") {
  CHECK(decode_config(Bytes{}, load_options()).has_error());
  CHECK(decode_config(Bytes{200, 1, 2}, load_options()).has_error());
  auto octets = expanded_text(load_seed("vip-nginx-master"), Part::all);
  octets.resize(octets.size() / 2);
  CHECK(decode_config(octets, load_options()).has_error());
}
