// The IPVS client and the checker process against a real kernel with IPVS. Every case has a network
// namespace of its own; the lab runs this in the user-mode kernel.
#include <linux/ip_vs.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <thread>

#include "ipvs/client.hpp"
#include "ipvs/reconcile.hpp"
#include "tests/support/checker_child.hpp"

using namespace understudy;
using namespace std::chrono_literals;

namespace {

Endpoint endpoint(const std::string& address, std::uint16_t port = 80) {
  return {*IpAddress::parse(address), Port(port)};
}

ipvs::Client connect() {
  auto client = ipvs::Client::connect();
  if (!client) throw std::runtime_error(client.error().message);
  return std::move(*client);
}

ipvs::Table read(ipvs::Client& client) {
  auto table = client.read();
  if (!table) throw std::runtime_error(table.error().message);
  return *table;
}

ipvs::Entry entry(const std::string& address, std::uint16_t port = 80) {
  ipvs::Entry result;
  const auto at = endpoint(address, port);
  result.service.key = {ipvs::Protocol::tcp, at, 0, at.address.family()};
  if (at.address.is_v6()) result.service.netmask = 128;
  return result;
}

void add(ipvs::Entry& to, const std::string& address, std::uint32_t weight = 1,
         ipvs::ForwardingMethod method = ipvs::ForwardingMethod::masquerade) {
  ipvs::Destination destination;
  destination.endpoint = endpoint(address, to.service.key.endpoint.port.value());
  destination.weight = weight;
  destination.method = method;
  to.destinations.emplace(destination.endpoint, destination);
}

/// What an operator does with ipvsadm.
void by_hand(ipvs::Client& client, const std::vector<ipvs::Change>& changes) {
  for (const auto& result : client.apply(changes)) {
    if (!result) throw std::runtime_error(result.error().message);
  }
}

/// Sends the difference; how many changes there were. Every one must succeed.
std::size_t make_so(ipvs::Client& client, const ipvs::Table& desired) {
  const auto changes = ipvs::reconcile(desired, read(client), [](const auto&) { return true; });
  by_hand(client, changes);
  return changes.size();
}

ipvs::Table table_of(const std::vector<ipvs::Entry>& entries) {
  ipvs::Table table;
  for (const auto& one : entries) table.emplace(one.service.key, one);
  return table;
}

}  // namespace

TEST_CASE("what is sent is what is read back, and is not sent again") {
  enter_new_network();
  auto client = connect();
  CHECK(read(client).empty());
  std::vector<ipvs::Entry> entries;
  std::uint16_t port = 1000;
  for (const char* scheduler :
       {"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf"}) {
    auto one = entry("10.0.0.1", ++port);
    one.service.scheduler = scheduler;
    add(one, "10.0.0.2", 5, ipvs::ForwardingMethod::direct);
    add(one, "10.0.0.3", 0, ipvs::ForwardingMethod::tunnel);
    add(one, "10.0.0.4", 65535);
    entries.push_back(one);
  }
  auto persistent = entry("10.0.0.7");
  persistent.service.persistence_timeout = 50;
  persistent.service.netmask = 0x00ffffff;
  persistent.service.flags = IP_VS_SVC_F_SCHED_SH_PORT;
  persistent.service.scheduler = "sh";
  entries.push_back(persistent);
  ipvs::Entry marked;
  marked.service.key.fwmark = 21;
  marked.service.key.family = Family::ipv4;
  entries.push_back(marked);
  auto limited = entry("10.0.0.8");
  add(limited, "10.0.0.2");
  limited.destinations.begin()->second.upper_threshold = 100;
  limited.destinations.begin()->second.lower_threshold = 80;
  entries.push_back(limited);

  const auto desired = table_of(entries);
  CHECK(make_so(client, desired) > entries.size());
  CHECK(read(client) == desired);
  CHECK(make_so(client, desired) == 0);
  CHECK(make_so(client, {}) == entries.size());
  CHECK(read(client).empty());
}

TEST_CASE("IPv6 services and firewall marks") {
  enter_new_network();
  auto client = connect();
  auto six = entry("fd00::1");
  six.service.persistence_timeout = 60;
  six.service.netmask = 64;
  add(six, "fd00::2", 3, ipvs::ForwardingMethod::direct);
  ipvs::Entry marked;
  marked.service.key.fwmark = 6;
  marked.service.key.family = Family::ipv6;
  marked.service.netmask = 128;
  const auto desired = table_of({six, marked});
  make_so(client, desired);
  CHECK(read(client) == desired);
}

TEST_CASE("thousands of changes in batches, each with its own result") {
  enter_new_network();
  auto client = connect();
  std::vector<ipvs::Entry> entries;
  for (unsigned service = 0; service < 20; ++service) {
    auto one = entry("10.0.0.1", static_cast<std::uint16_t>(2000 + service));
    for (unsigned server = 0; server < 250; ++server) {
      add(one, "10.1." + std::to_string(service) + "." + std::to_string(server));
    }
    entries.push_back(one);
  }
  const auto desired = table_of(entries);
  CHECK(make_so(client, desired) == 20U * 251U);
  CHECK(read(client) == desired);

  const auto known = entries[0].service;
  auto unknown = entry("10.0.0.99").service.key;
  const auto results = client.apply({ipvs::AddService{known}, ipvs::EditService{known},
                                     ipvs::DeleteDestination{known.key, endpoint("10.9.9.9")},
                                     ipvs::DeleteService{unknown}});
  REQUIRE(results.size() == 4);
  CHECK(results[0].error().code == EEXIST);
  CHECK(results[1].has_value());
  CHECK(results[2].error().code == ENOENT);
  CHECK(results[3].error().code == ESRCH);
  CHECK(client.flush().has_value());
  CHECK(read(client).empty());
}

TEST_CASE("without the capability it says which one is missing") {
  enter_new_network();
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(65534) < 0) _exit(2);
    const auto client = ipvs::Client::connect();
    const bool named = !client && client.error().message.find("CAP_NET_ADMIN") != std::string::npos;
    _exit(named ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
}

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
  return {{}, {std::move(services)}};
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
  for (const auto& [at, destination] : found->second.destinations) {
    text += (text.empty() ? "" : " ") + at.address.to_string() + "*" +
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
  CHECK(has(lab.child->lines(), "RS [127.0.0.2]:tcp:8080 [10.0.0.1]:tcp:8080 DOWN"));
  lab.first = listen_on(endpoint("127.0.0.2", kPort));
  CHECK(lab.becomes("127.0.0.2*1 127.0.0.3*1"));
  CHECK(has(lab.child->lines(), "RS [127.0.0.2]:tcp:8080 [10.0.0.1]:tcp:8080 UP"));
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
  by_hand(*lab.client,
          {ipvs::AddService{others.service},
           ipvs::AddDestination{others.service.key, others.destinations.begin()->second},
           ipvs::EditDestination{ours.service.key, drained.destinations.begin()->second}});
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
          {ipvs::EditDestination{drained.service.key, drained.destinations.begin()->second}});
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
      auto& check = std::get<checkers::TcpCheck>(server.checks[0]);
      check.timing.delay_loop = check.timing.warmup = 10s;
      check.timing.connect_timeout = 3s;
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
