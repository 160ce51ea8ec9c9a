// The pool of a virtual server: who serves, what is said, in the original's words and order.
#include "checkers/pool.hpp"

#include <catch2/catch.hpp>

#include "checkers/label.hpp"

namespace understudy::checkers {
namespace {

Endpoint endpoint(const std::string& address, std::uint16_t port = 80) {
  return {*IpAddress::parse(address), Port(port)};
}

Check tcp_check(bool alpha = false, std::uint16_t port = 80) {
  TcpCheck check;
  check.timing.alpha = alpha;
  check.endpoint.destination = endpoint("10.0.0.2", port);
  return check;
}

RealServer real_server(const std::string& address, int weight = 1, bool alpha = false) {
  RealServer server;
  server.endpoint = endpoint(address);
  server.weight = weight;
  server.checks = {tcp_check(alpha)};
  return server;
}

VirtualServer web(bool alpha = false) {
  VirtualServer service;
  service.endpoint = endpoint("10.0.0.1");
  service.real_servers = {real_server("10.0.0.2", 1, alpha), real_server("10.0.0.3", 1, alpha)};
  return service;
}

VirtualServer with_sorry(bool alpha = false) {
  auto service = web(alpha);
  service.sorry_server = real_server("10.0.0.9");
  service.sorry_server->checks.clear();
  return service;
}

/// "10.0.0.2*3": who is in the table with which weight.
std::vector<std::string> table(const Pool& pool) {
  std::vector<std::string> seats;
  for (const auto& seat : pool.seats()) {
    seats.push_back(seat.endpoint.address.to_string() + "*" + std::to_string(seat.weight));
  }
  return seats;
}

using Lines = std::vector<std::string>;

/// FIFO lines and mail subjects, in order.
Lines told(const PoolActions& actions) {
  Lines lines;
  for (const auto& one : actions.notifications) {
    if (!one.fifo_line.empty()) lines.push_back(one.fifo_line);
    if (one.mail) lines.push_back("mail: " + one.mail->subject + " | " + one.mail->body);
  }
  return lines;
}

CheckVerdict verdict(std::size_t server, bool up, std::size_t check = 0) {
  return {server, check, up, up ? "=> up <=" : "=> down <="};
}

const std::string kOne = "[10.0.0.2]:tcp:80";
const std::string kTwo = "[10.0.0.3]:tcp:80";
const std::string kVirtual = "[10.0.0.1]:tcp:80";

}  // namespace

TEST_CASE("labels are the original's") {
  auto service = web();
  CHECK(label(service) == kVirtual);
  CHECK(label(service.real_servers[0], service) == kOne);
  service.fwmark = 5;
  CHECK(label(service) == "FWM 5");
  CHECK(label(service.real_servers[0], service) == "[10.0.0.2]:none:80");
}

TEST_CASE("without alpha all servers serve at once and the quorum is gained") {
  Pool pool(web());
  const auto actions = pool.step(Start{});
  CHECK(actions.log_lines == Lines{"Gained quorum 1+0=1 <= 2 for VS " + kVirtual});
  CHECK(told(actions) == Lines{"VS " + kVirtual + " UP"});
  CHECK(table(pool) == Lines{"10.0.0.2*1", "10.0.0.3*1"});
}

TEST_CASE("with alpha nobody serves before a check passed") {
  Pool pool(web(true));
  const auto start = pool.step(Start{});
  CHECK(start == PoolActions{});
  CHECK(pool.seats().empty());
  const auto actions = pool.step(verdict(1, true));
  CHECK(actions.log_lines == Lines{"Adding service " + kTwo + " to VS " + kVirtual,
                                   "Gained quorum 1+0=1 <= 1 for VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.3*1"});
}

TEST_CASE("a first check that finds an alpha server down is told, though nothing changes") {
  Pool pool(web(true));
  pool.step(Start{});
  const auto actions = pool.step(CheckVerdict{0, 0, false, ""});
  CHECK(actions.log_lines.empty());
  CHECK(told(actions) == Lines{"RS " + kOne + " " + kVirtual + " DOWN"});
}

TEST_CASE("a server goes and comes back") {
  Pool pool(web());
  pool.step(Start{});
  const auto down = pool.step(verdict(0, false));
  CHECK(down.log_lines == Lines{"Removing service " + kOne + " from VS " + kVirtual});
  CHECK(told(down) == Lines{"RS " + kOne + " " + kVirtual + " DOWN",
                            "mail: Realserver " + kOne + " of virtual server " + kVirtual +
                                " - DOWN | => down <="});
  CHECK(table(pool) == Lines{"10.0.0.3*1"});
  const auto up = pool.step(verdict(0, true));
  CHECK(up.log_lines == Lines{"Adding service " + kOne + " to VS " + kVirtual});
  CHECK(told(up).front() == "RS " + kOne + " " + kVirtual + " UP");
  CHECK(table(pool) == Lines{"10.0.0.2*1", "10.0.0.3*1"});
}

TEST_CASE("a server needs all of its checks") {
  auto service = web();
  service.real_servers[0].checks.push_back(tcp_check(false, 81));
  Pool pool(service);
  pool.step(Start{});
  CHECK(pool.step(verdict(0, false, 1)).log_lines.size() == 1);
  // The other check changes nothing, but has its mail.
  const auto second = pool.step(verdict(0, false, 0));
  CHECK(second.log_lines.empty());
  CHECK(told(second).size() == 1);
  CHECK(pool.step(verdict(0, true, 1)).log_lines.empty());
  CHECK(table(pool) == Lines{"10.0.0.3*1"});
  CHECK(pool.step(verdict(0, true, 0)).log_lines.size() == 1);
  CHECK(table(pool) == Lines{"10.0.0.2*1", "10.0.0.3*1"});
}

TEST_CASE("with inhibit_on_failure a server stays with weight 0") {
  auto service = web();
  service.real_servers[0].inhibit_on_failure = true;
  Pool pool(service);
  pool.step(Start{});
  CHECK(pool.step(verdict(0, false)).log_lines ==
        Lines{"Disabling service " + kOne + " of VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.2*0", "10.0.0.3*1"});
  CHECK(pool.step(verdict(0, true)).log_lines ==
        Lines{"Enabling service " + kOne + " of VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.2*1", "10.0.0.3*1"});
}

TEST_CASE("the sorry server takes over when the quorum is lost, and hands back") {
  Pool pool(with_sorry());
  pool.step(Start{});
  pool.step(verdict(0, false));
  const auto lost = pool.step(verdict(1, false));
  CHECK(lost.log_lines == Lines{"Removing service " + kTwo + " from VS " + kVirtual,
                                "Lost quorum 1-0=1 > 0 for VS " + kVirtual,
                                "Adding sorry server [10.0.0.9]:tcp:80 to VS " + kVirtual,
                                "Removing alive servers from the pool for VS " + kVirtual});
  // The virtual server's news comes between the real server's and its mail.
  const auto lines = told(lost);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "RS " + kTwo + " " + kVirtual + " DOWN");
  CHECK(lines[1] == "VS " + kVirtual + " DOWN");
  CHECK(table(pool) == Lines{"10.0.0.9*1"});
  const auto gained = pool.step(verdict(0, true));
  CHECK(gained.log_lines == Lines{"Adding service " + kOne + " to VS " + kVirtual,
                                  "Gained quorum 1+0=1 <= 1 for VS " + kVirtual,
                                  "Removing sorry server [10.0.0.9]:tcp:80 from VS " + kVirtual,
                                  "Adding alive servers to the pool for VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.2*1"});
}

TEST_CASE("with alpha the sorry server serves from the start") {
  Pool pool(with_sorry(true));
  CHECK(pool.step(Start{}).log_lines ==
        Lines{"Starting with quorum down 1-0=1 > 0 for VS " + kVirtual,
              "Adding sorry server [10.0.0.9]:tcp:80 to VS " + kVirtual,
              "Removing alive servers from the pool for VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.9*1"});
}

TEST_CASE("quorum and hysteresis count weights") {
  auto service = with_sorry();
  service.quorum = 5;
  service.hysteresis = 1;
  service.real_servers = {real_server("10.0.0.2", 4), real_server("10.0.0.3", 1),
                          real_server("10.0.0.4", 2)};
  Pool pool(service);
  CHECK(pool.step(Start{}).log_lines.front() == "Gained quorum 5+1=6 <= 7 for VS " + kVirtual);
  CHECK(pool.step(verdict(1, false)).log_lines.size() == 1);
  // 4 is not less than 5-1: still up.
  CHECK(pool.step(verdict(2, false)).log_lines.size() == 1);
  CHECK(pool.step(verdict(0, false)).log_lines[1] == "Lost quorum 5-1=4 > 0 for VS " + kVirtual);
  // 5 is less than 5+1: still down, and the table is the sorry server's.
  pool.step(verdict(0, true));
  CHECK(pool.step(verdict(1, true)).log_lines ==
        Lines{"Adding service " + kTwo + " to VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.9*1"});
  pool.step(verdict(2, true));
  CHECK(table(pool) == Lines{"10.0.0.2*4", "10.0.0.3*1", "10.0.0.4*2"});
}

TEST_CASE("a sorry server that inhibits waits in the table with weight 0") {
  auto service = with_sorry();
  service.sorry_server_inhibit = true;
  Pool pool(service);
  pool.step(Start{});
  CHECK(table(pool) == Lines{"10.0.0.2*1", "10.0.0.3*1", "10.0.0.9*0"});
}

TEST_CASE("a real server may be the sorry server too") {
  auto service = with_sorry();
  service.sorry_server->endpoint = service.real_servers[0].endpoint;
  Pool pool(service);
  pool.step(Start{});
  CHECK(table(pool) == Lines{"10.0.0.2*1", "10.0.0.3*1"});
  pool.step(verdict(0, false));
  pool.step(verdict(1, false));
  CHECK(table(pool) == Lines{"10.0.0.2*1"});
}

TEST_CASE("scripts and mail of the quorum") {
  auto service = web();
  service.quorum_up = {{"/bin/up", "a b"}, 5, 6};
  service.smtp_alert = true;
  Pool pool(service);
  const auto actions = pool.step(Start{});
  REQUIRE(actions.notifications.size() == 1);
  const auto& one = actions.notifications.front();
  CHECK(one.object == "VS " + kVirtual);
  CHECK(one.scripts == std::vector<ScriptCommand>{{{"/bin/up", "a b"}, 5, 6}});
  CHECK(one.mail ==
        Mail{"Virtualserver " + kVirtual + " - UP", "=> Starting with quorum up 1+0=1 <= 2 <="});
}

TEST_CASE("no mail about a server that wants none") {
  auto service = web();
  service.real_servers[0].smtp_alert = false;
  Pool pool(service);
  pool.step(Start{});
  CHECK(told(pool.step(verdict(0, false))).size() == 1);
}

TEST_CASE("the stop speaks of every server, but notifies only with omega") {
  for (const bool omega : {false, true}) {
    auto service = web();
    service.omega = omega;
    Pool pool(service);
    pool.step(Start{});
    pool.step(verdict(1, false));
    const auto actions = pool.step(Stop{});
    CHECK(actions.log_lines == Lines{"Shutting down service " + kOne + " from VS " + kVirtual,
                                     "Shutting down service " + kTwo + " from VS " + kVirtual});
    if (!omega) {
      CHECK(actions.notifications.empty());
      continue;
    }
    CHECK(told(actions) == Lines{"RS " + kOne + " " + kVirtual + " DOWN",
                                 "mail: Realserver " + kOne + " of virtual server " + kVirtual +
                                     " - DOWN | => Shutting down <=",
                                 "VS " + kVirtual + " DOWN"});
  }
}

TEST_CASE("a virtual server that is no longer configured") {
  Pool pool(web());
  pool.step(Start{});
  const auto actions = pool.step(Retire{});
  CHECK(actions.log_lines == Lines{"Removing Virtual Server " + kVirtual,
                                   "Removing service " + kOne + " from VS " + kVirtual,
                                   "Removing service " + kTwo + " from VS " + kVirtual});
  CHECK(told(actions).back() == "VS " + kVirtual + " DOWN");
}

TEST_CASE("reload: what is unchanged keeps its state and says nothing") {
  Pool pool(web());
  pool.step(Start{});
  pool.step(verdict(0, false));
  const auto before = pool.state();
  CHECK(pool.step(Reload{web()}) == PoolActions{});
  CHECK(pool.state() == before);
}

TEST_CASE("reload: servers come and go, a dead one is not put back") {
  Pool pool(web());
  pool.step(Start{});
  pool.step(verdict(0, false));
  auto next = web();
  next.real_servers[1] = real_server("10.0.0.4", 3);
  const auto actions = pool.step(Reload{next});
  CHECK(actions.log_lines == Lines{"service " + kTwo + " no longer exist",
                                   "Removing service " + kTwo + " from VS " + kVirtual});
  CHECK(told(actions) == Lines{"RS " + kTwo + " " + kVirtual + " DOWN",
                               "mail: Realserver " + kTwo + " of virtual server " + kVirtual +
                                   " - DOWN | => Removing <="});
  CHECK(table(pool) == Lines{"10.0.0.4*3"});
}

TEST_CASE("reload: a check that only gets another timing keeps its verdict") {
  Pool pool(web());
  pool.step(Start{});
  pool.step(verdict(0, false));
  auto next = web();
  auto& check = next.real_servers[0].checks[0];
  auto changed = std::get<TcpCheck>(check.whole());
  changed.timing.retry = 9;
  check = changed;
  CHECK(pool.step(Reload{next}) == PoolActions{});
  CHECK(table(pool) == Lines{"10.0.0.3*1"});
}

TEST_CASE("reload: without the check that failed the server is back") {
  Pool pool(web());
  pool.step(Start{});
  pool.step(verdict(0, false));
  auto next = web();
  next.real_servers[0].checks.clear();
  CHECK(pool.step(Reload{next}).log_lines ==
        Lines{"Adding service " + kOne + " to VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.2*1", "10.0.0.3*1"});
}

TEST_CASE("reload: weights change, a new quorum is judged at once") {
  Pool pool(web());
  pool.step(Start{});
  auto next = web();
  next.real_servers[0].weight = 8;
  CHECK(pool.step(Reload{next}).log_lines ==
        Lines{"Changing weight from 1 to 8 for active service " + kOne + " of VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.2*8", "10.0.0.3*1"});
  next.quorum = 20;
  CHECK(pool.step(Reload{next}).log_lines ==
        Lines{"Starting with quorum down 20-0=20 > 9 for VS " + kVirtual});
  CHECK(pool.state().quorum_up == false);
}

TEST_CASE("reload: the sorry server goes, the living come back") {
  auto service = with_sorry();
  service.quorum = 2;
  Pool pool(service);
  pool.step(Start{});
  pool.step(verdict(0, false));
  CHECK(table(pool) == Lines{"10.0.0.9*1"});
  auto next = service;
  next.sorry_server.reset();
  CHECK(pool.step(Reload{next}).log_lines ==
        Lines{"Removing sorry server [10.0.0.9]:tcp:80 from VS " + kVirtual,
              "Adding alive servers to the pool for VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.3*1"});
}

TEST_CASE("a respawned process repeats nothing and forgets nothing") {
  Pool first(with_sorry());
  first.step(Start{});
  first.step(verdict(0, false));
  first.step(verdict(1, false));
  Pool second(with_sorry());
  CHECK(second.step(Resume{first.state()}) == PoolActions{});
  CHECK(table(second) == table(first));
  CHECK(second.state() == first.state());

  // It died between the verdict and the notifications.
  auto untold = first.state();
  untold.servers[1].told_alive = true;
  untold.told_up = true;
  Pool third(with_sorry());
  CHECK(told(third.step(Resume{untold})) ==
        Lines{"RS " + kTwo + " " + kVirtual + " DOWN", "VS " + kVirtual + " DOWN"});
}

TEST_CASE("checks are matched by what they ask, each once") {
  const Few<Check> old{tcp_check(false, 80), tcp_check(false, 81)};
  auto slower = std::get<TcpCheck>(tcp_check(false, 80).whole());
  slower.timing.retry = 7;
  CHECK(match_checks(old, {slower, tcp_check(false, 81), tcp_check(false, 81)}) ==
        std::vector<std::ptrdiff_t>{0, 1, -1});
  Check http = HttpCheck{};
  CHECK(match_checks(old, {http}) == std::vector<std::ptrdiff_t>{-1});
}

}  // namespace understudy::checkers
