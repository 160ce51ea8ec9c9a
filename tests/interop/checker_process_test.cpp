// The checker process against a real kernel with IPVS and servers on loopback. Every case has a
// network namespace of its own; the lab runs this in the user-mode kernel.
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <utility>

#include "tests/support/checker_child.hpp"
#include "tests/support/ipvs_lab.hpp"

using namespace ipvs_lab;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t kPort = 8080;

checkers::RealServer real_server(const std::string& address) {
  checkers::RealServer server;
  server.endpoint = endpoint(address, kPort);
  server.method = checkers::ForwardingMethod::nat;
  checkers::TcpCheck check;
  check.timing.delay_loop = check.timing.warmup = 200ms;
  check.timing.delay_before_retry = 50ms;
  check.timing.connect_timeout = 500ms;
  check.endpoint.destination = server.endpoint;
  server.checks = {check};
  return server;
}

/// A virtual server on 10.0.0.1 with real servers on loopback.
checkers::VirtualServer virtual_server(const std::vector<std::string>& servers,
                                       const std::string& address = "10.0.0.1") {
  checkers::VirtualServer service;
  service.endpoint = endpoint(address, kPort);
  service.scheduler = "rr";
  for (const auto& one : servers) service.real_servers.push_back(real_server(one));
  return service;
}

CheckerChild::Config config(std::vector<checkers::VirtualServer> services) {
  CheckerChild::Config config;
  config.role.virtual_servers = std::move(services);
  return config;
}

/// A folder with the page and logs of a case.
std::string new_page() {
  std::string folder = "/tmp/checker-test-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp");
  return folder + "/page";
}

/// "127.0.0.2*1 127.0.0.3*0" of the service on 10.0.0.1, "none" without the service.
std::string servers_of(ipvs::Client& client, const std::string& address = "10.0.0.1") {
  const auto table = read(client);
  const auto found = table.find(entry(address, kPort).service.key);
  if (found == table.end()) return "none";
  std::string text;
  for (const auto& destination : found->second.destinations) {
    text += (text.empty() ? "" : " ") + destination.endpoint.address.to_string() + "*" +
            std::to_string(destination.weight);
  }
  return text;
}

bool has(const std::vector<std::string>& lines, const std::string& line) {
  return std::ranges::find(lines, line) != lines.end();
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// A process that works, with two servers that listen.
struct Working {
  explicit Working(CheckerChild::Options options = {},
                   checkers::VirtualServer service = virtual_server({"127.0.0.2", "127.0.0.3"})) {
    enter_new_network();
    client.emplace(connect());
    first = listen_on(endpoint("127.0.0.2", kPort));
    second = listen_on(endpoint("127.0.0.3", kPort));
    page = new_page();
    options.page = page;
    child = std::make_unique<CheckerChild>(config({service}), options);
    REQUIRE(child->until([&] { return child->ready(); }, 5s));
  }
  [[nodiscard]] std::string servers() { return servers_of(*client); }
  bool becomes(const std::string& wanted, std::chrono::milliseconds limit = 5s) {
    const bool did = child->until([&] { return servers() == wanted; }, limit);
    if (!did) UNSCOPED_INFO("servers: " << servers() << "\n" << child->log());
    return did;
  }

  bool hears(const std::string& line) {
    return child->until([&] { return has(child->lines(), line); }, 2s);
  }

  std::optional<ipvs::Client> client;
  Fd first;
  Fd second;
  std::string page;
  std::unique_ptr<CheckerChild> child;
};

}  // namespace

TEST_CASE("a server that stops listening goes, and comes back; the stop leaves nothing") {
  Working lab;
  CHECK(lab.servers() == "127.0.0.2*1 127.0.0.3*1");
  lab.first.reset();
  CHECK(lab.becomes("127.0.0.3*1"));
  CHECK(lab.hears("RS [127.0.0.2]:tcp:8080 [10.0.0.1]:tcp:8080 DOWN"));
  lab.first = listen_on(endpoint("127.0.0.2", kPort));
  CHECK(lab.becomes("127.0.0.2*1 127.0.0.3*1"));
  CHECK(lab.hears("RS [127.0.0.2]:tcp:8080 [10.0.0.1]:tcp:8080 UP"));
  lab.child->signal(SIGTERM);
  CHECK(lab.child->wait() == 0);
  CHECK(lab.servers() == "none");
}

TEST_CASE("the parent's death ends it cleanly") {
  Working lab;
  lab.child->abandon();
  CHECK(lab.child->wait() == 0);
  CHECK(lab.servers() == "none");
}

TEST_CASE("-I leaves the services") {
  Working lab({{}, false, true, {}});
  lab.child->signal(SIGTERM);
  CHECK(lab.child->wait() == 0);
  CHECK(lab.servers() == "127.0.0.2*1 127.0.0.3*1");
}

TEST_CASE("services of others and weights set by hand stay; deleted entries come back") {
  Working lab;
  auto others = entry("10.0.0.50");
  add(others, "127.0.0.9");
  const auto ours = entry("10.0.0.1", kPort);
  auto drained = ours;
  add(drained, "127.0.0.3", 0);
  by_hand(*lab.client, {ipvs::AddService{others.service},
                        ipvs::AddDestination{others.service.key, others.destinations.begin()[0]},
                        ipvs::EditDestination{ours.service.key, drained.destinations.begin()[0]}});
  // Another server's verdict leaves the drained one alone.
  lab.first.reset();
  CHECK(lab.becomes("127.0.0.3*0"));
  lab.first = listen_on(endpoint("127.0.0.2", kPort));
  CHECK(lab.becomes("127.0.0.2*1 127.0.0.3*0"));
  // Deleted behind our back.
  by_hand(*lab.client, {ipvs::DeleteDestination{ours.service.key, endpoint("127.0.0.2", kPort)}});
  CHECK(lab.becomes("127.0.0.2*1 127.0.0.3*0", 12s));
  by_hand(*lab.client, {ipvs::DeleteService{ours.service.key}});
  CHECK(lab.becomes("127.0.0.2*1 127.0.0.3*1", 25s));
  CHECK(servers_of(*lab.client, "10.0.0.1") != "none");
  CHECK(read(*lab.client).at(others.service.key) == others);
  lab.child->signal(SIGTERM);
  lab.child->wait();
  CHECK(read(*lab.client) == table_of({others}));
}

TEST_CASE("a drained server's own verdict restores its weight") {
  Working lab;
  auto drained = entry("10.0.0.1", kPort);
  add(drained, "127.0.0.3", 0);
  by_hand(*lab.client,
          {ipvs::EditDestination{drained.service.key, drained.destinations.begin()[0]}});
  lab.second.reset();
  CHECK(lab.becomes("127.0.0.2*1"));
  lab.second = listen_on(endpoint("127.0.0.3", kPort));
  CHECK(lab.becomes("127.0.0.2*1 127.0.0.3*1"));
}

TEST_CASE("reload: what is unchanged is not touched, not even by a message") {
  auto both = virtual_server({"127.0.0.2", "127.0.0.3"});
  auto fewer = virtual_server({"127.0.0.2"});
  auto more = virtual_server({"127.0.0.4"}, "10.0.0.2");
  Working lab({{}, false, false, {config({both}), config({fewer, more}), config({more})}}, both);
  lab.second.reset();
  REQUIRE(lab.becomes("127.0.0.2*1"));
  REQUIRE(lab.hears("RS [127.0.0.3]:tcp:8080 [10.0.0.1]:tcp:8080 DOWN"));
  const auto said = lab.child->lines().size();
  CHECK(lab.child->reload(0).in_force);
  CHECK(lab.servers() == "127.0.0.2*1");
  CHECK(lab.child->lines().size() == said);
  CHECK(lab.child->reload(1).in_force);
  CHECK(lab.servers() == "127.0.0.2*1");
  CHECK(servers_of(*lab.client, "10.0.0.2") == "127.0.0.4*1");
  CHECK(lab.child->reload(2).in_force);
  CHECK(lab.servers() == "none");
  CHECK_FALSE(lab.child->reload(7).in_force);
  CHECK(lab.child->until([&] { return servers_of(*lab.client, "10.0.0.2").empty(); }, 5s));
}

TEST_CASE("a killed process costs nothing: table, verdicts and notifications go on") {
  Working lab;
  lab.first.reset();
  REQUIRE(lab.becomes("127.0.0.3*1"));
  REQUIRE(lab.hears("RS [127.0.0.2]:tcp:8080 [10.0.0.1]:tcp:8080 DOWN"));
  // It has told, and a moment later recorded that it has: else its successor would tell again.
  lab.child->pass(100ms);
  const auto before = read(*lab.client);
  lab.child->signal(SIGKILL);
  CHECK(lab.child->wait() == -SIGKILL);
  CHECK(read(*lab.client) == before);
  CheckerChild second(config({virtual_server({"127.0.0.2", "127.0.0.3"})}),
                      {lab.page, true, false, {}});
  CHECK(second.until([&] { return second.ready(); }, 5s));
  CHECK(lab.servers() == "127.0.0.3*1");
  second.pass(2s);
  CHECK(second.lines().empty());
  lab.first = listen_on(endpoint("127.0.0.2", kPort));
  CHECK(second.until([&] { return lab.servers() == "127.0.0.2*1 127.0.0.3*1"; }, 5s));
  second.until([&] { return !second.lines().empty(); }, 2s);
  CHECK(second.lines() ==
        std::vector<std::string>{"RS [127.0.0.2]:tcp:8080 [10.0.0.1]:tcp:8080 UP"});
}

TEST_CASE("after a crash, services that are no longer configured are removed as ours") {
  Working lab;
  auto others = entry("10.0.0.50");
  by_hand(*lab.client, {ipvs::AddService{others.service}});
  lab.child->signal(SIGKILL);
  lab.child->wait();
  CheckerChild second(config({virtual_server({"127.0.0.3"}, "10.0.0.2")}),
                      {lab.page, true, false, {}});
  CHECK(second.until([&] { return second.ready(); }, 5s));
  CHECK(lab.servers() == "none");
  CHECK(servers_of(*lab.client, "10.0.0.2") == "127.0.0.3*1");
  CHECK(read(*lab.client).contains(others.service.key));
}

TEST_CASE("foreign destinations in our services go at the start, and that is said") {
  enter_new_network();
  auto client = connect();
  auto found = entry("10.0.0.1", kPort);
  found.service.scheduler = "wlc";
  add(found, "127.0.0.77");
  make_so(client, table_of({found}));
  CheckerChild child(config({virtual_server({"127.0.0.2"})}), {new_page(), false, false, {}});
  REQUIRE(child.until([&] { return child.ready(); }, 5s));
  CHECK(servers_of(client) == "127.0.0.2*1");
  CHECK(read(client).begin()->second.service.scheduler == "rr");
  CHECK(times(child.log(), "Removing foreign destination [127.0.0.77]:8080") == 1);
}

namespace {

/// Takes IPVS out of the kernel. While it lives, neither the kernel can load it again by itself nor
/// this process and its children.
class WithoutIpvs {
 public:
  WithoutIpvs() {
    remove();
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
        mount("none", "/lib/modules", "tmpfs", 0, nullptr) < 0) {
      throw std::runtime_error("cannot hide /lib/modules");
    }
    std::ifstream(kHelper) >> helper_;
    std::ofstream(kHelper) << "/bin/false";
  }
  WithoutIpvs(const WithoutIpvs&) = delete;
  WithoutIpvs& operator=(const WithoutIpvs&) = delete;
  ~WithoutIpvs() { give_back(); }
  void give_back() {
    if (!std::exchange(hidden_, false)) return;
    umount("/lib/modules");
    std::ofstream(kHelper) << helper_;
  }
  static void remove() {
    const int status = std::system(
        "for module in $(lsmod | grep -o '^ip_vs[a-z_]*' | sort -r); do rmmod $module || exit 1; "
        "done");
    if (status != 0) throw std::runtime_error("ip_vs cannot be removed");
  }

 private:
  /// The program the kernel runs to load a module.
  static constexpr char kHelper[] = "/proc/sys/kernel/modprobe";
  std::string helper_;
  bool hidden_ = true;
};

}  // namespace

TEST_CASE("the module is loaded when it is there", "[module]") {
  enter_new_network();
  WithoutIpvs::remove();
  CHECK(ipvs::Client::connect().has_value());
}

TEST_CASE("without IPVS it says so once, goes on checking, and serves when it comes", "[module]") {
  enter_new_network();
  const Fd second = listen_on(endpoint("127.0.0.3", kPort));
  WithoutIpvs without;
  const auto refused = ipvs::Client::connect();
  REQUIRE_FALSE(refused.has_value());
  CHECK(times(refused.error().message, "`modprobe ip_vs`") == 1);
  CheckerChild child(config({virtual_server({"127.0.0.2", "127.0.0.3"})}),
                     {new_page(), false, false, {}});
  REQUIRE(child.until([&] { return child.ready(); }, 5s));
  CHECK(child.until(
      [&] { return has(child.lines(), "RS [127.0.0.2]:tcp:8080 [10.0.0.1]:tcp:8080 DOWN"); }, 5s));
  CHECK(times(child.log(), "modprobe ip_vs") == 1);
  without.give_back();
  REQUIRE(std::system("modprobe ip_vs") == 0);
  CHECK(child.until([&] { return times(child.log(), "IPVS is available now") == 1; }, 40s));
  auto client = connect();
  CHECK(child.until([&] { return servers_of(client) == "127.0.0.3*1"; }, 5s));
  CHECK(times(child.log(), "modprobe ip_vs") == 1);
}

TEST_CASE("lvs_flush and lvs_flush_on_stop empty the whole table, as they say", "[flush]") {
  enter_new_network();
  auto client = connect();
  by_hand(client, {ipvs::AddService{entry("10.0.0.50").service}});
  auto flushing = config({virtual_server({"127.0.0.2"})});
  flushing.global.lvs_flush = true;
  flushing.global.lvs_flush_on_stop = FlushOnStop::full;
  CheckerChild child(flushing, {new_page(), false, false, {}});
  REQUIRE(child.until([&] { return child.ready(); }, 5s));
  CHECK(read(client).size() == 1);
  CHECK(servers_of(client) == "127.0.0.2*1");
  by_hand(client, {ipvs::AddService{entry("10.0.0.50").service}});
  child.signal(SIGTERM);
  CHECK(child.wait() == 0);
  CHECK(read(client).empty());
}

TEST_CASE("thousands of checks in one process", "[load]") {
  enter_new_network();
  auto client = connect();
  std::vector<checkers::VirtualServer> services;
  const Fd listener = listen_on(endpoint("0.0.0.0", kPort));
  // The kernel's queue holds fewer than come.
  const std::jthread acceptor([&listener](const std::stop_token& stop) {
    pollfd ready{listener.get(), POLLIN, 0};
    while (!stop.stop_requested()) {
      if (poll(&ready, 1, 100) > 0) Fd(accept(listener.get(), nullptr, nullptr)).reset();
    }
  });
  for (unsigned i = 0; i < 50; ++i) {
    std::vector<std::string> servers;
    for (unsigned j = 1; j <= 100; ++j) {
      servers.push_back("127.1." + std::to_string(i) + "." + std::to_string(j));
    }
    services.push_back(virtual_server(servers, "10.0.1." + std::to_string(i + 1)));
    for (auto& server : services.back().real_servers) {
      auto check = std::get<checkers::TcpCheck>(server.checks[0].whole());
      check.timing.delay_loop = check.timing.warmup = 10s;
      check.timing.connect_timeout = 3s;
      server.checks[0] = check;
    }
  }
  CheckerChild child(config(services), {new_page(), false, false, {}});
  REQUIRE(child.until([&] { return child.ready(); }, 30s));
  std::size_t destinations = 0;
  for (const auto& [key, one] : read(client)) destinations += one.destinations.size();
  CHECK(destinations == 5000);
  child.pass(14s);
  INFO(child.log().substr(0, 4000));
  CHECK(times(child.log(), " failed") == 0);
  CHECK(times(child.log(), "success.") == 5000);
}
