// Virtual servers as services of the kernel, and what several of them together want there.
#include "checkers/kernel_services.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <set>

#include "checkers/service.hpp"
#include "checkers/wanted_table.hpp"

namespace understudy::checkers {
namespace {

IpAddress address(const char* text) { return *IpAddress::parse(text); }

Endpoint endpoint(const char* text, std::uint16_t port) { return {address(text), Port(port)}; }

VirtualServer in_group(Protocol protocol = Protocol::tcp) {
  VirtualServer service;
  service.group = "G";
  service.protocol = protocol;
  return service;
}

Seat seat(const char* text, std::uint16_t port, ForwardingMethod method = ForwardingMethod::nat) {
  Seat result;
  result.endpoint = endpoint(text, port);
  result.method = method;
  return result;
}

std::vector<std::string> names(const std::vector<ipvs::ServiceKey>& keys) {
  std::vector<std::string> result;
  for (const auto& key : keys) result.push_back(key.to_string());
  return result;
}

std::vector<std::string> destinations(const ipvs::Entry& entry) {
  std::vector<std::string> result;
  for (const auto& one : entry.destinations) result.push_back(one.endpoint.to_string());
  return result;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a virtual server without a group is one service") {
  VirtualServer plain;
  plain.endpoint = endpoint("10.0.0.1", 80);
  CHECK(names(kernel_services(plain, nullptr)) == Names{"TCP 10.0.0.1:80"});
  plain.protocol = Protocol::sctp;
  plain.endpoint = endpoint("fd00::1", 80);
  CHECK(names(kernel_services(plain, nullptr)) == Names{"SCTP [fd00::1]:80"});
  VirtualServer marked;
  marked.fwmark = 7;
  marked.family = Family::ipv6;
  CHECK(names(kernel_services(marked, nullptr)) == Names{"FWM 7 inet6"});
  CHECK(service_name(marked) == "FWM 7 inet6");
}

TEST_CASE("a group is a service per address and mark, none twice") {
  const VirtualServerGroup group{"G",
                                 {{address("10.0.0.254"), address("10.0.1.1"), Port(80)},
                                  {address("10.0.1.0"), address("10.0.1.0"), Port(80)},
                                  {address("10.0.1.0"), address("10.0.1.0"), Port(443)},
                                  {address("fd00::ffff"), address("fd00::1:1"), Port(80)}},
                                 {{5, Family::none}, {6, Family::ipv6}, {5, Family::ipv4}}};
  CHECK(names(kernel_services(in_group(Protocol::udp), &group)) ==
        Names{"UDP 10.0.0.254:80", "UDP 10.0.0.255:80", "UDP 10.0.1.0:80", "UDP 10.0.1.1:80",
              "UDP 10.0.1.0:443", "UDP [fd00::ffff]:80", "UDP [fd00::1:0]:80", "UDP [fd00::1:1]:80",
              "FWM 5", "FWM 6 inet6"});
  // One mark of ours instead of the addresses: a service per family.
  CHECK(names(kernel_services(in_group(), &group, 9000)) ==
        Names{"FWM 9000", "FWM 9000 inet6", "FWM 5", "FWM 6 inet6"});
}

TEST_CASE("the ends of the address space are addresses, too") {
  const VirtualServerGroup group{
      "G",
      {{address("255.255.255.254"), address("255.255.255.255"), Port(80)},
       {address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), Port(80)}},
      {}};
  CHECK(kernel_services(in_group(), &group).size() == 3);
}

TEST_CASE("every service of a group has the same servers, as far as they can be reached") {
  const VirtualServerGroup group{"G",
                                 {{address("10.0.0.1"), address("10.0.0.1"), Port(80)},
                                  {address("fd00::1"), address("fd00::1"), Port(443)}},
                                 {{5, Family::ipv4}}};
  auto service = in_group();
  service.family = Family::none;
  const auto entries = service_entries(
      service, kernel_services(service, &group),
      {seat("10.1.0.1", 8080), seat("10.1.0.2", 8080, ForwardingMethod::direct_routing),
       seat("10.1.0.3", 8080, ForwardingMethod::tunnel),
       seat("fd00::2", 8080, ForwardingMethod::tunnel)});
  REQUIRE(entries.size() == 3);
  // Only NAT changes the port.
  CHECK(destinations(entries[0]) ==
        Names{"[10.1.0.1]:8080", "[10.1.0.2]:80", "[10.1.0.3]:80", "[fd00::2]:80"});
  CHECK(destinations(entries[1]) == Names{"[10.1.0.3]:443", "[fd00::2]:443"});
  CHECK(destinations(entries[2]) ==
        Names{"[10.1.0.1]:8080", "[10.1.0.2]:0", "[10.1.0.3]:0", "[fd00::2]:0"});
}

TEST_CASE("granularity is for the family it is of") {
  const VirtualServerGroup group{"G",
                                 {{address("10.0.0.1"), address("10.0.0.1"), Port(80)},
                                  {address("fd00::1"), address("fd00::1"), Port(80)}},
                                 {}};
  auto service = in_group();
  service.family = Family::none;
  service.persistence_timeout = 50;
  const auto netmasks = [&] {
    const auto entries = service_entries(service, kernel_services(service, &group), {});
    return std::pair{entries.at(0).service.netmask, entries.at(1).service.netmask};
  };
  CHECK(netmasks() == std::pair{0xffffffffU, 128U});
  service.persistence_granularity = 64;
  CHECK(netmasks() == std::pair{0xffffffffU, 64U});
  service.persistence_granularity = 0x00ffffff;
  CHECK(netmasks() == std::pair{0x00ffffffU, 128U});
  service.persistence_timeout = 0;
  CHECK(netmasks() == std::pair{0xffffffffU, 128U});
}

TEST_CASE("a tunnel's options go along, those of other methods do not") {
  VirtualServer service;
  service.endpoint = endpoint("10.0.0.1", 80);
  auto tunnelled = seat("10.1.0.1", 80, ForwardingMethod::tunnel);
  tunnelled.tunnel = {TunnelType::gue, TunnelChecksum::remote, Port(6080)};
  auto translated = tunnelled;
  translated.endpoint = endpoint("10.1.0.2", 80);
  translated.method = ForwardingMethod::nat;
  const auto entries =
      service_entries(service, kernel_services(service, nullptr), {tunnelled, translated});
  CHECK(entries[0].destinations.find(endpoint("10.1.0.1", 80))->tunnel ==
        ipvs::Tunnel{ipvs::TunnelType::gue, ipvs::TunnelChecksum::remote, Port(6080)});
  CHECK(entries[0].destinations.find(endpoint("10.1.0.2", 80))->tunnel == ipvs::Tunnel{});
}

TEST_CASE("a reload says which lines of a group are new and which are gone") {
  const VirtualServerGroup before{"G",
                                  {{address("10.0.0.1"), address("10.0.0.1"), Port(80)},
                                   {address("10.0.0.2"), address("10.0.0.9"), Port(80)}},
                                  {{5, Family::none}}};
  const VirtualServerGroup after{
      "G", {{address("10.0.0.1"), address("10.0.0.1"), Port(80)}}, {{6, Family::none}}};
  CHECK(group_changes(in_group(), before, after) ==
        Names{"VS [[10.0.0.2]:tcp:80-10.0.0.9] in group G no longer exists",
              "VS [5] in group G no longer exists", "VS [FWM 6] added into group G"});
  CHECK(group_changes(in_group(), after, after).empty());
}

namespace {

ipvs::Entry marked(const std::vector<const char*>& servers, std::uint32_t weight = 1) {
  ipvs::Entry entry;
  entry.service.key = {ipvs::Protocol::none, {}, 5, Family::ipv4};
  for (const char* server : servers) {
    ipvs::Destination destination;
    destination.endpoint = endpoint(server, 0);
    destination.weight = weight;
    entry.destinations.put(destination);
  }
  return entry;
}

std::vector<ipvs::Change> change(WantedTable& table, Wanted wanted) {
  std::vector<ipvs::Change> changes;
  table.change(std::move(wanted), [&](const ipvs::Change& one) { changes.push_back(one); });
  return changes;
}

}  // namespace

TEST_CASE("what two virtual servers share stays while one of them wants it") {
  WantedTable table(
      {{"one", {marked({"10.0.0.1", "10.0.0.2"}, 3)}}, {"two", {marked({"10.0.0.2"})}}});
  const auto key = marked({}).service.key;
  CHECK(table.table().at(key).destinations.size() == 2);
  CHECK(table.table().at(key).destinations.find(endpoint("10.0.0.2", 0))->weight == 3);

  const auto only_two = change(table, {"one", {marked({})}});
  auto lighter = *marked({"10.0.0.2"}).destinations.begin();
  const std::vector<ipvs::Change> expected{ipvs::EditDestination{key, lighter},
                                           ipvs::DeleteDestination{key, endpoint("10.0.0.1", 0)}};
  CHECK(only_two == expected);
  CHECK(change(table, {"two", {marked({})}}) ==
        std::vector<ipvs::Change>{ipvs::DeleteDestination{key, endpoint("10.0.0.2", 0)}});
}

TEST_CASE("a virtual server of its own changes only its own") {
  auto own = marked({"10.0.0.1"});
  own.service.key.fwmark = 6;
  WantedTable table({{"one", {own}}, {"two", {marked({"10.0.0.2"})}}});
  CHECK(change(table, {"one", {own}}).empty());
  own.destinations.put(*marked({"10.0.0.3"}).destinations.begin());
  CHECK(change(table, {"one", {own}}).size() == 1);
  CHECK(table.table().at(own.service.key) == own);
  // Of a service nobody configured nothing is said to the kernel.
  own.service.key.fwmark = 99;
  CHECK(change(table, {"one", {own}}).empty());
}

TEST_CASE("a virtual server that is there twice changes its own share only") {
  VirtualServer one;
  one.endpoint = endpoint("10.0.0.1", 80);
  const auto names = service_names({one, one});
  const auto wanted = [&](std::size_t place, const std::vector<Seat>& seats) {
    return Wanted{names[place], service_entries(one, kernel_services(one, nullptr), seats)};
  };
  const auto first = seat("127.0.0.1", 6001);
  const auto second = seat("127.0.0.1", 6002);
  const auto third = seat("127.0.0.1", 6003);
  WantedTable table({wanted(0, {first}), wanted(1, {second, third})});
  const auto key = kernel_services(one, nullptr).front();
  CHECK(change(table, wanted(1, {third})) ==
        std::vector<ipvs::Change>{ipvs::DeleteDestination{key, second.endpoint}});
  CHECK(destinations(table.table().at(key)) == Names{"[127.0.0.1]:6001", "[127.0.0.1]:6003"});
  CHECK(change(table, wanted(0, {})) ==
        std::vector<ipvs::Change>{ipvs::DeleteDestination{key, first.endpoint}});
}

TEST_CASE("no virtual server has the name of another") {
  VirtualServer one;
  one.endpoint = endpoint("10.0.0.1", 80);
  VirtualServer other = one;
  other.protocol = Protocol::udp;
  VirtualServer mark;
  mark.fwmark = 7;
  VirtualServer mark_of_udp = mark;
  mark_of_udp.protocol = Protocol::udp;
  CHECK(service_names({one, other, one, mark, mark_of_udp, in_group(), one}) ==
        Names{"TCP 10.0.0.1:80", "UDP 10.0.0.1:80", "TCP 10.0.0.1:80#2", "FWM 7", "FWM 7#2",
              "[G]:0", "TCP 10.0.0.1:80#3"});
}

TEST_CASE("virtual servers of the same kernel service have records of their own") {
  Loop loop;
  LogOptions options;
  options.to_syslog = false;
  Log log(options);
  auto page = run::HandoverPage::open("/nonexistent/page", 10).value();
  Executor executor(loop, log, page);
  Schedule schedule(loop);
  ServiceHost host{{loop, log, nullptr},
                   schedule,
                   page,
                   executor,
                   [](const Notification&) {},
                   [&](Duration) { return loop.now(); },
                   [](const std::string&) { return 0; }};
  VirtualServer config;
  config.endpoint = endpoint("10.0.0.1", 80);
  RealServer server;
  server.endpoint = endpoint("127.0.0.1", 6001);
  config.real_servers.push_back(server);
  std::vector<std::unique_ptr<Service>> services;
  for (const auto& name : service_names({config, config})) {
    services.push_back(
        std::make_unique<Service>(host, name, config, kernel_services(config, nullptr), false));
    static_cast<void>(services.back()->begin());
  }
  const auto records = [&] {
    std::set<std::string> keys;
    page.for_each_key([&](std::string_view key) { keys.emplace(key); });
    return keys;
  };
  CHECK(records().size() == 4);
  services.front()->forget();
  CHECK(records().size() == 2);
  CHECK(records().contains("vs TCP 10.0.0.1:80#2"));
  services.back()->forget();
  CHECK(records().empty());
}

}  // namespace understudy::checkers
