// TCP_CHECK against listeners on loopback, and thousands of them at once.
#include "checkers/tcp.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <list>
#include <optional>
#include <vector>

#include "checkers/monitor.hpp"
#include "tests/support/check_bench.hpp"
#include "tests/support/lone_monitor.hpp"
#include "tests/support/scripted_server.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;

struct TcpBench : Bench {
  std::optional<ProbeOutcome> attempt(const TcpCheck& check, Duration patience = 3s) {
    std::optional<ProbeOutcome> outcome;
    TcpProbe probe(loop, log, check, "[R]:tcp:21", [&](const ProbeOutcome& o) { outcome = o; });
    probe.start(0);
    CHECK_FALSE(outcome);
    run_until([&] { return outcome.has_value(); }, patience);
    return outcome;
  }
};

TcpCheck check_of(const Endpoint& destination, std::chrono::microseconds timeout = 500ms) {
  TcpCheck check;
  check.endpoint.destination = destination;
  check.timing.connect_timeout = timeout;
  return check;
}

/// A listener whose queue is full: the kernel drops what else asks for a connection, like a host
/// that is switched off.
class BlackHole {
 public:
  BlackHole() : listener_(0) {
    sockaddr_storage address{};
    const auto length = listener_.endpoint().to_sockaddr(address);
    for (Fd& fd : fill_) {
      fd.reset(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length);
    }
    // The kernel queues connections in its own time.
    usleep(50'000);
  }
  [[nodiscard]] Endpoint endpoint() const { return listener_.endpoint(); }

 private:
  Listener listener_;
  std::array<Fd, 4> fill_;
};

TEST_CASE("a listening port passes", "[tcp]") {
  TcpBench bench;
  const Listener listener(16);
  const auto outcome = bench.attempt(check_of(listener.endpoint()));
  REQUIRE(outcome);
  CHECK(*outcome == ProbeOutcome{Result::passed, {}});
}

TEST_CASE("a closed port fails at once", "[tcp]") {
  TcpBench bench;
  const auto start = Clock::now();
  const auto outcome = bench.attempt(check_of(closed_port(), 3s));
  REQUIRE(outcome);
  CHECK(outcome->result == Result::failed);
  CHECK(Clock::now() - start < 1s);
}

TEST_CASE("a server that does not answer times out when it should", "[tcp]") {
  TcpBench bench;
  const BlackHole hole;
  bench.loop.run_once(0ms);  // reads the clock
  const auto start = Clock::now();
  const auto outcome = bench.attempt(check_of(hole.endpoint(), 200ms));
  REQUIRE(outcome);
  CHECK(*outcome == ProbeOutcome{Result::failed, "TCP connection to [R]:tcp:21 timeout."});
  CHECK(Clock::now() - start >= 200ms);
  CHECK(Clock::now() - start < 1s);
}

TEST_CASE("what is wrong on this host is not held against the server", "[tcp]") {
  TcpBench bench;
  TcpCheck check = check_of(closed_port());
  SECTION("a source address that is not ours") {
    check.endpoint.source.address = *IpAddress::parse("192.0.2.1");
    const auto outcome = bench.attempt(check);
    REQUIRE(outcome);
    CHECK(*outcome == ProbeOutcome{Result::not_made, "TCP socket bind failed. Rescheduling."});
    CHECK(bench.logged() ==
          std::vector<std::string>{"Checker bind failed: Cannot assign requested address"});
  }
  SECTION("an interface that does not exist") {
    check.endpoint.interface = "nosuch0";
    const auto outcome = bench.attempt(check);
    REQUIRE(outcome);
    CHECK(outcome->result == Result::not_made);
    CHECK(bench.logged().at(0).find("Checker can't bind to device nosuch0: ") == 0);
  }
}

TEST_CASE("bindto and bind_port are what the server sees, time after time", "[tcp]") {
  TcpBench bench;
  const Listener listener(16);
  TcpCheck check = check_of(listener.endpoint());
  check.endpoint.source.address = *IpAddress::parse("127.0.0.7");
  std::uint16_t port = 0;
  SECTION("address alone") {}
  SECTION("address and port") {
    port = Listener(1).port();
    check.endpoint.source.port = Port(port);
  }
  for (int i = 0; i < 2; ++i) {
    const auto outcome = bench.attempt(check);
    REQUIRE(outcome);
    // The second time finds the port of the first in TIME_WAIT; a kernel that does not yet reuse it
    // says so, which counts against nobody.
    if (i > 0 && port != 0 && outcome->result == Result::not_made) break;
    REQUIRE(outcome->result == Result::passed);
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    const Fd accepted(accept(listener.fd(), reinterpret_cast<sockaddr*>(&peer), &length));
    const auto from = Endpoint::from_sockaddr(peer);
    CHECK(from.address.to_string() == "127.0.0.7");
    if (port != 0) CHECK(from.port.value() == port);
  }
}

TEST_CASE("a cancelled attempt reports nothing", "[tcp]") {
  TcpBench bench;
  const Listener listener(16);
  int reports = 0;
  TcpProbe probe(bench.loop, bench.log, check_of(listener.endpoint(), 100ms), "[R]:tcp:21",
                 [&](const ProbeOutcome&) { ++reports; });
  probe.start(0);
  probe.cancel();
  bench.run_until([] { return false; }, 200ms);
  CHECK(reports == 0);
  probe.start(0);
  bench.run_until([&] { return reports > 0; }, 1s);
  CHECK(reports == 1);
}

TEST_CASE("a monitor tells of a server that dies and returns", "[tcp][monitor]") {
  TcpBench bench;
  auto server = std::make_unique<Listener>(64);
  TcpCheck check = check_of(server->endpoint());
  check.timing.delay_loop = 20ms;
  check.timing.delay_before_retry = 10ms;
  check.timing.retry = 2;
  std::vector<std::pair<bool, std::string>> told;
  const ProbeHost host{bench.loop, bench.log, nullptr};
  test::LoneMonitor monitor(
      host, Check(check), "[R]:tcp:21", "[V]:tcp:21",
      [&](const CheckNews& news) { told.emplace_back(news.up.value(), news.mail_reason); });
  monitor.start(bench.loop.now());
  bench.run_until([&] { return monitor.has_run(); }, 2s);
  const std::uint16_t port = server->port();
  server.reset();
  bench.run_until([&] { return !monitor.up(); }, 2s);
  const Fd again(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(again.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_storage address{};
  const auto length = Endpoint{*IpAddress::parse("127.0.0.1"), Port(port)}.to_sockaddr(address);
  REQUIRE(bind(again.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  REQUIRE(listen(again.get(), 64) == 0);
  bench.run_until([&] { return monitor.up(); }, 2s);
  monitor.stop();
  CHECK(told ==
        std::vector<std::pair<bool, std::string>>{{false, "=> TCP CHECK failed on service <="},
                                                  {true, "=> TCP CHECK succeed on service <="}});
  CHECK(bench.logged() == std::vector<std::string>{
                              "Activating healthchecker for service [R]:tcp:21 for VS [V]:tcp:21",
                              "TCP connection to [R]:tcp:21 success.",
                              "TCP_CHECK on service [R]:tcp:21 failed after 2 retries.",
                              "TCP connection to [R]:tcp:21 success."});
}

TEST_CASE("5,000 checks in flight do not disturb each other", "[tcp][monitor]") {
  constexpr int kServers = 4;
  constexpr int kChecks = 5000;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &files) == 0);
  REQUIRE(files.rlim_cur >= 2 * kChecks);
  TcpBench bench;
  std::list<ScriptedServer> servers;
  for (int i = 0; i < kServers; ++i) servers.emplace_back([](int) {}, 4096);
  const BlackHole hole;
  const Endpoint closed = closed_port();

  struct Subject {
    bool good = true;
    std::optional<bool> told;
    std::unique_ptr<test::LoneMonitor> monitor;
  };
  const ProbeHost host{bench.loop, bench.log, nullptr};
  std::vector<Subject> subjects(kChecks);
  int down = 0;
  auto server = servers.begin();
  for (int i = 0; i < kChecks; ++i) {
    Subject& subject = subjects[static_cast<std::size_t>(i)];
    // One in ten answers never, one in ten refuses.
    subject.good = i % 10 > 1;
    TcpCheck check = check_of(i % 10 == 0   ? hole.endpoint()
                              : i % 10 == 1 ? closed
                                            : server->endpoint(),
                              5s);
    check.timing.delay_loop = 1h;
    if (++server == servers.end()) server = servers.begin();
    subject.monitor = std::make_unique<test::LoneMonitor>(
        host, Check(check), "[R]:tcp:1", "[V]:tcp:1", [&subject, &down](const CheckNews& news) {
          subject.told = news.up;
          ++down;
        });
  }
  const auto start = Clock::now();
  bench.loop.take_worst_lateness();
  for (Subject& subject : subjects) subject.monitor->start(start + 1ms);
  const auto healthy_have_run = [&] {
    return std::all_of(subjects.begin(), subjects.end(),
                       [](const Subject& s) { return !s.good || s.monitor->has_run(); });
  };
  bench.run_until(healthy_have_run, 4s);
  const auto healthy_after = Clock::now() - start;
  CHECK(healthy_have_run());
  // The black holes are still being waited for: nobody waited with them.
  CHECK(down == kChecks / 10);
  CHECK(healthy_after < 4s);
  bench.run_until([&] { return down == kChecks / 5; }, 10s);
  for (const Subject& subject : subjects) {
    CHECK(subject.monitor->up() == subject.good);
    CHECK(subject.told.has_value() != subject.good);
  }
}

}  // namespace
}  // namespace understudy::checkers
