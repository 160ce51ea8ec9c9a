// UDP_CHECK against servers on loopback.
#include "checkers/udp.hpp"

#include <catch2/catch.hpp>
#include <string_view>

#include "tests/support/hexadecimal.hpp"
#include "tests/support/lone_monitor.hpp"
#include "tests/support/probe_bench.hpp"
#include "tests/support/scripted_datagram_server.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;
using Answers = std::vector<Bytes>;

UdpCheck check_of(const Endpoint& destination, std::chrono::microseconds timeout = 3s) {
  UdpCheck check;
  check.endpoint.destination = destination;
  check.timing.connect_timeout = timeout;
  return check;
}

const ProbeOutcome kFailed{Result::failed, "UDP connection to [R]:x:1 failed."};
const ProbeOutcome kMismatch{Result::failed, "UDP check to [R]:x:1 reply data mismatch."};

TEST_CASE("nobody refuses the datagram: passed when the time is over", "[udp]") {
  ProbeBench bench;
  ScriptedDatagramServer server([](const Bytes&) { return Answers{}; });
  CHECK(bench.attempt(check_of(server.endpoint(), 100ms)) == ProbeOutcome{});
  const auto received = server.received();
  REQUIRE(received.size() == 1);
  constexpr std::string_view kSent = "keepalived check - keepalived ch";
  CHECK(received[0].second == Bytes(kSent.begin(), kSent.end()));
}

TEST_CASE("a port where nobody is", "[udp]") {
  ProbeBench bench;
  UdpCheck check = check_of(closed_datagram_port());
  check.require_reply = GENERATE(false, true);
  CHECK(bench.attempt(check) == kFailed);
}

TEST_CASE("any answer passes at once unless one is described", "[udp]") {
  ProbeBench bench;
  ScriptedDatagramServer server([](const Bytes&) { return Answers{Bytes(300, 7)}; });
  UdpCheck check = check_of(server.endpoint(), 3s);
  check.require_reply = GENERATE(false, true);
  CHECK(bench.attempt(check) == ProbeOutcome{});
}

TEST_CASE("an answer that must come and does not", "[udp]") {
  ProbeBench bench;
  ScriptedDatagramServer server([](const Bytes&) { return Answers{}; });
  UdpCheck check = check_of(server.endpoint(), 100ms);
  check.require_reply = true;
  CHECK(bench.attempt(check) == kFailed);
}

TEST_CASE("payload and pattern over the wire", "[udp]") {
  ProbeBench bench;
  ScriptedDatagramServer server([](const Bytes& datagram) {
    Bytes answer{0xaa, 0x12};
    answer.insert(answer.end(), datagram.begin(), datagram.end());
    return Answers{answer};
  });
  UdpCheck check = check_of(server.endpoint());
  check.payload = from_hexadecimal("00ff10");
  check.require_reply = true;
  check.reply = from_hexadecimal("aa0200ff");
  CHECK(bench.attempt(check) == kMismatch);
  check.reply_mask = from_hexadecimal("00f00000");
  CHECK(bench.attempt(check) == ProbeOutcome{});
  CHECK(server.received().at(0).second == check.payload);
}

struct Reply {
  const char* received;
  bool wanted;
};

TEST_CASE("patterns, masks and lengths", "[udp]") {
  UdpCheck check;
  check.require_reply = true;
  check.reply = from_hexadecimal("0a1b2c");
  check.reply_mask = from_hexadecimal("00f00f");
  // As the original: what is shorter than the pattern must match as far as it goes.
  const auto reply =
      GENERATE(Reply{"0a1b2c", true}, Reply{"0aeb2f", true}, Reply{"0a1c2c", false},
               Reply{"0b1b2c", false}, Reply{"0a1b3c", false}, Reply{"0a1b2cffff", true},
               Reply{"0a", true}, Reply{"0b", false}, Reply{"", true});
  CAPTURE(reply.received);
  CHECK(is_wanted_reply(from_hexadecimal(reply.received), check) == reply.wanted);
}

TEST_CASE("limits of an answer's length", "[udp]") {
  UdpCheck check;
  check.require_reply = true;
  const auto wanted = [&check](std::size_t length) {
    return is_wanted_reply(Bytes(length, 1), check);
  };
  SECTION("the default maximum is one for patterns only") {
    CHECK(wanted(256));
    check.reply = {1};
    CHECK(wanted(255));
    CHECK_FALSE(wanted(256));
  }
  SECTION("given ones count always") {
    check.min_reply_length = 3;
    check.max_reply_length = 5;
    CHECK_FALSE(wanted(2));
    CHECK(wanted(3));
    CHECK(wanted(5));
    CHECK_FALSE(wanted(6));
  }
}

TEST_CASE("an answer of the largest size is taken whole", "[udp]") {
  ProbeBench bench;
  constexpr std::size_t kLargest = 65507;
  ScriptedDatagramServer server([](const Bytes&) { return Answers{Bytes(kLargest, 1)}; });
  UdpCheck check = check_of(server.endpoint());
  check.require_reply = true;
  check.min_reply_length = kLargest;
  check.max_reply_length = kLargest;
  CHECK(bench.attempt(check) == ProbeOutcome{});
}

TEST_CASE("a monitor's words about a UDP service", "[udp][monitor]") {
  ProbeBench bench;
  std::atomic<bool> silent{false};
  ScriptedDatagramServer server(
      [&](const Bytes&) { return silent ? Answers{} : Answers{Bytes{1}}; });
  UdpCheck check = check_of(server.endpoint(), 50ms);
  check.require_reply = true;
  check.timing.delay_loop = check.timing.delay_before_retry = 10ms;
  check.timing.log_all_failures = true;
  std::vector<std::string> mails;
  test::LoneMonitor monitor(bench.host, Check(check), "[R]:udp:9", "[V]:udp:9",
                            [&](const CheckNews& news) { mails.push_back(news.mail_reason); });
  monitor.start(bench.loop.now());
  bench.run_until([&] { return monitor.has_run(); }, 3s);
  silent = true;
  bench.run_until([&] { return !monitor.up(); }, 3s);
  silent = false;
  bench.run_until([&] { return monitor.up(); }, 3s);
  monitor.stop();
  CHECK(mails == std::vector<std::string>{"=> UDP CHECK failed on service <=",
                                          "=> UDP CHECK succeed on service <="});
  CHECK(bench.logged() ==
        std::vector<std::string>{"Activating healthchecker for service [R]:udp:9 for VS [V]:udp:9",
                                 "UDP connection to [R]:udp:9 success.",
                                 "UDP connection to [R]:udp:9 failed.",
                                 "UDP connection to [R]:udp:9 failed.",
                                 "UDP_CHECK on service [R]:udp:9 failed after 1 retries.",
                                 "UDP connection to [R]:udp:9 success."});
}

}  // namespace
}  // namespace understudy::checkers
