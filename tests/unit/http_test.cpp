// HTTP_GET: the octets of requests and responses, then answers from servers that lie.
#include "checkers/http.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "checkers/http_message.hpp"
#include "checkers/monitor.hpp"
#include "tests/support/check_bench.hpp"
#include "tests/support/scripted_server.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;
using State = HttpReader::State;

const std::string kHelloDigest = "b1946ac92492d2347c6235b4d2611184";  // of "hello\n"

ByteView as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Feeds `text` in pieces of `size` octets.
void feed(HttpReader& reader, const std::string& text, std::size_t size) {
  for (std::size_t i = 0; i < text.size(); i += size) {
    reader.feed(as_bytes(text.substr(i, size)));
  }
}

TEST_CASE("the request is keepalived's, octet for octet", "[http]") {
  CHECK(get_request("/", "10.1.38.13:80") ==
        "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 10.1.38.13:80\r\n\r\n");
  CHECK(get_request("/x", "www", HttpVersion::http10_close) ==
        "GET /x HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: "
        "www\r\n\r\n");
  CHECK(get_request("/x", "www", HttpVersion::http11) ==
        "GET /x HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: "
        "www\r\n\r\n");
}

TEST_CASE("the Host header: the URL's, the check's, else the address", "[http]") {
  HttpCheck check;
  Url url;
  check.endpoint.destination = {*IpAddress::parse("10.1.38.13"), Port(8080)};
  CHECK(host_of(url, check) == "10.1.38.13:8080");
  check.endpoint.destination = {*IpAddress::parse("2001:db8::1"), Port(80)};
  CHECK(host_of(url, check) == "[2001:db8::1]:80");
  check.virtualhost = "example.org";
  CHECK(host_of(url, check) == "example.org");
  url.virtualhost = "www.example.org";
  CHECK(host_of(url, check) == "www.example.org");
}

TEST_CASE("status codes: 200 to 299 unless said otherwise", "[http]") {
  Url url;
  CHECK(accepts_status(url, 200));
  CHECK(accepts_status(url, 299));
  CHECK_FALSE(accepts_status(url, 199));
  CHECK_FALSE(accepts_status(url, 300));
  CHECK_FALSE(accepts_status(url, 0));
  url.status_codes = {{301, 302}, {404, 404}};
  CHECK(accepts_status(url, 302));
  CHECK(accepts_status(url, 404));
  CHECK_FALSE(accepts_status(url, 200));
}

TEST_CASE("a response in pieces of any size is the same response", "[http]") {
  const std::string text =
      "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 6\r\n\r\nhello\nafter the end";
  const auto size =
      GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{1000});
  HttpReader reader(true);
  feed(reader, text, size);
  CHECK(reader.state() == State::complete);
  CHECK(reader.status() == 200);
  CHECK(reader.content_length() == 6U);
  CHECK(reader.body_octets() == 6);
  CHECK(to_hex(reader.digest()) == kHelloDigest);
  CHECK_FALSE(reader.chunks_digest());
}

TEST_CASE("a body without a length ends with the connection", "[http]") {
  HttpReader reader(true);
  feed(reader, "HTTP/1.0 200 OK\r\n\r\nhello\n", 4);
  CHECK(reader.state() == State::body);
  CHECK(reader.end() == State::complete);
  CHECK_FALSE(reader.content_length());
  CHECK(to_hex(reader.digest()) == kHelloDigest);
}

TEST_CASE("a chunked body ends by itself and has two digests", "[http]") {
  const std::string body = "3\r\nhel\r\n3;ext=1\r\nlo\n\r\n0\r\nTrailer: x\r\n\r\n";
  const auto size = GENERATE(std::size_t{1}, std::size_t{5}, std::size_t{1000});
  HttpReader reader(true);
  feed(reader, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body, size);
  CHECK(reader.state() == State::complete);
  const auto content = reader.chunks_digest();
  REQUIRE(content);
  CHECK(to_hex(*content) == kHelloDigest);
  Digest wire;
  wire.add(as_bytes(body));
  CHECK(reader.digest() == wire.finish());
}

TEST_CASE("broken chunks are octets like any others", "[http]") {
  HttpReader reader(true);
  feed(reader, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\n", 3);
  CHECK(reader.state() == State::body);
  CHECK(reader.end() == State::complete);
  CHECK(to_hex(reader.digest()) == kHelloDigest);
  CHECK_FALSE(reader.chunks_digest());
}

TEST_CASE("responses without a body by definition are complete at once", "[http]") {
  const auto* const status = GENERATE("204 No Content", "304 Not Modified");
  HttpReader reader(false);
  feed(reader, std::string("HTTP/1.1 ") + status + "\r\n\r\n", 100);
  CHECK(reader.state() == State::complete);
}

TEST_CASE("status lines, honest and crafted", "[http]") {
  // The long ones overran the status buffer of keepalived before 2.0.9 (CVE-2018-19115).
  const std::map<std::string, unsigned> cases = {
      {"HTTP/1.1 200 OK", 200},
      {"HTTP/1.0 404 Not Found", 404},
      {"HTTP/1.1 200 ", 200},
      {"HTTP/1.1 200", 0},
      {"HTTP/1.1 2000 OK", 0},
      {"HTTP/1.1 20 OK", 0},
      {"HTTP/1.1  200 OK", 0},
      {"HTTP/1.1 -20 OK", 0},
      {"HTTP/1.1 0x1 OK", 0},
      {"HTTP/1.1 " + std::string(4000, '2'), 0},
      {"HTTP/1.1 " + std::string(4000, '2') + " OK", 0},
      {"HTTP/1.1", 0},
      {"", 0},
      {"SSH-2.0-OpenSSH_9.2p1 Debian-2", 0},
      {"ICY 200 OK", 200},
      {std::string("HTTP/1.1 2\0\0 OK", 15), 0},
  };
  for (const auto& [line, status] : cases) {
    CAPTURE(line.substr(0, 40));
    HttpReader reader(false);
    feed(reader, line + "\r\n\r\nbody", 5);
    CHECK(reader.state() == State::body);
    CHECK(reader.status() == status);
  }
}

TEST_CASE("a header that HTTP forbids does not make a server dead", "[http]") {
  const auto* const header =
      GENERATE("Bad Name: x\r\nContent-Length: 3", "Content-Length: 3\r\nContent-Length: 9",
               "Content-Length: x", "no colon at all", "Content-Length: 99999999999999999999999");
  HttpReader reader(true);
  feed(reader, std::string("HTTP/1.1 200 OK\r\n") + header + "\r\n\r\nhello\n", 6);
  CHECK(reader.status() == 200);
  CHECK_FALSE(reader.content_length());
  CHECK(reader.end() == State::complete);
  CHECK(to_hex(reader.digest()) == kHelloDigest);
}

TEST_CASE("an endless header is refused", "[http]") {
  HttpReader reader(false);
  feed(reader, "HTTP/1.1 200 OK\r\n", 100);
  const std::string line = "X: " + std::string(997, 'x') + "\r\n";
  for (int i = 0; i < 100 && reader.state() == State::header; ++i) feed(reader, line, 500);
  CHECK(reader.state() == State::refused);
  CHECK(reader.end() == State::refused);
}

TEST_CASE("no header at all is refused when the server closes", "[http]") {
  HttpReader reader(false);
  CHECK(reader.end() == State::refused);
  HttpReader half(false);
  feed(half, "HTTP/1.1 200 OK\r\nServer:", 100);
  CHECK(half.end() == State::refused);
}

TEST_CASE("MD5 is RFC 1321's, and starts anew", "[http][digest]") {
  Digest digest;
  CHECK(to_hex(digest.finish()) == "d41d8cd98f00b204e9800998ecf8427e");
  digest.reset();
  digest.add(as_bytes("message "));
  digest.add(as_bytes("digest"));
  CHECK(to_hex(digest.finish()) == "f96b697d7cb7938d525a2f31aaf161d0");
}

// --- over connections ---

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
    HttpProbe probe(loop, log, check, "[R]:tcp:80", "[V]:tcp:80", nullptr,
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
  HttpProbe probe(bench.loop, bench.log, check, "[R]:tcp:80", "[V]:tcp:80", nullptr,
                  [&](const ProbeOutcome& outcome) {
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
  HttpCheck check = check_of(Listener(1).endpoint());
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
  Monitor monitor(bench.loop, bench.log, Check(check), "[R]:tcp:80", "[V]:tcp:80", true,
                  [&](bool up, const std::string& reason) { told.emplace_back(up, reason); });
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
