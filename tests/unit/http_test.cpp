// HTTP_GET over connections, with servers that lie, stall, dribble and break off.
#include "checkers/http.hpp"

#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "checkers/digest.hpp"
#include "checkers/monitor.hpp"
#include "tests/support/check_bench.hpp"
#include "tests/support/lone_monitor.hpp"
#include "tests/support/octets.hpp"
#include "tests/support/scripted_server.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;

const std::string kHelloDigest = "b1946ac92492d2347c6235b4d2611184";  // of "hello\n"

HttpCheck check_of(const Endpoint& server) {
  HttpCheck check;
  check.endpoint.destination = server;
  check.timing.connect_timeout = 300ms;
  check.timing.delay_loop = 500ms;
  check.urls.emplace_back();
  return check;
}

struct HttpBench : Bench {
  std::optional<ProbeOutcome> attempt(const HttpCheck& check, Duration patience = 5s) {
    std::optional<ProbeOutcome> outcome;
    const ProbeHost host{loop, log, nullptr};
    HttpProbe probe(host, check, {"[R]:tcp:80", "[V]:tcp:80"},
                    [&](const ProbeOutcome& o) { outcome = o; });
    loop.run_once(0ms);  // reads the clock
    probe.start(0);
    CHECK_FALSE(outcome);
    run_until([&] { return outcome.has_value(); }, patience);
    return outcome;
  }
};

/// A server that reads the request and sends `text`.
ScriptedServer::Script answering(std::string text) {
  return [text = std::move(text)](int connection) {
    ScriptedServer::read_request(connection);
    ScriptedServer::send_text(connection, text);
  };
}

TEST_CASE("a good answer passes", "[http]") {
  HttpBench bench;
  std::string request;
  ScriptedServer server([&](int connection) {
    request = ScriptedServer::read_request(connection);
    ScriptedServer::send_text(connection, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n");
  });
  HttpCheck check = check_of(server.endpoint());
  check.urls[0].path = "/health?x=1";
  auto outcome = bench.attempt(check);
  REQUIRE(outcome);
  CHECK(*outcome ==
        ProbeOutcome{Result::passed, "HTTP status code success to [R]:tcp:80 url(/health?x=1)"});
  CHECK(request == "GET /health?x=1 HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 127.0.0.1:" +
                       std::to_string(server.endpoint().port.value()) + "\r\n\r\n");
  check.urls[0].digest = kHelloDigest;
  outcome = bench.attempt(check);
  REQUIRE(outcome);
  CHECK(*outcome ==
        ProbeOutcome{Result::passed, "MD5 digest success to [R]:tcp:80 url(/health?x=1)"});
  check.urls[0].digest[0] = 'c';
  outcome = bench.attempt(check);
  REQUIRE(outcome);
  CHECK(*outcome == ProbeOutcome{Result::failed, "MD5 digest error to server [R]:tcp:80."});
}

TEST_CASE("answers that fail, in the original's words", "[http]") {
  const auto& [answer, line] = GENERATE(table<std::string, std::string>({
      {"HTTP/1.1 500 Oops\r\n\r\n", "HTTP status code error to server [R]:tcp:80."},
      {"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
       "HTTP status code error to server [R]:tcp:80."},
      {"HTTP/1.1 20022222222222222222222222222222222222 OK\r\n\r\n",
       "HTTP status code error to server [R]:tcp:80."},
      {"", "Read, no data received from  server [R]:tcp:80."},
      {"HTTP/1.1 200 OK\r\n", "Read, no data received from  server [R]:tcp:80."},
      {"220 mail ESMTP\r\n", "Read, no data received from  server [R]:tcp:80."},
      {std::string(200000, 'x'), "Read, no data received from  server [R]:tcp:80."},
  }));
  HttpBench bench;
  ScriptedServer server(answering(answer));
  const auto outcome = bench.attempt(check_of(server.endpoint()));
  REQUIRE(outcome);
  CHECK(*outcome == ProbeOutcome{Result::failed, line});
}

TEST_CASE("either digest of a chunked page will do", "[http]") {
  const std::string body = "6\r\nhello\n\r\n0\r\n\r\n";
  HttpBench bench;
  ScriptedServer server(answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body));
  HttpCheck check = check_of(server.endpoint());
  Digest wire;
  wire.add(as_bytes(body));
  for (const std::string& digest : {kHelloDigest, to_hex(wire.finish())}) {
    check.urls[0].digest = digest;
    const auto outcome = bench.attempt(check);
    REQUIRE(outcome);
    CAPTURE(digest, outcome->line);
    CHECK(outcome->result == Result::passed);
  }
}

TEST_CASE("a truncated body passes without a digest and is mentioned once", "[http]") {
  HttpBench bench;
  ScriptedServer server(answering("HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\nhello\n"));
  HttpCheck check = check_of(server.endpoint());
  int reports = 0;
  ProbeOutcome last;
  const ProbeHost host{bench.loop, bench.log, nullptr};
  HttpProbe probe(host, check, {"[R]:tcp:80", "[V]:tcp:80"}, [&](const ProbeOutcome& outcome) {
    ++reports;
    last = outcome;
  });
  for (int i = 1; i <= 2; ++i) {
    probe.start(0);
    bench.run_until([&] { return reports == i; }, 3s);
    CHECK(last.result == Result::passed);
  }
  CHECK(bench.logged() ==
        std::vector<std::string>{
            "http_check for RS [R]:tcp:80 VS [V]:tcp:80 url /: content_length (60) does not match "
            "received bytes (6)"});
  check.urls[0].digest = kHelloDigest.substr(1) + "0";
  const auto outcome = bench.attempt(check);
  REQUIRE(outcome);
  CHECK(outcome->result == Result::failed);
}

TEST_CASE("a server that says nothing, or stops in the middle, is given up", "[http]") {
  HttpBench bench;
  std::string first;
  std::string line;
  SECTION("nothing") { line = "Timeout WEB read server [R]:tcp:80."; }
  SECTION("half a header") {
    first = "HTTP/1.1 200 OK\r\nSer";
    line = "Timeout HTTP read server [R]:tcp:80.";
  }
  SECTION("half a body") {
    first = "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\nhello\n";
    line = "Timeout HTTP read server [R]:tcp:80.";
  }
  std::atomic<bool> over{false};
  ScriptedServer server([&](int connection) {
    ScriptedServer::read_request(connection);
    ScriptedServer::send_text(connection, first);
    for (int i = 0; i < 200 && !over; ++i) usleep(10'000);
  });
  const auto start = Clock::now();
  const auto outcome = bench.attempt(check_of(server.endpoint()));
  over = true;
  REQUIRE(outcome);
  CHECK(*outcome == ProbeOutcome{Result::failed, line});
  CHECK(Clock::now() - start >= 300ms);
  CHECK(Clock::now() - start < 1s);
}

TEST_CASE("a server that dribbles for ever is given up in the end", "[http]") {
  HttpBench bench;
  std::atomic<bool> over{false};
  std::string head;
  SECTION("in the header") { head = "HTTP/1.1 200 OK\r\nX: "; }
  SECTION("in the body") { head = "HTTP/1.1 200 OK\r\n\r\n"; }
  ScriptedServer server([&](int connection) {
    ScriptedServer::read_request(connection);
    ScriptedServer::send_text(connection, head);
    while (!over && ScriptedServer::send_text(connection, "x")) usleep(20'000);
  });
  const auto start = Clock::now();
  const auto outcome = bench.attempt(check_of(server.endpoint()));
  over = true;
  REQUIRE(outcome);
  CHECK(*outcome == ProbeOutcome{Result::failed, "Timeout HTTP read server [R]:tcp:80."});
  // Four timeouts: more than delay_loop.
  CHECK(Clock::now() - start >= 1200ms);
  CHECK(Clock::now() - start < 2s);
}

TEST_CASE("a fast endless body neither fills memory nor starves other timers", "[http]") {
  HttpBench bench;
  std::atomic<bool> over{false};
  ScriptedServer server([&](int connection) {
    ScriptedServer::read_request(connection);
    ScriptedServer::send_text(connection, "HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(65536, 'x');
    while (!over && ScriptedServer::send_text(connection, piece)) {
    }
  });
  int ticks = 0;
  Timer ticker(bench.loop, [&] {
    ++ticks;
    ticker.arm(bench.loop.now() + 10ms);
  });
  ticker.arm(bench.loop.now());
  const auto outcome = bench.attempt(check_of(server.endpoint()));
  over = true;
  REQUIRE(outcome);
  CHECK(outcome->result == Result::failed);
  CHECK(ticks > 60);
}

TEST_CASE("one octet per packet, then a close after each", "[http]") {
  HttpBench bench;
  ScriptedServer server([](int connection) {
    const int on = 1;
    setsockopt(connection, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
    ScriptedServer::read_request(connection);
    for (const char octet : std::string("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")) {
      ScriptedServer::send_text(connection, std::string(1, octet));
      usleep(500);
    }
  });
  HttpCheck check = check_of(server.endpoint());
  check.urls[0].digest = kHelloDigest;
  auto outcome = bench.attempt(check);
  REQUIRE(outcome);
  CHECK(outcome->result == Result::passed);
  ScriptedServer closing([](int connection) { ScriptedServer::send_text(connection, "H"); });
  outcome = bench.attempt(check_of(closing.endpoint()));
  REQUIRE(outcome);
  // Closing with the request unread resets the connection; which of the two is seen is a race.
  CHECK(outcome->result == Result::failed);
}

TEST_CASE("an answer is enough: the server need not close", "[http]") {
  HttpBench bench;
  std::atomic<bool> over{false};
  ScriptedServer server([&](int connection) {
    ScriptedServer::read_request(connection);
    ScriptedServer::send_text(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    for (int i = 0; i < 200 && !over; ++i) usleep(10'000);
  });
  const auto start = Clock::now();
  const auto outcome = bench.attempt(check_of(server.endpoint()));
  over = true;
  REQUIRE(outcome);
  CHECK(outcome->result == Result::passed);
  CHECK(Clock::now() - start < 250ms);
}

TEST_CASE("connections that do not come about", "[http]") {
  HttpBench bench;
  HttpCheck check = check_of(closed_port());
  SECTION("refused") {
    const auto outcome = bench.attempt(check);
    REQUIRE(outcome);
    CHECK(outcome->result == Result::failed);
  }
  SECTION("TLS to a server that speaks none") {
    ScriptedServer server(answering("HTTP/1.1 400 Bad\r\n\r\n"));
    check = check_of(server.endpoint());
    check.tls = true;
    const auto outcome = bench.attempt(check);
    REQUIRE(outcome);
    // It waits for a blank line that never comes, or answers in plain text.
    CHECK(outcome->result == Result::failed);
  }
  SECTION("not ours to make") {
    check.endpoint.source.address = *IpAddress::parse("192.0.2.1");
    const auto outcome = bench.attempt(check);
    REQUIRE(outcome);
    CHECK(*outcome == ProbeOutcome{Result::not_made, "WEB socket bind failed. Rescheduling"});
  }
}

TEST_CASE("a file that holds no credentials is not waited for", "[http]") {
  HttpBench bench;
  ScriptedServer server(answering("HTTP/1.0 200 OK\r\n\r\n"));
  RequestExtras extras;
  const std::string file = extras.credentials_file = bench.directory.path("secret");
  std::string why = "no line USER:PASSWORD";
  SECTION("a pipe") {
    REQUIRE(mkfifo(file.c_str(), 0600) == 0);
    why = "not a regular file";
  }
  SECTION("a directory") {
    REQUIRE(mkdir(file.c_str(), 0700) == 0);
    why = "not a regular file";
  }
  SECTION("no line") { bench.directory.write("secret", ""); }
  SECTION("a line without a colon") { bench.directory.write("secret", "me\nme:secret\n"); }
  SECTION("too much") {
    bench.directory.write("secret", std::string(5000, ':'));
    why = "larger than is sensible";
  }
  HttpCheck check = check_of(server.endpoint());
  check.urls[0].request = extras;
  CHECK(bench.attempt(check)->result == Result::passed);
  CHECK(bench.logged() ==
        std::vector<std::string>{"Cannot read credentials for server [R]:tcp:80 from " + file +
                                 ": " + why});
}

TEST_CASE("a pattern decides, in the original's words", "[http][regex]") {
  HttpBench bench;
  const std::string body = GENERATE("all is well\n", "all is ill\n", "");
  const bool chunked = GENERATE(false, true) && !body.empty();
  const bool no_match = GENERATE(false, true);
  ScriptedServer server([&](int connection) {
    ScriptedServer::read_request(connection);
    std::string answer = "HTTP/1.1 200 OK\r\n";
    if (chunked) {
      // A chunk for each octet: the pattern lies across all of them.
      answer += "Transfer-Encoding: chunked\r\n\r\n";
      for (const char octet : body) answer += std::string("1\r\n") + octet + "\r\n";
      answer += "0\r\n\r\n";
    } else {
      answer += "\r\n" + body;
    }
    ScriptedServer::send_text(connection, answer);
  });
  HttpCheck check = check_of(server.endpoint());
  BodyPattern pattern;
  pattern.pattern = "is\\s+well$";
  pattern.no_match = no_match;
  check.urls[0].body = pattern;
  check.urls[0].path = "/p";
  const auto outcome = bench.attempt(check);
  REQUIRE(outcome);
  CAPTURE(body, chunked, no_match);
  if ((body == "all is well\n") != no_match) {
    CHECK(*outcome == ProbeOutcome{Result::passed, "Regex match success to [R]:tcp:80 url(/p)"});
  } else {
    CHECK(*outcome == ProbeOutcome{Result::failed, "Regex match failed server [R]:tcp:80."});
  }
}

TEST_CASE("a status that does not count is said before digest and pattern", "[http][regex]") {
  HttpBench bench;
  ScriptedServer server(answering("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nok"));
  HttpCheck check = check_of(server.endpoint());
  check.urls[0].digest = kHelloDigest;
  check.urls[0].body.emplace().pattern = "ok";
  auto outcome = bench.attempt(check);
  REQUIRE(outcome);
  CHECK(outcome->line == "HTTP status code error to server [R]:tcp:80.");
  check.urls[0].status_codes = {{200, 299}, {500, 503}};
  outcome = bench.attempt(check);
  REQUIRE(outcome);
  CHECK(outcome->line == "MD5 digest error to server [R]:tcp:80.");
  check.urls[0].digest.clear();
  outcome = bench.attempt(check);
  REQUIRE(outcome);
  CHECK(outcome->line == "Regex match success to [R]:tcp:80 url(/)");
}

// What a partial match needed once grew beyond its buffer.
TEST_CASE("an endless body that might match for ever is given up", "[http][regex]") {
  HttpBench bench;
  std::atomic<bool> over{false};
  ScriptedServer server([&](int connection) {
    ScriptedServer::read_request(connection);
    ScriptedServer::send_text(connection, "HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(4096, 'a');
    while (!over && ScriptedServer::send_text(connection, piece)) usleep(1000);
  });
  HttpCheck check = check_of(server.endpoint());
  check.urls[0].body.emplace().pattern = "a[^b]*b";
  int ticks = 0;
  Timer ticker(bench.loop, [&] {
    ++ticks;
    ticker.arm(bench.loop.now() + 10ms);
  });
  ticker.arm(bench.loop.now());
  const auto outcome = bench.attempt(check);
  over = true;
  REQUIRE(outcome);
  CHECK(*outcome == ProbeOutcome{Result::failed, "Timeout HTTP read server [R]:tcp:80."});
  CHECK(ticks > 20);
}

// The original searches the header too when it arrives together with the body.
TEST_CASE("a pattern may be of the header, and offsets count from there or from the body",
          "[http][regex]") {
  struct Case {
    const char* pattern;
    std::uint32_t min;
    std::optional<std::uint32_t> max;
    bool found;
  };
  const auto wanted = GENERATE(Case{"^HTTP/1.1 200", 0, 0, true},
                               Case{"X-State: up\\r", 0, {}, true}, Case{"^hello", 0, 0, true},
                               Case{"\\r\\n\\r\\nhello", 0, {}, true}, Case{"hello", 32, 32, true},
                               Case{"hello", 1, 31, false}, Case{"X-State: down", 0, {}, false});
  HttpBench bench;
  ScriptedServer server(answering("HTTP/1.1 200 OK\r\nX-State: up\r\n\r\nhello\n"));
  HttpCheck check = check_of(server.endpoint());
  BodyPattern& body = check.urls[0].body.emplace();
  body.pattern = wanted.pattern;
  body.min_offset = wanted.min;
  body.max_offset = wanted.max;
  for (const bool no_match : {false, true}) {
    body.no_match = no_match;
    const auto outcome = bench.attempt(check);
    REQUIRE(outcome);
    CAPTURE(wanted.pattern, wanted.min, no_match);
    CHECK((outcome->result == Result::passed) == (wanted.found != no_match));
  }
}

TEST_CASE("a truncated body has its pattern or has not", "[http][regex]") {
  HttpBench bench;
  ScriptedServer server(answering("HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\nhello\n"));
  HttpCheck check = check_of(server.endpoint());
  check.urls[0].body.emplace().pattern = "hello";
  auto outcome = bench.attempt(check);
  REQUIRE(outcome);
  CHECK(outcome->result == Result::passed);
  check.urls[0].body->pattern = "</html>";
  outcome = bench.attempt(check);
  REQUIRE(outcome);
  CHECK(outcome->result == Result::failed);
}

TEST_CASE("a matcher that gives up is a failure, with and without no_match", "[http][regex]") {
  HttpBench bench;
  ScriptedServer server(answering("HTTP/1.1 200 OK\r\n\r\n" + std::string(5000, 'a') + "!"));
  HttpCheck check = check_of(server.endpoint());
  check.urls[0].body.emplace().pattern = "^(a+)+$";
  check.urls[0].body->no_match = GENERATE(false, true);
  const auto outcome = bench.attempt(check);
  REQUIRE(outcome);
  CHECK(outcome->line == "Regex match failed server [R]:tcp:80.");
  CHECK(bench.logged() == std::vector<std::string>{
                              "Regex match error: match limit exceeded (server [R]:tcp:80 url /)"});
}

TEST_CASE("a monitor asks the URLs in turn and tells of the one that fails", "[http][monitor]") {
  Bench bench;
  std::atomic<bool> second_works{true};
  std::mutex mutex;
  std::vector<std::string> paths;
  ScriptedServer server([&](int connection) {
    const std::string request = ScriptedServer::read_request(connection);
    const std::string path = request.substr(4, request.find(' ', 4) - 4);
    {
      const std::lock_guard lock(mutex);
      paths.push_back(path);
    }
    const bool good = path == "/1" || second_works;
    ScriptedServer::send_text(connection,
                              std::string("HTTP/1.1 ") + (good ? "200 OK" : "503 No") + "\r\n\r\n");
  });
  HttpCheck check = check_of(server.endpoint());
  check.urls = {Url{}, Url{}};
  check.urls[0].path = "/1";
  check.urls[1].path = "/2";
  check.timing.delay_loop = 10ms;
  check.timing.delay_before_retry = 5ms;
  check.timing.retry = 1;
  std::vector<std::pair<bool, std::string>> told;
  const ProbeHost host{bench.loop, bench.log, nullptr};
  test::LoneMonitor monitor(
      host, Check(check), "[R]:tcp:80", "[V]:tcp:80",
      [&](const CheckNews& news) { told.emplace_back(news.up.value(), news.mail_reason); });
  monitor.start(bench.loop.now());
  bench.run_until([&] { return monitor.has_run(); }, 3s);
  {
    const std::lock_guard lock(mutex);
    CHECK(paths == std::vector<std::string>{"/1", "/2"});
  }
  second_works = false;
  bench.run_until([&] { return !monitor.up(); }, 3s);
  second_works = true;
  bench.run_until([&] { return monitor.up(); }, 3s);
  monitor.stop();
  CHECK(told == std::vector<std::pair<bool, std::string>>{
                    {false, "=> CHECK failed on service : HTTP/SSL request failed <="},
                    {true, "=> CHECK succeed on service <="}});
  CHECK(bench.logged() == std::vector<std::string>{
                              "Activating healthchecker for service [R]:tcp:80 for VS [V]:tcp:80",
                              "Remote Web server [R]:tcp:80 succeed on service.",
                              "HTTP_CHECK on service [R]:tcp:80 failed after 1 retries.",
                              "HTTP status code success to [R]:tcp:80 url(/2)",
                              "HTTP status code success to [R]:tcp:80 url(/1)",
                              "HTTP status code success to [R]:tcp:80 url(/2)",
                              "Remote Web server [R]:tcp:80 succeed on service."});
}

}  // namespace
}  // namespace understudy::checkers
