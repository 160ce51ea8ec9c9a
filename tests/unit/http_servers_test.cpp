// HTTP_GET and SSL_GET with all they can ask, against nginx, haproxy and Apache.
#include <catch2/catch.hpp>
#include <fstream>
#include <optional>

#include "checkers/http.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/check_bench.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_directory.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;

std::uint16_t free_port() { return Listener(1).port(); }

Endpoint at(std::uint16_t port) { return {*IpAddress::parse("127.0.0.1"), Port(port)}; }

HttpCheck check_of(const Endpoint& server, const std::string& path) {
  HttpCheck check;
  check.endpoint.destination = server;
  check.timing.connect_timeout = 5s;
  check.timing.delay_loop = 10s;
  check.urls.emplace_back();
  check.urls[0].path = path;
  return check;
}

BodyPattern pattern_of(std::string text) {
  BodyPattern pattern;
  pattern.pattern = std::move(text);
  return pattern;
}

struct Asker : Bench {
  std::shared_ptr<TlsContext> tls = std::make_shared<TlsContext>();

  ProbeOutcome ask(const HttpCheck& check) {
    std::optional<ProbeOutcome> outcome;
    const ProbeHost host{loop, log, tls};
    HttpProbe probe(host, check, {"[R]:tcp:80", "[V]:tcp:80"},
                    [&](const ProbeOutcome& o) { outcome = o; });
    loop.run_once(0ms);  // reads the clock
    probe.start(0);
    run_until([&] { return outcome.has_value(); }, 10s);
    REQUIRE(outcome);
    return *outcome;
  }
  /// Whether the body of the answer is as the pattern wants it.
  bool answers(HttpCheck check, const std::string& pattern) {
    check.urls[0].body = pattern_of(pattern);
    const auto outcome = ask(check);
    CAPTURE(pattern);
    CHECK((outcome.line == "Regex match success to [R]:tcp:80 url(" + check.urls[0].path + ")" ||
           outcome.line == "Regex match failed server [R]:tcp:80."));
    return outcome.result == Result::passed;
  }
};

/// An authority, and a server it has signed for api.example and 127.0.0.1.
struct Signed {
  TemporaryDirectory directory;
  Identity authority{"authority"};
  Identity server{"server", &authority, "DNS:api.example,IP:127.0.0.1"};

  Signed() {
    authority.write(directory.path("ca.pem"));
    server.write(directory.path("server.pem"), true);
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(directory.path(name)) << text;
  }
  [[nodiscard]] TlsFiles trust() const { return {"", directory.path("ca.pem"), "", ""}; }
};

/// nginx that says what it was asked, over plain HTTP and over TLS.
struct NginxEcho : Signed {
  std::uint16_t plain = free_port();
  std::uint16_t tls = free_port();
  Program program;

  NginxEcho() : program(command(), tls) {}
  std::vector<std::string> command() {
    const std::string root = directory.path("");
    std::string temporary;
    for (const char* what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      temporary += std::string(what) + "_temp_path " + root + "/" + what + ";\n";
    }
    const std::string answer =
        "default_type text/plain; location / { return 200 \"method=$request_method "
        "protocol=$server_protocol host=$http_host check=$http_x_check auth=$remote_user "
        "type=$http_content_type length=$http_content_length end\\n\"; }\n";
    const std::string secure =
        "ssl_certificate server.pem; ssl_certificate_key server.pem; ssl_client_certificate "
        "ca.pem; ssl_verify_client optional; location /tls { return 200 \"sni=$ssl_server_name "
        "client=$ssl_client_verify:$ssl_client_s_dn end\"; }\n";
    write("nginx.conf",
          "daemon off; master_process off; pid pid; error_log error.log;\nevents {}\n"
          "http {\n" +
              temporary +
              "access_log off;\n"
              "server { listen 127.0.0.1:" +
              std::to_string(plain) + ";" + answer + "}\nserver { listen 127.0.0.1:" +
              std::to_string(tls) + " ssl;" + secure + answer + "}\n}\n");
    return {
        "nginx", "-p", root, "-c", directory.path("nginx.conf"), "-e", directory.path("error.log")};
  }
};

TEST_CASE("nginx gets the request that was configured", "[http][nginx]") {
  const NginxEcho nginx;
  Asker asker;
  HttpCheck check = check_of(at(nginx.plain), "/");
  check.virtualhost = "www.example";
  CHECK(asker.answers(check,
                      "^method=GET protocol=HTTP/1.0 host=www.example check= auth= type= "
                      "length= end$"));
  check.protocol = HttpProtocol::http11;
  CHECK(asker.answers(check, "protocol=HTTP/1.1 "));
  check.protocol = HttpProtocol::http10_close;
  RequestExtras extras;
  extras.method = "POST";
  extras.fields = {{"X-Check", "a b"}, {"Content-Type", "application/json"}};
  extras.body = "{}";
  extras.credentials = "me:secret";
  check.urls[0].request = extras;
  check.urls[0].virtualhost = "other";
  CHECK(asker.answers(check,
                      "^method=POST protocol=HTTP/1.0 host=other check=a b auth=me "
                      "type=application/json length=2 end$"));
  CHECK_FALSE(asker.answers(check, "method=GET"));
  extras = {};
  extras.method = "HEAD";
  check.urls[0].request = extras;
  CHECK(asker.answers(check, "^HTTP/1.1 200 OK"));
  CHECK_FALSE(asker.answers(check, "method=HEAD"));
  check.urls[0].body.reset();
  CHECK(asker.ask(check).result == Result::passed);
}

TEST_CASE("credentials from a file are read at each request", "[http][nginx]") {
  const NginxEcho nginx;
  Asker asker;
  HttpCheck check = check_of(at(nginx.plain), "/");
  RequestExtras extras;
  extras.credentials_file = nginx.directory.path("secret");
  check.urls[0].request = extras;
  CHECK(asker.answers(check, "auth= "));
  CHECK(asker.logged() ==
        std::vector<std::string>{"Cannot read credentials for server [R]:tcp:80 from " +
                                 extras.credentials_file + ": No such file or directory"});
  nginx.write("secret", "you:1\nmore\n");
  CHECK(asker.answers(check, "auth=you "));
  nginx.write("secret", "they:2");
  CHECK(asker.answers(check, "auth=they "));
}

TEST_CASE("nginx over TLS: the name in the handshake and our certificate", "[http][nginx]") {
  const NginxEcho nginx;
  const Identity client("client", &nginx.authority, "");
  client.write(nginx.directory.path("client.pem"));
  client.write_key(nginx.directory.path("client.key"), "secret");
  Asker asker;
  HttpCheck check = check_of(at(nginx.tls), "/tls");
  check.tls = true;
  check.virtualhost = "api.example:8443";
  CHECK(asker.answers(check, "^sni= client=NONE: end"));
  check.enable_sni = true;
  CHECK(asker.answers(check, "^sni=api.example client=NONE: end"));
  TlsFiles files{"secret", "", nginx.directory.path("client.pem"),
                 nginx.directory.path("client.key")};
  CHECK(asker.tls->load(files).empty());
  CHECK(asker.answers(check, "client=SUCCESS:CN=client end"));
  // What cannot be loaded changes nothing.
  files.password = "wrong";
  CHECK(asker.tls->load(files).starts_with("SSL error : Cant load key file... " + files.key));
  files.certificate = nginx.directory.path("missing");
  CHECK(asker.tls->load(files) == "SSL error : Cant load certificate file... " + files.certificate +
                                      ": No such file or directory");
  CHECK(asker.tls->load({"", files.certificate, "", ""}) ==
        "SSL error : Cant load CA file... " + files.certificate + ": No such file or directory");
  CHECK(asker.answers(check, "client=SUCCESS:CN=client end"));
  CHECK(asker.tls->load({}).empty());
  CHECK(asker.answers(check, "client=NONE: end"));
}

TEST_CASE("a server's certificate is verified where that is asked for", "[http][tls]") {
  const NginxEcho nginx;
  Asker asker;
  HttpCheck check = check_of(at(nginx.tls), "/tls");
  check.tls = true;
  const ProbeOutcome refused{Result::failed,
                             "SSL handshake/communication error connecting to server [R]:tcp:80."};
  const auto with_name = [&](const std::string& name) {
    TlsDemands demands;
    demands.verify = true;
    demands.name = name;
    check.demands = demands;
  };
  CHECK(asker.ask(check).result == Result::passed);
  with_name("");
  CHECK(asker.ask(check) == refused);
  CHECK(asker.logged() ==
        std::vector<std::string>{"TLS with server [R]:tcp:80 as 127.0.0.1: unable to get local "
                                 "issuer certificate"});
  CHECK(asker.tls->load(nginx.trust()).empty());
  CHECK(asker.ask(check).result == Result::passed);
  with_name("api.example");
  CHECK(asker.ask(check).result == Result::passed);
  with_name("other.example");
  CHECK(asker.ask(check) == refused);
  CHECK(asker.logged().back() == "TLS with server [R]:tcp:80 as other.example: hostname mismatch");
  with_name("127.0.0.2");
  CHECK(asker.ask(check) == refused);
  CHECK(asker.logged().back() == "TLS with server [R]:tcp:80 as 127.0.0.2: IP address mismatch");
  // The name asked for, unless there is another.
  with_name("");
  check.virtualhost = "other.example";
  CHECK(asker.ask(check) == refused);
  check.urls[0].virtualhost = "api.example:443";
  CHECK(asker.ask(check).result == Result::passed);
}

TEST_CASE("a certificate that has ended, and one that soon will", "[http][tls]") {
  NginxEcho nginx;
  Asker asker;
  REQUIRE(asker.tls->load(nginx.trust()).empty());
  HttpCheck check = check_of(at(nginx.tls), "/tls");
  check.tls = true;
  TlsDemands demands;
  demands.expiry_days = 101;
  check.demands = demands;
  CHECK(asker.ask(check).result == Result::passed);
  REQUIRE(asker.logged().size() == 1);
  CHECK(asker.logged()[0].starts_with(
      "Certificate of server [R]:tcp:80 VS [V]:tcp:80 expires in 100 days, on "));
  demands.expiry_days = 5;
  check.demands = demands;
  CHECK(asker.ask(check).result == Result::passed);
  CHECK(asker.logged().back().starts_with(
      "Certificate of server [R]:tcp:80 VS [V]:tcp:80 valid until "));
}

TEST_CASE("an expired certificate fails when it is verified only", "[http][tls]") {
  Signed files;
  const Identity old("old", &files.authority, "IP:127.0.0.1", -10, -1);
  old.write(files.directory.path("server.pem"), true);
  const auto port = free_port();
  const Program program({"openssl", "s_server", "-accept", "127.0.0.1:" + std::to_string(port),
                         "-cert", files.directory.path("server.pem"), "-key",
                         files.directory.path("server.pem"), "-www", "-quiet"},
                        port);
  Asker asker;
  REQUIRE(asker.tls->load(files.trust()).empty());
  HttpCheck check = check_of(at(port), "/");
  check.tls = true;
  TlsDemands demands;
  demands.expiry_days = 1;
  check.demands = demands;
  CHECK(asker.ask(check).result == Result::passed);
  REQUIRE(asker.logged().size() == 1);
  CHECK(
      asker.logged()[0].starts_with("Certificate of server [R]:tcp:80 VS [V]:tcp:80 expired on "));
  demands.verify = true;
  check.demands = demands;
  CHECK(asker.ask(check).result == Result::failed);
  CHECK(asker.logged().back() ==
        "TLS with server [R]:tcp:80 as 127.0.0.1: certificate has expired");
}

TEST_CASE("haproxy, plain and over TLS", "[http][haproxy]") {
  const Signed files;
  const auto plain = free_port();
  const auto secure = free_port();
  files.write("haproxy.cfg",
              "global\n  maxconn 100\ndefaults\n  mode http\n  timeout client 5s\n"
              "frontend f\n  bind 127.0.0.1:" +
                  std::to_string(plain) + "\n  bind 127.0.0.1:" + std::to_string(secure) +
                  " ssl crt " + files.directory.path("server.pem") +
                  "\n  http-request return status 203 content-type text/plain lf-string "
                  "\"method=%[method] version=%[req.ver] body=%[req.body_len] "
                  "sni=%[ssl_fc_sni] end\"\n");
  const Program program({"haproxy", "-db", "-f", files.directory.path("haproxy.cfg")}, secure);
  Asker asker;
  REQUIRE(asker.tls->load(files.trust()).empty());
  HttpCheck check = check_of(at(plain), "/");
  check.protocol = GENERATE(HttpProtocol::http10, HttpProtocol::http10_close, HttpProtocol::http11);
  check.urls[0].status_codes = {{200, 202}};
  CHECK(asker.ask(check) ==
        ProbeOutcome{Result::failed, "HTTP status code error to server [R]:tcp:80."});
  check.urls[0].status_codes = {{200, 202}, {203, 203}};
  CHECK(asker.ask(check).result == Result::passed);
  CHECK(asker.answers(check,
                      check.protocol == HttpProtocol::http11 ? "version=1.1 " : "version=1.0 "));
  check.endpoint.destination = at(secure);
  check.tls = true;
  check.enable_sni = true;
  check.virtualhost = "api.example";
  TlsDemands demands;
  demands.verify = true;
  check.demands = demands;
  for (const bool goodbye : {false, true}) {
    check.tls_compliant = goodbye;
    CHECK(asker.answers(check, "sni=api.example end$"));
  }
}

TEST_CASE("Apache, plain and over TLS, with chunks and a password", "[http][apache]") {
  const Signed files;
  const auto plain = free_port();
  const auto secure = free_port();
  std::string modules;
  for (const char* module : {"mpm_event", "authz_core", "authn_core", "authn_file", "auth_basic",
                             "authz_user", "deflate", "filter", "mime", "ssl", "dir"}) {
    modules += std::string("LoadModule ") + module + "_module /usr/lib/apache2/modules/mod_" +
               module + ".so\n";
  }
  const std::string root = files.directory.path("");
  files.write("large.txt", std::string(150'000, 'x') + "needle" + std::string(50'000, 'y'));
  files.write("users", "me:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");  // of "secret"
  files.write("types", "text/plain txt\n");
  files.write("apache.conf",
              modules + "ServerName localhost\nPidFile pid\nErrorLog error.log\nServerRoot " +
                  root + "\nDocumentRoot " + root + "\nTypesConfig types\nListen 127.0.0.1:" +
                  std::to_string(plain) + "\nListen 127.0.0.1:" + std::to_string(secure) +
                  "\nAddOutputFilterByType DEFLATE text/plain\n<Location /large.txt>\nAuthType "
                  "Basic\nAuthName x\nAuthUserFile users\nRequire valid-user\n</Location>\n"
                  "<VirtualHost 127.0.0.1:" +
                  std::to_string(secure) +
                  ">\nSSLEngine on\nSSLCertificateFile server.pem\n</VirtualHost>\n");
  const Program program({"/usr/sbin/apache2", "-X", "-f", files.directory.path("apache.conf")},
                        secure);
  Asker asker;
  HttpCheck check = check_of(at(plain), "/large.txt");
  check.protocol = HttpProtocol::http11;
  check.tls = GENERATE(false, true);
  if (check.tls) check.endpoint.destination = at(secure);
  CHECK(asker.ask(check) ==
        ProbeOutcome{Result::failed, "HTTP status code error to server [R]:tcp:80."});
  RequestExtras extras;
  extras.credentials = "me:secret";
  check.urls[0].request = extras;
  CHECK(asker.answers(check, "xneedley"));
  BodyPattern pattern = pattern_of("needle");
  pattern.no_match = true;
  check.urls[0].body = pattern;
  CHECK(asker.ask(check) == ProbeOutcome{Result::failed, "Regex match failed server [R]:tcp:80."});
  pattern.max_offset = 149'999;
  check.urls[0].body = pattern;
  CHECK(asker.ask(check).result == Result::passed);
  // Compressed pages are chunked; what is looked at is what is in the chunks.
  check.urls[0].body.reset();
  extras.fields = {{"Accept-Encoding", "gzip"}};
  check.urls[0].request = extras;
  CHECK(asker.answers(check, "^\\x1f\\x8b\\x08"));
  CHECK_FALSE(asker.answers(check, "needle"));
}

}  // namespace
}  // namespace understudy::checkers
