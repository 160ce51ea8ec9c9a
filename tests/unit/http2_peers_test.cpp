// HTTP_GET and SSL_GET in HTTP/2, with real servers.
#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "tests/support/http2_frames.hpp"
#include "tests/support/nginx.hpp"
#include "tests/support/probe_bench.hpp"
#include "tests/support/program.hpp"
#include "tests/support/scripted_server.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;

const std::string kHelloDigest = "b1946ac92492d2347c6235b4d2611184";  // of "hello\n"

Endpoint at(std::uint16_t port) { return {*IpAddress::parse("127.0.0.1"), Port(port)}; }

HttpCheck check_of(const Endpoint& server, bool tls = false) {
  HttpCheck check;
  check.endpoint.destination = server;
  check.timing.connect_timeout = 5s;
  check.tls = tls;
  check.protocol = HttpProtocol::http2;
  check.urls.emplace_back();
  check.urls[0].path = "/hello.txt";
  check.urls[0].digest = kHelloDigest;
  return check;
}

struct Http2Bench : ProbeBench {
  ProbeOutcome judge(const HttpCheck& check) {
    const auto outcome = attempt(check, 20s);
    REQUIRE(outcome);
    return *outcome;
  }
  void must_serve_hello(HttpCheck check) {
    CHECK(judge(check).result == Result::passed);
    check.urls[0].digest[0] = 'c';
    CHECK(judge(check).line == "MD5 digest error to server [R]:x:1.");
    check.urls[0].digest.clear();
    BodyPattern pattern;
    pattern.pattern = "^hel+o$";
    check.urls[0].body = pattern;
    CHECK(judge(check).result == Result::passed);
    check.urls[0].body->pattern = "bye";
    CHECK(judge(check).result == Result::failed);
    check.urls[0].body.reset();
    check.urls[0].path = "/missing";
    CHECK(judge(check).line == "HTTP status code error to server [R]:x:1.");
    check.urls[0].status_codes = {{404, 404}};
    CHECK(judge(check).result == Result::passed);
  }
};

std::string make_certificate(const TemporaryDirectory& directory) {
  const std::string key = directory.path("key.pem");
  const std::string certificate = directory.path("cert.pem");
  REQUIRE(run_command({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                       "/CN=test", "-keyout", key, "-out", certificate}) == 0);
  const std::string both = directory.path("both.pem");
  std::ofstream(both) << std::ifstream(certificate).rdbuf() << std::ifstream(key).rdbuf();
  return both;
}

TEST_CASE("nginx in HTTP/2", "[http2]") {
  const Nginx nginx;
  Http2Bench bench;
  SECTION("at once") { bench.must_serve_hello(check_of(nginx.http2())); }
  SECTION("over TLS") { bench.must_serve_hello(check_of(nginx.tls_http2(), true)); }
  SECTION("a large page in many frames") {
    nginx.write("large.txt", std::string(3'000'000, 'x'));
    auto check = check_of(nginx.http2());
    check.urls[0].path = "/large.txt";
    check.urls[0].digest = "8e32e22642bddc89698e25a4e9bf528b";
    CHECK(bench.judge(check).result == Result::passed);
    // Whole: the length announced is the one that came.
    CHECK(bench.logged().empty());
  }
  SECTION("by name") {
    auto check = check_of(nginx.http2());
    check.urls[0].virtualhost = "test.example";
    CHECK(bench.judge(check).result == Result::passed);
  }
  SECTION("which is not spoken there") {
    CHECK(bench.judge(check_of(nginx.plain())).line ==
          "Read, no data received from  server [R]:x:1.");
    CHECK(bench.judge(check_of(nginx.tls(), true)).result == Result::failed);
  }
}

TEST_CASE("nghttpd", "[http2]") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path("hello.txt")) << "hello\n";
  make_certificate(directory);
  const std::uint16_t port = Listener(1).port();
  const bool tls = GENERATE(false, true);
  std::vector<std::string> command{"nghttpd", "-a", "127.0.0.1", "-d", directory.path("")};
  if (!tls) command.emplace_back("--no-tls");
  command.push_back(std::to_string(port));
  if (tls) command.insert(command.end(), {directory.path("key.pem"), directory.path("cert.pem")});
  const Program server(command, port);
  Http2Bench bench;
  bench.must_serve_hello(check_of(at(port), tls));
}

TEST_CASE("haproxy in HTTP/2", "[http2]") {
  const TemporaryDirectory directory;
  const std::string pem = make_certificate(directory);
  const std::uint16_t plain = Listener(1).port();
  const std::uint16_t tls = Listener(1).port();
  const std::uint16_t old = Listener(1).port();
  const std::string configuration = directory.path("haproxy.cfg");
  std::ofstream(configuration) << fmt::format(
      "defaults\n mode http\n timeout client 5s\nfrontend f\n bind 127.0.0.1:{} proto h2\n bind "
      "127.0.0.1:{} ssl crt {} alpn h2,http/1.1\n bind 127.0.0.1:{} ssl crt {}\n"
      " http-request return status 404 unless {{ path /hello.txt }}\n"
      " http-request return status 200 content-type text/plain lf-string \"hello\\n\"\n",
      plain, tls, pem, old, pem);
  const Program server({"haproxy", "-q", "-f", configuration}, plain);
  Http2Bench bench;
  SECTION("at once") { bench.must_serve_hello(check_of(at(plain))); }
  SECTION("over TLS") { bench.must_serve_hello(check_of(at(tls), true)); }
  SECTION("which it does not offer") {
    CHECK(bench.judge(check_of(at(old), true)).line == "HTTP/2 not offered by server [R]:x:1.");
    auto check = check_of(at(old), true);
    check.protocol = HttpProtocol::http11;
    CHECK(bench.judge(check).result == Result::passed);
  }
}

TEST_CASE("a server that breaks off or stalls in HTTP/2", "[http2]") {
  using namespace http2;
  std::string said = settings() + headers({{":status", "200"}, {"content-length", "6"}});
  std::string line;
  bool stalls = false;
  SECTION("before the body") { line = "Read, no data received from  server [R]:x:1."; }
  SECTION("in the body") {
    said += data("hel");
    line = "Read, no data received from  server [R]:x:1.";
  }
  SECTION("stalling") {
    stalls = true;
    line = "Timeout HTTP read server [R]:x:1.";
  }
  SECTION("silent") {
    stalls = true;
    said.clear();
    line = "Timeout WEB read server [R]:x:1.";
  }
  ScriptedServer server([&](int connection) {
    ScriptedServer::read_request(connection);
    ScriptedServer::send_text(connection, said);
    // Takes what the checker says until it closes, so that the end is no reset.
    if (!stalls) shutdown(connection, SHUT_WR);
    char octet = 0;
    while (recv(connection, &octet, 1, 0) == 1) continue;
  });
  auto check = check_of(server.endpoint());
  check.timing.connect_timeout = 300ms;
  Http2Bench bench;
  CHECK(bench.judge(check).line == line);
}

}  // namespace
}  // namespace understudy::checkers
