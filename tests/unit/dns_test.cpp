// DNS_CHECK against servers on loopback, honest and lying.
#include "checkers/dns.hpp"

#include <catch2/catch.hpp>

#include "tests/support/lone_monitor.hpp"
#include "tests/support/probe_bench.hpp"
#include "tests/support/scripted_datagram_server.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;
using Answers = std::vector<Bytes>;

DnsCheck check_of(const Endpoint& destination, std::chrono::microseconds timeout = 3s) {
  DnsCheck check;
  check.endpoint.destination = destination;
  check.timing.connect_timeout = timeout;
  check.name = "example.org";
  check.type = DnsType::a;
  return check;
}

/// The query as its answer without records, with the second half of the flags given.
Bytes answer_to(const Bytes& query, std::uint8_t code = 0) {
  Bytes answer = query;
  answer.at(2) |= 0x80U;
  answer.at(3) = code;
  return answer;
}

ProbeOutcome failure(const std::string& words) {
  return {Result::failed, "DNS_CHECK ([R]:x:1) " + words};
}

TEST_CASE("a name server that answers passes", "[dns]") {
  ProbeBench bench;
  ScriptedDatagramServer server([](const Bytes& query) { return Answers{answer_to(query)}; });
  CHECK(bench.attempt(check_of(server.endpoint())) == ProbeOutcome{});
  const auto received = server.received();
  REQUIRE(received.size() == 1);
  const Bytes& query = received[0].second;
  const auto id = static_cast<std::uint16_t>(query.at(0) << 8U | query.at(1));
  CHECK(query == encode_query(id, "example.org", DnsType::a));
}

TEST_CASE("the server's complaint is named", "[dns]") {
  ProbeBench bench;
  ScriptedDatagramServer server([](const Bytes& query) { return Answers{answer_to(query, 2)}; });
  CHECK(bench.attempt(check_of(server.endpoint())) == failure("read error occurred. (rcode = 2)"));
}

TEST_CASE("a name server that is not there", "[dns]") {
  ProbeBench bench;
  Endpoint nobody = closed_datagram_port();
  nobody.address = *IpAddress::parse(GENERATE("127.0.0.1", "::1"));
  CHECK(bench.attempt(check_of(nobody)) ==
        failure("failed to read socket; errno 111 (Connection refused)"));
}

TEST_CASE("servers without an answer run into the timeout", "[dns]") {
  ProbeBench bench;
  ScriptedDatagramServer server([](const Bytes& query) {
    Bytes other_number = answer_to(query);
    other_number.at(0) ^= 0x55U;
    Bytes other_question = answer_to(query);
    other_question.at(14) ^= 0x01U;
    // Silence would do; these are lies.
    return Answers{query, {}, Bytes(11, 0), other_number, other_question};
  });
  CHECK(bench.attempt(check_of(server.endpoint(), 200ms)) == failure("read timeout from socket"));
}

TEST_CASE("a flood of lies neither ends the check nor hides the truth", "[dns]") {
  ProbeBench bench;
  const bool honest = GENERATE(false, true);
  ScriptedDatagramServer server([honest](const Bytes& query) {
    Bytes lie = answer_to(query);
    lie.at(1) ^= 0x01U;
    Answers answers(100, lie);
    if (honest) answers.push_back(answer_to(query));
    return answers;
  });
  const auto outcome = bench.attempt(check_of(server.endpoint(), honest ? 3s : 200ms));
  CHECK(outcome == (honest ? ProbeOutcome{} : failure("read timeout from socket")));
}

TEST_CASE("an answer that is cut off fails at once", "[dns]") {
  ProbeBench bench;
  ScriptedDatagramServer server([](const Bytes& query) {
    Bytes answer = answer_to(query);
    answer.pop_back();
    return Answers{answer};
  });
  CHECK(bench.attempt(check_of(server.endpoint())) ==
        failure("read error occurred. (malformed answer)"));
}

TEST_CASE("the query comes from where it should", "[dns]") {
  ProbeBench bench;
  ScriptedDatagramServer server([](const Bytes& query) { return Answers{answer_to(query)}; });
  DnsCheck check = check_of(server.endpoint());
  check.endpoint.source.address = *IpAddress::parse("127.0.0.9");
  check.endpoint.source.port = closed_datagram_port().port;
  for (int i = 0; i < 2; ++i) REQUIRE(bench.attempt(check) == ProbeOutcome{});
  for (const auto& [from, query] : server.received()) CHECK(from == check.endpoint.source);
  CHECK(server.received().at(0).second != server.received().at(1).second);
}

TEST_CASE("what this host refuses counts against no name server", "[dns]") {
  ProbeBench bench;
  DnsCheck check = check_of({*IpAddress::parse("127.0.0.1"), Port(53)});
  std::string said;
  SECTION("an address that is not ours") {
    check.endpoint.source.address = *IpAddress::parse("192.0.2.1");
    said = "Checker bind failed: Cannot assign requested address";
  }
  SECTION("an interface there is not") {
    check.endpoint.interface = "nosuch0";
    said = "Checker can't bind to device nosuch0: No such device";
  }
  CHECK(
      bench.attempt(check) ==
      ProbeOutcome{Result::not_made, "DNS_CHECK ([R]:x:1) UDP socket bind failed. Rescheduling."});
  CHECK(bench.logged() == std::vector{said});
}

TEST_CASE("a cancelled query reports nothing", "[dns]") {
  ProbeBench bench;
  ScriptedDatagramServer server([](const Bytes& query) { return Answers{answer_to(query)}; });
  int reports = 0;
  const auto probe = make_probe(bench.host, check_of(server.endpoint()), {"[R]", "[V]"},
                                [&](const ProbeOutcome&) { ++reports; });
  probe->start(0);
  probe->cancel();
  bench.run_until([] { return false; }, 100ms);
  CHECK(reports == 0);
  probe->start(0);
  bench.run_until([&] { return reports > 0; }, 3s);
  CHECK(reports == 1);
}

TEST_CASE("a monitor's words about a name server", "[dns][monitor]") {
  ProbeBench bench;
  std::atomic<std::uint8_t> code{0};
  ScriptedDatagramServer server(
      [&](const Bytes& query) { return Answers{answer_to(query, code)}; });
  DnsCheck check = check_of(server.endpoint());
  check.timing.delay_loop = check.timing.delay_before_retry = 10ms;
  check.timing.retry = 3;
  std::vector<std::string> mails;
  test::LoneMonitor monitor(bench.host, Check(check), "[R]:udp:53", "[V]:udp:53",
                            [&](const CheckNews& news) { mails.push_back(news.mail_reason); });
  monitor.start(bench.loop.now());
  bench.run_until([&] { return monitor.has_run(); }, 3s);
  code = 2;
  bench.run_until([&] { return !monitor.up(); }, 3s);
  code = 0;
  bench.run_until([&] { return monitor.up(); }, 3s);
  monitor.stop();
  CHECK(mails == std::vector<std::string>{"=> DNS_CHECK: failed on service <=",
                                          "=> DNS_CHECK: succeed on service <="});
  CHECK(bench.logged() ==
        std::vector<std::string>{
            "Activating healthchecker for service [R]:udp:53 for VS [V]:udp:53",
            "DNS_CHECK ([R]:udp:53) read error occurred. (rcode = 2) after 3 retries"});
}

}  // namespace
}  // namespace understudy::checkers
