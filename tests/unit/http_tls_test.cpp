// SSL_GET against servers that end TLS as they should not, and what we say at the end ourselves.
#include <openssl/ssl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "checkers/http.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/check_bench.hpp"
#include "tests/support/scripted_server.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;

const std::string kAnswer = "HTTP/1.0 200 OK\r\n\r\nhello\n";

/// A TLS server that does to each connection, after the handshake, what a test says.
class TlsServer {
 public:
  using Script = std::function<void(SSL* connection)>;

  explicit TlsServer(Script script)
      : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
        script_(std::move(script)),
        server_([this](int connection) { serve(connection); }) {
    const TemporaryDirectory directory;
    const Identity identity("server");
    const std::string file = directory.path("server.pem");
    identity.write(file, true);
    SSL_CTX_use_certificate_file(context_.get(), file.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_.get(), file.c_str(), SSL_FILETYPE_PEM);
  }
  [[nodiscard]] Endpoint endpoint() const { return server_.endpoint(); }

  static void send(SSL* connection, const std::string& text) {
    SSL_write(connection, text.data(), static_cast<int>(text.size()));
  }
  static void read_request(SSL* connection) {
    std::array<char, 4096> buffer{};
    SSL_read(connection, buffer.data(), static_cast<int>(buffer.size()));
  }

 private:
  void serve(int connection) {
    const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(ssl.get(), connection);
    if (SSL_accept(ssl.get()) == 1) script_(ssl.get());
  }

  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  Script script_;
  ScriptedServer server_;
};

HttpCheck check_of(const Endpoint& server) {
  HttpCheck check;
  check.endpoint.destination = server;
  check.timing.connect_timeout = 3s;
  check.timing.delay_loop = 5s;
  check.tls = true;
  check.urls.emplace_back();
  return check;
}

/// `busy`: what else the process does between any two turns.
ProbeOutcome attempt(const HttpCheck& check, std::chrono::microseconds busy = {}) {
  Bench bench;
  std::optional<ProbeOutcome> outcome;
  const ProbeHost host{bench.loop, bench.log, nullptr};
  HttpProbe probe(host, check, {"[R]:tcp:80", "[V]:tcp:80"},
                  [&](const ProbeOutcome& o) { outcome = o; });
  bench.loop.run_once(0ms);  // reads the clock
  probe.start(0);
  const auto done = [&] {
    if (!outcome) usleep(static_cast<useconds_t>(busy.count()));
    return outcome.has_value();
  };
  bench.run_until(done, 10s);
  REQUIRE(outcome);
  return *outcome;
}

TEST_CASE("a TLS server that is in time passes however late that is seen", "[http][tls][late]") {
  TlsServer server([&](SSL* connection) {
    TlsServer::read_request(connection);
    TlsServer::send(connection, kAnswer);
  });
  HttpCheck check = check_of(server.endpoint());
  check.timing.connect_timeout = 20ms;
  CHECK(attempt(check, 500ms).result == Result::passed);
}

TEST_CASE("how a server ends TLS is no matter of health once it has answered", "[http][tls]") {
  const bool polite = GENERATE(false, true);
  TlsServer server([&](SSL* connection) {
    TlsServer::read_request(connection);
    TlsServer::send(connection, kAnswer);
    if (polite) SSL_shutdown(connection);
  });
  HttpCheck check = check_of(server.endpoint());
  check.urls[0].digest = "b1946ac92492d2347c6235b4d2611184";  // of "hello\n"
  for (const bool compliant : {false, true}) {
    check.urls[0].tls_compliant = compliant;
    CHECK(attempt(check).result == Result::passed);
  }
}

TEST_CASE("a server that ends TLS without an answer, in the original's words", "[http][tls]") {
  bool polite = false;
  std::string line;
  SECTION("with close_notify") {
    polite = true;
    line = "SSL read error from server [R]:tcp:80.";
  }
  SECTION("without") { line = "Read, no data received from  server [R]:tcp:80."; }
  const std::string answer = GENERATE("", "HTTP/1.0 200 OK\r\n");
  TlsServer server([&](SSL* connection) {
    TlsServer::read_request(connection);
    if (!answer.empty()) TlsServer::send(connection, answer);
    if (polite) SSL_shutdown(connection);
  });
  CHECK(attempt(check_of(server.endpoint())) == ProbeOutcome{Result::failed, line});
}

TEST_CASE("tls_compliant: we say that we close", "[http][tls]") {
  const bool compliant = GENERATE(false, true);
  std::atomic<int> end{-1};
  TlsServer server([&](SSL* connection) {
    TlsServer::read_request(connection);
    TlsServer::send(connection, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
    char octet = 0;
    end = SSL_get_error(connection, SSL_read(connection, &octet, 1));
  });
  HttpCheck check = check_of(server.endpoint());
  check.tls_compliant = compliant;
  CHECK(attempt(check).result == Result::passed);
  for (int i = 0; i < 500 && end < 0; ++i) usleep(10'000);
  CHECK((end == SSL_ERROR_ZERO_RETURN) == compliant);
}

TEST_CASE("a handshake that breaks off, or is none", "[http][tls]") {
  const std::string first = GENERATE("", "\x16", "\x16\x03\x03\x40", "220 mail ESMTP\r\n",
                                     "HTTP/1.1 400 Bad Request\r\n\r\n");
  ScriptedServer server([&](int connection) {
    char octet = 0;
    recv(connection, &octet, 1, 0);
    if (!first.empty()) ScriptedServer::send_text(connection, first);
    shutdown(connection, SHUT_WR);
    while (recv(connection, &octet, 1, 0) == 1) {
    }
  });
  CHECK(attempt(check_of(server.endpoint())) ==
        ProbeOutcome{Result::failed,
                     "SSL handshake/communication error connecting to server [R]:tcp:80."});
}

TEST_CASE("key updates for ever do not hold up other timers", "[http][tls]") {
  std::atomic<bool> over{false};
  TlsServer server([&](SSL* connection) {
    TlsServer::read_request(connection);
    while (!over && SSL_key_update(connection, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
           SSL_do_handshake(connection) == 1) {
    }
  });
  Bench bench;
  int ticks = 0;
  Timer ticker(bench.loop, [&] {
    ++ticks;
    ticker.arm(bench.loop.now() + 10ms);
  });
  ticker.arm(bench.loop.now());
  std::optional<ProbeOutcome> outcome;
  const ProbeHost host{bench.loop, bench.log, nullptr};
  HttpCheck check = check_of(server.endpoint());
  check.timing.connect_timeout = 1s;
  HttpProbe probe(host, check, {"[R]:tcp:80", "[V]:tcp:80"},
                  [&](const ProbeOutcome& o) { outcome = o; });
  probe.start(0);
  bench.run_until([&] { return outcome.has_value(); }, 10s);
  over = true;
  REQUIRE(outcome);
  CHECK(outcome->result == Result::failed);
  CHECK(ticks > 20);
}

TEST_CASE("one octet in each record, in records as small as can be", "[http][tls]") {
  TlsServer server([&](SSL* connection) {
    TlsServer::read_request(connection);
    for (const char octet : kAnswer) TlsServer::send(connection, std::string(1, octet));
  });
  HttpCheck check = check_of(server.endpoint());
  BodyPattern pattern;
  pattern.pattern = "^h.*o$";
  check.urls[0].body = pattern;
  CHECK(attempt(check) == ProbeOutcome{Result::passed, "Regex match success to [R]:tcp:80 url(/)"});
}

}  // namespace
}  // namespace understudy::checkers
