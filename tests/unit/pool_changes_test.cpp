// What changes a server's weight or takes time, in the original's words where it has them.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "checkers/pool.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

constexpr TimePoint kStart{1000s};

Endpoint endpoint(const std::string& address) { return {*IpAddress::parse(address), Port(80)}; }

MiscCheck misc_check(const std::string& script = "/bin/check") {
  MiscCheck check;
  check.script.argv = {script};
  check.dynamic = true;
  return check;
}

RealServer real_server(const std::string& address, int weight = 1) {
  RealServer server;
  server.endpoint = endpoint(address);
  server.weight = weight;
  server.checks = {misc_check()};
  return server;
}

VirtualServer web() {
  VirtualServer service;
  service.endpoint = endpoint("10.0.0.1");
  service.real_servers = {real_server("10.0.0.2"), real_server("10.0.0.3")};
  return service;
}

/// "10.0.0.2*3": who is in the table with which weight; "~" marks one that leaves.
Lines table(const Pool& pool) {
  Lines seats;
  for (const auto& seat : pool.seats()) {
    seats.push_back(seat.endpoint.address.to_string() + "*" + std::to_string(seat.weight) +
                    (seat.draining ? "~" : ""));
  }
  return seats;
}

Lines told(const PoolActions& actions) {
  Lines lines;
  for (const auto& one : actions.notifications) {
    if (!one.fifo_line.empty()) lines.push_back(one.fifo_line);
    if (one.mail) lines.push_back("mail: " + one.mail->body);
  }
  return lines;
}

const std::string kOne = "[10.0.0.2]:tcp:80";
const std::string kTwo = "[10.0.0.3]:tcp:80";
const std::string kVirtual = "[10.0.0.1]:tcp:80";

std::string changing(int from, int to, const std::string& active = "active") {
  return "Changing weight from " + std::to_string(from) + " to " + std::to_string(to) + " for " +
         active + " service " + kOne + " of VS " + kVirtual;
}

}  // namespace

TEST_CASE("what a weight word makes of the configured weight", "[pool]") {
  CHECK(WeightWord().addition(7) == 0);
  CHECK(WeightWord::add(-9).addition(7) == -9);
  CHECK(WeightWord::set(8).addition(1) == 7);
  CHECK(WeightWord::percent(75).addition(8) == -2);
  // A share of it is not nothing.
  CHECK(WeightWord::percent(10).addition(1) == 0);
  CHECK(WeightWord::percent(0).addition(5) == -5);
}

TEST_CASE("a check's word changes the weight and is counted by the quorum", "[pool]") {
  auto service = web();
  service.quorum = 9;
  service.hysteresis = 0;
  Pool pool(service);
  pool.step(Start{});
  const auto more = pool.step(CheckWeight{0, 0, WeightWord::set(8)});
  CHECK(more.log_lines == Lines{changing(1, 8), "Gained quorum 9+0=9 <= 9 for VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.2*8", "10.0.0.3*1"});
  CHECK(pool.step(CheckWeight{0, 0, WeightWord::set(8)}) == PoolActions{});
  const auto less = pool.step(CheckWeight{0, 0, WeightWord()});
  CHECK(less.log_lines == Lines{changing(8, 1), "Lost quorum 9-0=9 > 2 for VS " + kVirtual});
}

TEST_CASE("weights of several checks add up, and are never below 0", "[pool]") {
  auto service = web();
  service.real_servers[0].checks = {misc_check("/bin/a"), FileCheck{"load", 1, false}};
  Pool pool(service);
  pool.step(Start{{{0, 1, {WeightWord::add(3), true, Duty::serve}}}});
  CHECK(table(pool) == Lines{"10.0.0.2*4", "10.0.0.3*1"});
  CHECK(pool.step(CheckWeight{0, 0, WeightWord::set(5)}).log_lines == Lines{changing(4, 8)});
  CHECK(pool.step(CheckWeight{0, 1, WeightWord::add(-20)}).log_lines == Lines{changing(8, 0)});
  CHECK(pool.step(CheckWeight{0, 1, WeightWord::add(-30)}) == PoolActions{});
  CHECK(table(pool).front() == "10.0.0.2*0");
}

TEST_CASE("a check that fails says nothing of the weight any more", "[pool]") {
  Pool pool(web());
  pool.step(Start{});
  pool.step(CheckWeight{0, 0, WeightWord::set(8)});
  CHECK(pool.step(CheckVerdict{0, 0, false, {}}).log_lines ==
        Lines{"Removing service " + kOne + " from VS " + kVirtual});
  CHECK(pool.step(CheckWeight{0, 0, WeightWord::set(8)}).log_lines ==
        Lines{changing(1, 8, "inactive")});
  CHECK(pool.step(CheckVerdict{0, 0, true, {}}).log_lines ==
        Lines{"Adding service " + kOne + " to VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.2*8", "10.0.0.3*1"});
}

TEST_CASE("reload: a weight a script set stays, one it added to moves along", "[pool]") {
  auto service = web();
  service.real_servers[1].checks = {FileCheck{"load", 1, false}};
  Pool pool(service);
  pool.step(Start{{{1, 0, {WeightWord::add(2), true, Duty::serve}}}});
  pool.step(CheckWeight{0, 0, WeightWord::set(8)});
  auto next = service;
  next.real_servers[0].weight = 5;
  next.real_servers[1].weight = 5;
  const auto actions = pool.step(Reload{next, {{1, 0, {WeightWord::add(3), true, Duty::serve}}}});
  CHECK(actions.log_lines ==
        Lines{"Changing weight from 3 to 8 for active service " + kTwo + " of VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.2*8", "10.0.0.3*8"});
}

TEST_CASE("a file that forbids a server keeps it out from the start", "[pool]") {
  auto service = web();
  service.real_servers[0].checks = {FileCheck{"load", 0, false}};
  Pool pool(service);
  const auto start = pool.step(Start{{{0, 0, {{}, false, Duty::serve}}}});
  CHECK(start.log_lines == Lines{"Gained quorum 1+0=1 <= 1 for VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.3*1"});
}

TEST_CASE("a BFD session that is not up counts against its server with alpha", "[pool]") {
  auto service = web();
  service.real_servers[0].checks = {BfdCheck{"b", true}};
  service.real_servers[1].checks = {BfdCheck{"b", false}};
  Pool pool(service);
  pool.step(Start{});
  CHECK(table(pool) == Lines{"10.0.0.3*1"});
}

TEST_CASE("an agent drains a server and puts it under maintenance", "[pool]") {
  Pool pool(web());
  pool.step(Start{});
  pool.step(CheckWeight{0, 0, WeightWord::set(8)});
  CHECK(pool.step(CheckDuty{0, 0, Duty::drain}).log_lines == Lines{changing(8, 0)});
  CHECK(table(pool) == Lines{"10.0.0.2*0", "10.0.0.3*1"});
  const auto out = pool.step(CheckDuty{0, 0, Duty::maintain});
  CHECK(out.log_lines == Lines{"Removing service " + kOne + " from VS " + kVirtual});
  CHECK(told(out) == Lines{"RS " + kOne + " " + kVirtual + " DOWN"});
  CHECK(table(pool) == Lines{"10.0.0.3*1"});
  const auto back = pool.step(CheckDuty{0, 0, Duty::serve});
  CHECK(back.log_lines == Lines{"Adding service " + kOne + " to VS " + kVirtual});
  CHECK(table(pool) == Lines{"10.0.0.2*8", "10.0.0.3*1"});
}

TEST_CASE("a sorry server does not cut off who is being drained", "[pool]") {
  auto service = web();
  service.sorry_server = RealServer();
  service.sorry_server->endpoint = endpoint("10.0.0.9");
  Pool pool(service);
  pool.step(Start{});
  pool.step(CheckDuty{0, 0, Duty::drain});
  pool.step(CheckDuty{1, 0, Duty::drain});
  CHECK(table(pool) == Lines{"10.0.0.2*0", "10.0.0.3*0", "10.0.0.9*1"});
}

TEST_CASE("slow_start: the weight of a server that comes back grows", "[pool]") {
  auto service = web();
  service.real_servers[0].weight = 100;
  service.real_servers[0].slow_start = 40;
  Pool pool(service);
  pool.step(Start{}, kStart);
  // At the start of the daemon nothing comes back.
  CHECK(table(pool).front() == "10.0.0.2*100");
  CHECK_FALSE(pool.deadline());
  pool.step(CheckVerdict{0, 0, false, {}}, kStart + 1s);
  pool.step(CheckVerdict{0, 0, true, {}}, kStart + 10s);
  CHECK(table(pool).front() == "10.0.0.2*1");
  CHECK(pool.deadline() == kStart + 12s);
  CHECK(pool.step(Tick{}, kStart + 12s) == PoolActions{});
  CHECK(table(pool).front() == "10.0.0.2*5");
  pool.step(Tick{}, kStart + 49s);
  CHECK(table(pool).front() == "10.0.0.2*95");
  CHECK(pool.deadline() == kStart + 50s);
  pool.step(Tick{}, kStart + 50s);
  CHECK(table(pool).front() == "10.0.0.2*100");
  CHECK_FALSE(pool.deadline());
}

TEST_CASE("the quorum counts what a weight will have grown to", "[pool]") {
  auto service = web();
  service.quorum = 2;
  service.real_servers[0].slow_start = 40;
  Pool pool(service);
  pool.step(Start{}, kStart);
  pool.step(CheckVerdict{0, 0, false, {}}, kStart);
  CHECK_FALSE(pool.state().quorum_up);
  pool.step(CheckVerdict{0, 0, true, {}}, kStart);
  CHECK(pool.state().quorum_up);
}

TEST_CASE("drain: a server that is no longer configured keeps its connections", "[pool]") {
  auto service = web();
  service.real_servers[0].drain = 30;
  Pool pool(service);
  pool.step(Start{}, kStart);
  auto next = service;
  next.real_servers.erase(next.real_servers.begin());
  const auto gone = pool.step(Reload{next}, kStart);
  CHECK(gone.log_lines ==
        Lines{"service " + kOne + " no longer exist",
              "Draining service " + kOne + " of VS " + kVirtual + " for at most 30 seconds"});
  CHECK(told(gone) == Lines{"RS " + kOne + " " + kVirtual + " DOWN", "mail: => Removing <="});
  CHECK(table(pool) == Lines{"10.0.0.3*1", "10.0.0.2*0~"});
  CHECK(pool.deadline() == kStart + 30s);

  Pool successor(next);
  successor.step(Resume{pool.state()}, kStart + 1s);
  CHECK(table(successor) == table(pool));

  SECTION("until they have ended") {
    CHECK(pool.step(Drained{endpoint("10.0.0.2")}, kStart + 5s).log_lines ==
          Lines{"Removing service " + kOne + " from VS " + kVirtual +
                ": it has no connections any more"});
    CHECK(table(pool) == Lines{"10.0.0.3*1"});
    CHECK_FALSE(pool.deadline());
  }
  SECTION("or its time is over") {
    CHECK(
        pool.step(Tick{}, kStart + 30s).log_lines ==
        Lines{"Removing service " + kOne + " from VS " + kVirtual + ": its time to drain is over"});
    CHECK(table(pool) == Lines{"10.0.0.3*1"});
  }
  SECTION("or it is configured again") {
    pool.step(Reload{service}, kStart + 5s);
    CHECK(table(pool) == Lines{"10.0.0.2*1", "10.0.0.3*1"});
    CHECK_FALSE(pool.deadline());
  }
}

TEST_CASE("drain: by a file or an agent in good order, by a failure at once", "[pool]") {
  auto service = web();
  service.real_servers[0].drain = 30;
  service.real_servers[0].checks = {misc_check(), FileCheck{"load", 0, false}};
  Pool pool(service);
  pool.step(Start{}, kStart);
  CHECK(pool.step(CheckVerdict{0, 1, false, {}}, kStart).log_lines ==
        Lines{"Draining service " + kOne + " of VS " + kVirtual + " for at most 30 seconds"});
  CHECK(table(pool) == Lines{"10.0.0.2*0~", "10.0.0.3*1"});
  pool.step(CheckVerdict{0, 1, true, {}}, kStart + 1s);
  CHECK(table(pool) == Lines{"10.0.0.2*1", "10.0.0.3*1"});
  pool.step(CheckDuty{0, 0, Duty::maintain}, kStart + 2s);
  CHECK(pool.deadline() == kStart + 32s);
  pool.step(CheckDuty{0, 0, Duty::serve}, kStart + 3s);
  pool.step(CheckVerdict{0, 0, false, {}}, kStart + 4s);
  CHECK(table(pool) == Lines{"10.0.0.3*1"});
}

TEST_CASE("rs_init_notifies and no_checker_emails", "[pool]") {
  auto service = web();
  service.real_servers[0].checks = {misc_check("/bin/a"), misc_check("/bin/b")};
  Pool pool(service, {true, true});
  CHECK(told(pool.step(Start{})) == Lines{"RS " + kOne + " " + kVirtual + " UP",
                                          "RS " + kTwo + " " + kVirtual + " UP",
                                          "VS " + kVirtual + " UP"});
  CHECK(told(pool.step(CheckVerdict{0, 0, false, "=> a <="})).size() == 2);
  CHECK(told(pool.step(CheckVerdict{0, 1, false, "=> b <="})).empty());
  pool.set_manner({});
  CHECK(told(pool.step(CheckVerdict{0, 1, true, "=> b <="})) == Lines{"mail: => b <="});
}

TEST_CASE("an agent's weight outlives its server's failure, a script's does not", "[pool]") {
  const bool agent = GENERATE(true, false);
  VirtualServer service = web();
  if (agent) service.real_servers[0].checks = {AgentCheck{}};
  Pool pool(service);
  pool.step(Start{});
  pool.step(CheckWeight{0, 0, WeightWord::set(7)});
  CHECK(table(pool) == Lines{"10.0.0.2*7", "10.0.0.3*1"});
  pool.step(CheckVerdict{0, 0, false, ""});
  pool.step(CheckVerdict{0, 0, true, ""});
  CHECK(table(pool) == Lines{agent ? "10.0.0.2*7" : "10.0.0.2*1", "10.0.0.3*1"});
}

}  // namespace understudy::checkers
