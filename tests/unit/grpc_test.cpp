// gRPC health: its octets, real servers, and servers that lie.
#include "checkers/grpc.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <optional>
#include <string>

#include "tests/support/check_bench.hpp"
#include "tests/support/http2_frames.hpp"
#include "tests/support/nginx.hpp"
#include "tests/support/octets.hpp"
#include "tests/support/program.hpp"
#include "tests/support/scripted_server.hpp"

namespace understudy::checkers {
namespace {

using namespace http2;
using namespace std::chrono_literals;
using namespace std::string_literals;
using Catch::StartsWith;
using Result = ProbeOutcome::Result;

TEST_CASE("the request is a HealthCheckRequest in a frame", "[grpc]") {
  CHECK(grpc_health_request("") == "\0\0\0\0\0"s);
  CHECK(grpc_health_request("a.B") == "\0\0\0\0\5\x0a\3a.B"s);
  const std::string name(300, 'x');
  CHECK(grpc_health_request(name) == "\0\0\0\x01\x2f\x0a\xac\x02"s + name);
}

TEST_CASE("statuses, and what is no HealthCheckResponse", "[grpc]") {
  const auto& [message, status] = GENERATE(table<std::string, std::optional<std::uint32_t>>({
      {"", 0},
      {"\x08\x01", 1},
      {"\x08\x02", 2},
      {"\x08\x03", 3},
      {"\x08\x00"s, 0},
      {"\x08\x81\x00"s, 1},
      // Of several the last counts.
      {"\x08\x02\x08\x01", 1},
      // Fields of other numbers and types are passed over.
      {"\x10\x05\x08\x01", 1},
      {"\x12\x03xyz\x08\x01", 1},
      {"\x19\1\2\3\4\5\6\7\10\x08\x01", 1},
      {"\x1d\1\2\3\4\x08\x01", 1},
      {"\x0a\x01x\x08\x01", 1},
      {"\x08\xff\xff\xff\xff\x0f", 0xffffffff},
      {"\x08", std::nullopt},
      {"\x08\x81", std::nullopt},
      {"\x00\x01"s, std::nullopt},
      {"\x0b\x08\x01", std::nullopt},
      {"\x12\x7f\x08\x01", std::nullopt},
      {"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", std::nullopt},
      {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", std::nullopt},
      {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", std::nullopt},
      {"\x08\xff\xff\xff\xff\x1f", std::nullopt},
  }));
  CAPTURE(message);
  CHECK(decode_health_response(as_bytes(message)) == status);
}

const Fields kHeader{{":status", "200"}, {"content-type", "application/grpc+proto"}};
const Fields kTrailer{{"grpc-status", "0"}};
const std::string kServing = "\0\0\0\0\2\x08\x01"s;

/// A header, a body in pieces of one octet, a trailer.
GrpcHealthReply::Verdict judge(const Fields& header, const std::string& body,
                               const Fields& trailer) {
  GrpcHealthReply reply;
  for (const auto& [name, value] : header) reply.take_field(name, value);
  for (const char octet : body) reply.take_data(as_bytes(std::string(1, octet)));
  for (const auto& [name, value] : trailer) reply.take_field(name, value);
  return reply.verdict();
}

TEST_CASE("what an answer amounts to", "[grpc]") {
  using V = GrpcHealthReply::Verdict;
  CHECK(judge(kHeader, kServing, kTrailer) == V{true, ""});
  CHECK(judge(kHeader, "\0\0\0\0\2\x08\x02"s, kTrailer) == V{false, "NOT_SERVING"});
  CHECK(judge(kHeader, "\0\0\0\0\2\x08\x03"s, kTrailer) == V{false, "SERVICE_UNKNOWN"});
  CHECK(judge(kHeader, "\0\0\0\0\2\x08\x09"s, kTrailer) == V{false, "status 9"});
  CHECK(judge(kHeader, "\0\0\0\0\0"s, kTrailer) == V{false, "UNKNOWN"});
  CHECK(judge(kHeader, "\0\0\0\0\1\x08"s, kTrailer) ==
        V{false, "a message that is no HealthCheckResponse"});
  CHECK(judge(kHeader, "\1\0\0\0\2\x08\x01"s, kTrailer) == V{false, "a compressed message"});
  for (const std::string& body : {""s, "\0\0\0"s, "\0\0\0\0\3\x08\x01"s, kServing + kServing,
                                  "\xff\xff\xff\xff\xff"s, std::string(100'000, '\0')}) {
    CAPTURE(body.size());
    CHECK(judge(kHeader, body, kTrailer) == V{false, "a message of the wrong length"});
  }
  CHECK(judge(kHeader, "", {{"grpc-status", "5"}, {"grpc-message", "no such\x7f service"}}) ==
        V{false, "gRPC status 5 (NOT_FOUND): no such? service"});
  CHECK(judge(kHeader, kServing, {{"grpc-status", "99"}}) == V{false, "gRPC status 99"});
  CHECK(judge(kHeader, kServing, {{"grpc-status", "x"}}) == V{false, "gRPC status 2 (UNKNOWN)"});
  CHECK(judge(kHeader, kServing, {}) == V{false, "an answer without a gRPC status"});
  CHECK(judge({{":status", "200"}, {"content-type", "text/html"}}, kServing, kTrailer) ==
        V{false, "an answer that is not gRPC"});
  CHECK(judge({{":status", "404"}}, "not found", {}) == V{false, "HTTP status 404"});
}

struct GrpcBench : Bench {
  GrpcCheck check;

  explicit GrpcBench(const Endpoint& server) {
    check.endpoint.destination = server;
    check.timing.connect_timeout = 2s;
  }
  ProbeOutcome attempt() {
    std::optional<ProbeOutcome> outcome;
    const ProbeLabels labels{"[R]:tcp:80", "[V]:tcp:80"};
    GrpcProbe probe({loop, log, nullptr}, check, labels,
                    [&](const ProbeOutcome& o) { outcome = o; });
    loop.run_once(0ms);
    probe.start(0);
    CHECK_FALSE(outcome);
    run_until([&] { return outcome.has_value(); }, 15s);
    REQUIRE(outcome);
    return *outcome;
  }
  /// The line of an attempt that failed.
  std::string failure() {
    const auto outcome = attempt();
    CHECK(outcome.result == Result::failed);
    return outcome.line;
  }
};

/// Takes the preface, then says `octets`.
ScriptedServer::Script answering(std::string octets) {
  return [octets = std::move(octets)](int connection) {
    ScriptedServer::read_request(connection);
    ScriptedServer::send_text(connection, octets);
  };
}

TEST_CASE("servers that lie about their health", "[grpc]") {
  const auto& [octets, line] = GENERATE(table<std::string, std::string>({
      {settings() + headers(kHeader) + data(kServing) + headers(kTrailer, kEndStream), ""},
      {settings() + headers({kHeader[0], kHeader[1], {"grpc-status", "12"}}, kEndStream),
       "gRPC health of [R]:tcp:80: gRPC status 12 (UNIMPLEMENTED)"},
      {settings() + headers(kHeader) + data(kServing),
       "gRPC server [R]:tcp:80 gives no complete answer in HTTP/2"},
      {settings() + headers(kHeader) + data(kServing, kEndStream),
       "gRPC health of [R]:tcp:80: an answer without a gRPC status"},
      {settings() + headers(kHeader) + data(std::string(10000, 'x')) +
           headers(kTrailer, kEndStream),
       "gRPC health of [R]:tcp:80: a message of the wrong length"},
      {"HTTP/1.1 200 OK\r\n\r\n", "gRPC server [R]:tcp:80 gives no complete answer in HTTP/2"},
      {"", "gRPC server [R]:tcp:80 gives no complete answer in HTTP/2"},
  }));
  ScriptedServer server(answering(octets));
  GrpcBench bench(server.endpoint());
  const auto outcome = bench.attempt();
  CHECK(outcome.result == (line.empty() ? Result::passed : Result::failed));
  CHECK(outcome.line == line);
}

TEST_CASE("a gRPC server that dribbles or says nothing is given up", "[grpc]") {
  std::atomic<bool> over{false};
  std::string first;
  std::string more;
  SECTION("nothing") {}
  SECTION("half an answer") { first = settings() + headers(kHeader); }
  SECTION("pings for ever") {
    first = settings();
    more = frame(kPing, 0, 0, "12345678");
  }
  SECTION("a body for ever") {
    first = settings() + headers(kHeader);
    more = data("x");
  }
  ScriptedServer server([&](int connection) {
    ScriptedServer::read_request(connection);
    ScriptedServer::send_text(connection, first);
    while (!over && ScriptedServer::send_text(connection, more)) usleep(20'000);
  });
  GrpcBench bench(server.endpoint());
  bench.check.timing.connect_timeout = 200ms;
  CHECK(bench.failure() == "gRPC server [R]:tcp:80 does not answer in time");
  over = true;
}

TEST_CASE("a web server is no gRPC server", "[grpc]") {
  const Nginx nginx;
  SECTION("in HTTP/2") {
    GrpcBench bench(nginx.http2());
    CHECK(bench.failure() == "gRPC health of [R]:tcp:80: HTTP status 404");
  }
  SECTION("in HTTP/2 over TLS") {
    GrpcBench bench(nginx.tls_http2());
    bench.check.tls = true;
    CHECK(bench.failure() == "gRPC health of [R]:tcp:80: HTTP status 404");
  }
  SECTION("over TLS without HTTP/2") {
    GrpcBench bench(nginx.tls());
    bench.check.tls = true;
    // nginx ends the handshake; others just do not mention it: http2_peers_test.cpp.
    CHECK_THAT(bench.failure(), StartsWith("gRPC server [R]:tcp:80 fails the TLS handshake ("));
  }
  SECTION("without TLS") {
    GrpcBench bench(nginx.plain());
    bench.check.tls = true;
    CHECK_THAT(bench.failure(), StartsWith("gRPC server [R]:tcp:80 fails the TLS handshake ("));
  }
  SECTION("in HTTP/1") {
    GrpcBench bench(nginx.plain());
    CHECK(bench.failure() == "gRPC server [R]:tcp:80 gives no complete answer in HTTP/2");
  }
  SECTION("not at all") {
    GrpcBench bench(closed_port());
    CHECK(bench.failure() == "gRPC server [R]:tcp:80 takes no connection");
  }
}

/// Google's gRPC as a server, with statuses that can be changed.
class HealthServer {
 public:
  explicit HealthServer(bool tls) : port_(Listener(1).port()) {
    const std::string file = directory_.path("statuses");
    set("");
    std::vector<std::string> command{"python3", GRPC_SERVER, "127.0.0.1:" + std::to_string(port_),
                                     file};
    if (tls) {
      const std::string key = directory_.path("key.pem");
      const std::string certificate = directory_.path("cert.pem");
      run_command({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test",
                   "-keyout", key, "-out", certificate});
      command.insert(command.end(), {key, certificate});
    }
    program_.emplace(std::move(command), port_);
  }
  void set(const std::string& statuses) const {
    std::ofstream(directory_.path("statuses")) << statuses;
  }
  [[nodiscard]] Endpoint endpoint() const { return {*IpAddress::parse("127.0.0.1"), Port(port_)}; }

 private:
  TemporaryDirectory directory_;
  std::uint16_t port_;
  std::optional<Program> program_;
};

TEST_CASE("a real gRPC server says how it is", "[grpc]") {
  const bool tls = GENERATE(false, true);
  CAPTURE(tls);
  const HealthServer server(tls);
  GrpcBench bench(server.endpoint());
  bench.check.tls = tls;
  bench.check.timing.connect_timeout = 5s;
  if (tls) {
    // Nobody vouches for it.
    server.set("- 1\n");
    TlsDemands demands;
    demands.verify = true;
    bench.check.demands = demands;
    CHECK_THAT(bench.failure(), StartsWith("gRPC server [R]:tcp:80 fails the TLS handshake ("));
    bench.check.demands = {};
  }
  server.set("- 1\na.B 2\n");
  CHECK(bench.attempt() == ProbeOutcome{});
  bench.check.service = "a.B";
  CHECK(bench.failure() == "gRPC health of [R]:tcp:80: NOT_SERVING");
  server.set("- 1\na.B 1\n");
  CHECK(bench.attempt() == ProbeOutcome{});
  server.set("- 0\n");
  CHECK(bench.failure() == "gRPC health of [R]:tcp:80: gRPC status 5 (NOT_FOUND): no such service");
  bench.check.service = "";
  CHECK(bench.failure() == "gRPC health of [R]:tcp:80: UNKNOWN");
}

}  // namespace
}  // namespace understudy::checkers
