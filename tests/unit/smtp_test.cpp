// SMTP_CHECK against servers on loopback, honest and lying.
#include "checkers/smtp.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/lone_monitor.hpp"
#include "tests/support/probe_bench.hpp"
#include "tests/support/scripted_server.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;

SmtpCheck check_of(const Endpoint& destination, std::chrono::microseconds timeout = 3s) {
  SmtpCheck check;
  check.endpoint.destination = destination;
  check.timing.connect_timeout = timeout;
  check.timing.delay_loop = timeout;
  return check;
}

ProbeOutcome failure(const std::string& words) {
  return {Result::failed, "SMTP_CHECK " + words, "=> CHECK failed on service : " + words + " <="};
}

std::string read_line(int connection) {
  std::string line;
  char octet = 0;
  while (!line.ends_with('\n') && recv(connection, &octet, 1, 0) == 1) line += octet;
  return line;
}

constexpr const char* kGreeting = "220-mail.example.org\r\n220 ESMTP\r\n";

/// A whole session; returns what the client said.
std::string serve(int connection) {
  ScriptedServer::send_text(connection, kGreeting);
  std::string said = read_line(connection);
  ScriptedServer::send_text(connection, "250 hello\r\n");
  said += read_line(connection);
  ScriptedServer::send_text(connection, "221 bye\r\n");
  return said;
}

TEST_CASE("a mail server passes", "[smtp]") {
  ProbeBench bench;
  std::string said;
  {
    ScriptedServer server([&said](int connection) { said = serve(connection); });
    CHECK(bench.attempt(check_of(server.endpoint())) == ProbeOutcome{});
  }
  CHECK(said == "HELO smtpchecker.keepalived.org\r\nQUIT\r\n");
}

TEST_CASE("a mail server that sends octet by octet passes", "[smtp]") {
  ProbeBench bench;
  const auto slowly = [](int connection, const std::string& text) {
    for (const char c : text) {
      usleep(1000);
      ScriptedServer::send_text(connection, std::string(1, c));
    }
  };
  ScriptedServer server([&slowly](int connection) {
    slowly(connection, kGreeting);
    read_line(connection);
    slowly(connection, "250 hello\r\n");
    read_line(connection);
    slowly(connection, "221 bye\r\n");
  });
  CHECK(bench.attempt(check_of(server.endpoint())) == ProbeOutcome{});
}

TEST_CASE("a closed port and a host that says nothing", "[smtp]") {
  ProbeBench bench;
  const Endpoint closed = closed_port();
  CHECK(bench.attempt(check_of(closed)) ==
        failure("Could not connect to server " + closed.to_string()));
  // Connections are made by the kernel; nobody greets.
  const Listener silent(16);
  CHECK(bench.attempt(check_of(silent.endpoint(), 100ms)) ==
        failure("Read timeout from server " + silent.endpoint().to_string()));
}

TEST_CASE("other protocols and refusals", "[smtp]") {
  ProbeBench bench;
  SECTION("instead of the greeting") {
    const std::string text = GENERATE("HTTP/1.1 400 Bad Request\r\n\r\n", "421 too busy\r\n");
    ScriptedServer server([&](int connection) { ScriptedServer::send_text(connection, text); });
    CHECK(bench.attempt(check_of(server.endpoint())) ==
          failure("Bad greeting banner from server " + server.endpoint().to_string()));
  }
  SECTION("after HELO") {
    ScriptedServer server([](int connection) {
      ScriptedServer::send_text(connection, kGreeting);
      read_line(connection);
      ScriptedServer::send_text(connection, "501 who?\r\n");
    });
    CHECK(bench.attempt(check_of(server.endpoint())) ==
          failure("Bad HELO response from server " + server.endpoint().to_string()));
  }
}

TEST_CASE("a server that closes after any number of octets", "[smtp]") {
  ProbeBench bench;
  const std::string greeting = "220 mail\r\n";
  std::size_t octets = 0;
  ScriptedServer server([&](int connection) {
    ScriptedServer::send_text(connection, greeting.substr(0, octets));
    if (octets <= greeting.size()) return;
    read_line(connection);
    ScriptedServer::send_text(connection, std::string("250 hello\r\n").substr(0, octets - 10));
  });
  const auto expected = failure("Read failure from server " + server.endpoint().to_string());
  for (; octets <= 21; ++octets) {
    CAPTURE(octets);
    const auto outcome = bench.attempt(check_of(server.endpoint()));
    REQUIRE(outcome);
    // A close that meets what we say may show as a reset while writing; a failure it is.
    CHECK(outcome->result == Result::failed);
    if (octets < 10) CHECK(outcome == expected);
  }
}

TEST_CASE("servers without end", "[smtp]") {
  ProbeBench bench;
  SECTION("a flood") {
    ScriptedServer server([&server](int connection) {
      const std::string piece(4096, '2');
      while (!server.stopping() && ScriptedServer::send_text(connection, piece)) continue;
    });
    CHECK(bench.attempt(check_of(server.endpoint())) ==
          failure("Bad greeting banner from server " + server.endpoint().to_string()));
  }
  SECTION("a trickle") {
    ScriptedServer server([&server](int connection) {
      while (!server.stopping() && ScriptedServer::send_text(connection, "2")) usleep(5000);
    });
    CHECK(bench.attempt(check_of(server.endpoint(), 50ms)) ==
          failure("Read timeout from server " + server.endpoint().to_string()));
  }
}

TEST_CASE("what this host refuses counts against no mail server", "[smtp]") {
  ProbeBench bench;
  SmtpCheck check = check_of({*IpAddress::parse("127.0.0.1"), Port(25)});
  check.endpoint.source.address = *IpAddress::parse("192.0.2.1");
  CHECK(bench.attempt(check) ==
        ProbeOutcome{Result::not_made, "SMTP_CHECK socket bind failed. Rescheduling."});
}

TEST_CASE("a monitor's words about a mail server", "[smtp][monitor]") {
  ProbeBench bench;
  std::atomic<bool> good{true};
  ScriptedServer server([&](int connection) {
    if (good) {
      serve(connection);
    } else {
      ScriptedServer::send_text(connection, "421 busy\r\n");
    }
  });
  SmtpCheck check = check_of(server.endpoint());
  check.timing.delay_loop = check.timing.delay_before_retry = 10ms;
  std::vector<std::string> mails;
  test::LoneMonitor monitor(bench.host, Check(check), "[R]:tcp:25", "[V]:tcp:25",
                            [&](const CheckNews& news) { mails.push_back(news.mail_reason); });
  monitor.start(bench.loop.now());
  bench.run_until([&] { return monitor.has_run(); }, 3s);
  good = false;
  bench.run_until([&] { return !monitor.up(); }, 3s);
  good = true;
  bench.run_until([&] { return monitor.up(); }, 3s);
  monitor.stop();
  const std::string words = "Bad greeting banner from server " + server.endpoint().to_string();
  CHECK(mails == std::vector<std::string>{"=> CHECK failed on service : " + words + " <=",
                                          "=> CHECK succeed on service <="});
  CHECK(bench.logged() == std::vector<std::string>{
                              "Activating healthchecker for service [R]:tcp:25 for VS [V]:tcp:25",
                              "Remote SMTP server [R]:tcp:25 succeed on service.",
                              "SMTP_CHECK " + words,
                              "Remote SMTP server [R]:tcp:25 succeed on service."});
}

}  // namespace
}  // namespace understudy::checkers
