// Checks in a process that is kept busy past their timeouts while the servers answer in time.
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "tests/support/probe_bench.hpp"
#include "tests/support/scripted_datagram_server.hpp"
#include "tests/support/scripted_server.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;

constexpr auto kTimeout = 20ms;
/// Many timeouts, and more than a server takes on a busy machine.
constexpr auto kBusy = 500ms;

/// One attempt in a process that does something else for a long time between any two turns.
std::optional<ProbeOutcome> late_attempt(const Check& check) {
  ProbeBench bench;
  std::optional<ProbeOutcome> outcome;
  const auto probe = make_probe(bench.host, check, {"[R]:x:1", "[V]:x:1"},
                                [&](const ProbeOutcome& found) { outcome = found; });
  bench.loop.run_once(0ms);  // reads the clock
  probe->start(0);
  constexpr int kMostTurns = 20;
  for (int i = 0; i < kMostTurns && !outcome; ++i) {
    usleep(std::chrono::microseconds(kBusy).count());
    bench.loop.run_once(0ms);
  }
  return outcome;
}

TEST_CASE("a connection that stood in time passes however late it is seen", "[tcp][late]") {
  const Listener listener(16);
  TcpCheck check;
  check.endpoint.destination = listener.endpoint();
  check.timing.connect_timeout = kTimeout;
  CHECK(late_attempt(check) == ProbeOutcome{Result::passed, {}});
}

TEST_CASE("a server that takes no connection fails however late that is seen", "[tcp][late]") {
  const Listener listener(0);
  sockaddr_storage address{};
  const auto length = listener.endpoint().to_sockaddr(address);
  // Its queue is full.
  std::array<Fd, 4> fill;
  for (Fd& fd : fill) {
    fd.reset(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length);
  }
  usleep(50'000);
  TcpCheck check;
  check.endpoint.destination = listener.endpoint();
  check.timing.connect_timeout = kTimeout;
  CHECK(late_attempt(check) == ProbeOutcome{Result::failed, "TCP connection to [R]:x:1 timeout."});
}

TEST_CASE("an answer that came in time passes however late it is read", "[http][late]") {
  ScriptedServer server([](int connection) {
    ScriptedServer::read_request(connection);
    ScriptedServer::send_text(connection, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n");
  });
  HttpCheck check;
  check.endpoint.destination = server.endpoint();
  check.timing.connect_timeout = kTimeout;
  check.timing.delay_loop = GENERATE(10s, 0s);
  check.urls.emplace_back();
  const auto outcome = late_attempt(check);
  REQUIRE(outcome);
  CHECK(outcome->result == Result::passed);
}

TEST_CASE("a server that is silent fails however late that is seen", "[http][late]") {
  ScriptedServer server([&](int connection) {
    ScriptedServer::read_request(connection);
    char octet = 0;
    recv(connection, &octet, 1, 0);
  });
  HttpCheck check;
  check.endpoint.destination = server.endpoint();
  check.timing.connect_timeout = kTimeout;
  check.timing.delay_loop = 10s;
  check.urls.emplace_back();
  const auto outcome = late_attempt(check);
  REQUIRE(outcome);
  CHECK(outcome->result == Result::failed);
}

TEST_CASE("a datagram that came in time passes however late it is read", "[udp][late]") {
  const bool answers = GENERATE(true, false);
  ScriptedDatagramServer server([&](const Bytes&) {
    return answers ? std::vector<Bytes>{Bytes(3, 7)} : std::vector<Bytes>{};
  });
  UdpCheck check;
  check.endpoint.destination = server.endpoint();
  check.timing.connect_timeout = kTimeout;
  check.require_reply = true;
  const auto outcome = late_attempt(check);
  REQUIRE(outcome);
  CHECK(outcome->result == (answers ? Result::passed : Result::failed));
}

}  // namespace
}  // namespace understudy::checkers
