// HTTP_GET and SSL_GET against a real web server.
#include <catch2/catch.hpp>
#include <optional>

#include "checkers/http.hpp"
#include "tests/support/check_bench.hpp"
#include "tests/support/nginx.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;

HttpCheck check_of(const Endpoint& server, const std::string& path) {
  HttpCheck check;
  check.endpoint.destination = server;
  check.timing.connect_timeout = 2s;
  check.timing.delay_loop = 5s;
  check.urls.emplace_back();
  check.urls[0].path = path;
  return check;
}

ProbeOutcome attempt(const HttpCheck& check, std::size_t times = 1) {
  Bench bench;
  std::optional<ProbeOutcome> outcome;
  const ProbeHost host{bench.loop, bench.log, nullptr};
  HttpProbe probe(host, check, {"[R]:tcp:80", "[V]:tcp:80"},
                  [&](const ProbeOutcome& o) { outcome = o; });
  for (std::size_t i = 0; i < times; ++i) {
    outcome.reset();
    bench.loop.run_once(0ms);  // reads the clock
    probe.start(0);
    bench.run_until([&] { return outcome.has_value(); }, 10s);
  }
  REQUIRE(outcome);
  return *outcome;
}

TEST_CASE("nginx over HTTP: pages, digests, status codes and virtual hosts", "[http][nginx]") {
  const Nginx nginx;
  CHECK(attempt(check_of(nginx.plain(), "/hello.txt")).result == Result::passed);
  CHECK(attempt(check_of(nginx.plain(), "/missing")) ==
        ProbeOutcome{Result::failed, "HTTP status code error to server [R]:tcp:80."});
  HttpCheck check = check_of(nginx.plain(), "/missing");
  check.urls[0].status_codes = {{404, 404}};
  CHECK(attempt(check).result == Result::passed);
  check = check_of(nginx.plain(), "/hello.txt");
  check.urls[0].digest = "b1946ac92492d2347c6235b4d2611184";
  CHECK(attempt(check) ==
        ProbeOutcome{Result::passed, "MD5 digest success to [R]:tcp:80 url(/hello.txt)"});
  check = check_of(nginx.plain(), "/");
  check.virtualhost = "other";
  check.urls[0].status_codes = {{203, 203}};
  CHECK(attempt(check).result == Result::passed);
  check.urls[0].virtualhost = "www";
  CHECK(attempt(check).result == Result::failed);
}

TEST_CASE("nginx over TLS, with a certificate nobody signed", "[http][nginx]") {
  const Nginx nginx;
  nginx.write("large", std::string(3'000'000, 'x'));
  HttpCheck check = check_of(nginx.tls(), "/large");
  check.tls = true;
  check.urls[0].digest = "8e32e22642bddc89698e25a4e9bf528b";
  CHECK(attempt(check, 3).result == Result::passed);
  check.urls[0].digest = "00000000000000000000000000000000";
  CHECK(attempt(check) == ProbeOutcome{Result::failed, "MD5 digest error to server [R]:tcp:80."});
  check.endpoint.destination = nginx.plain();
  CHECK(attempt(check) ==
        ProbeOutcome{Result::failed,
                     "SSL handshake/communication error connecting to server [R]:tcp:80."});
  // nginx answers plain text on its TLS port with a 400.
  check = check_of(nginx.tls(), "/");
  CHECK(attempt(check) ==
        ProbeOutcome{Result::failed, "HTTP status code error to server [R]:tcp:80."});
}

}  // namespace
}  // namespace understudy::checkers
