// SSL { } from one configuration to the next.
#include "checkers/shared_tls.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/support/certificates.hpp"
#include "tests/support/check_bench.hpp"

namespace understudy::checkers {
namespace {

CheckersConfig config_with(const Check& check) {
  CheckersConfig config;
  config.virtual_servers.emplace_back().real_servers.emplace_back().checks = {check};
  return config;
}

Check http_check(bool tls) {
  HttpCheck check;
  check.tls = tls;
  return check;
}

TEST_CASE("TLS is made when a check needs it, and stays", "[tls]") {
  Bench bench;
  SharedTls shared(bench.log);
  CHECK(shared.follow(config_with(TcpCheck{})) == nullptr);
  CHECK(shared.follow(config_with(http_check(false))) == nullptr);
  const auto tls = shared.follow(config_with(http_check(true)));
  CHECK(tls != nullptr);
  GrpcCheck grpc;
  grpc.tls = true;
  CHECK(shared.follow(config_with(grpc)) == tls);
  CHECK(shared.follow(config_with(TcpCheck{})) == tls);
  CHECK(bench.logged().empty());
}

TEST_CASE("files are read at every reload; those that cannot be used change nothing", "[tls]") {
  Bench bench;
  SharedTls shared(bench.log);
  auto config = config_with(http_check(true));
  const std::string file = bench.directory.path("client.pem");
  config.tls = TlsFiles{"", "", file, file};
  const auto shown = [&] {
    const auto tls = shared.follow(config);
    return SSL_CTX_get0_certificate(tls->context());
  };
  CHECK(shown() == nullptr);
  CHECK(bench.logged() ==
        std::vector<std::string>{
            "SSL error : Cant load certificate file... " + file + ": No such file or directory",
            "SSL { } is not used as it stands: TLS checks go on as before"});
  const Identity client("client");
  client.write(file, true);
  const X509* first = shown();
  CHECK(first != nullptr);
  config.tls->key = bench.directory.path("missing");
  CHECK(shown() == first);
  config.tls.reset();
  CHECK(shown() == nullptr);
  CHECK(bench.logged().size() == 4);
}

TEST_CASE("what is no file is not waited for", "[tls]") {
  Bench bench;
  SharedTls shared(bench.log);
  auto config = config_with(http_check(true));
  const std::string file = bench.directory.path("pipe");
  REQUIRE(mkfifo(file.c_str(), 0600) == 0);
  std::string words;
  TlsFiles files;
  SECTION("certificate") {
    words = "certificate";
    files.certificate = file;
  }
  SECTION("key") {
    words = "key";
    files.key = file;
  }
  SECTION("CA") {
    words = "CA";
    files.ca = file;
  }
  config.tls = files;
  CHECK(shared.follow(config) != nullptr);
  CHECK(bench.logged().front() ==
        "SSL error : Cant load " + words + " file... " + file + ": not a regular file");
}

}  // namespace
}  // namespace understudy::checkers
