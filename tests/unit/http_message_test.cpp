// HTTP_GET's octets: requests, responses in pieces, crafted headers, digests.
#include "checkers/http_message.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "checkers/http.hpp"
#include "tests/support/octets.hpp"

namespace understudy::checkers {
namespace {

using State = HttpReader::State;

const std::string kHelloDigest = "b1946ac92492d2347c6235b4d2611184";  // of "hello\n"

/// Feeds `text` in pieces of `size` octets.
void feed(HttpReader& reader, const std::string& text, std::size_t size) {
  for (std::size_t i = 0; i < text.size(); i += size) {
    reader.feed(as_bytes(text.substr(i, size)));
  }
}

TEST_CASE("the request is keepalived's, octet for octet", "[http]") {
  HttpRequest request;
  request.host = "10.1.38.13:80";
  CHECK(to_text(request) ==
        "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 10.1.38.13:80\r\n\r\n");
  request.path = "/x";
  request.host = "www";
  request.protocol = HttpProtocol::http10_close;
  CHECK(to_text(request) ==
        "GET /x HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: "
        "www\r\n\r\n");
  request.protocol = HttpProtocol::http11;
  CHECK(to_text(request) ==
        "GET /x HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: "
        "www\r\n\r\n");
}

TEST_CASE("requests with more than keepalived's", "[http]") {
  HttpRequest request;
  request.method = "POST";
  request.host = "www";
  request.fields = {{"X-Check", "a b"}, {"user-agent", "me"}, {"Accept", "*/*"}, {"X-Check", "2"}};
  request.body = "hello";
  CHECK(to_text(request) ==
        "POST / HTTP/1.0\r\nuser-agent: me\r\nHost: www\r\nX-Check: a b\r\nAccept: */*\r\n"
        "X-Check: 2\r\nContent-Length: 5\r\n\r\nhello");
  request.body.clear();
  request.fields = {{"HOST", "other"}, {"Connection", "keep-alive"}};
  CHECK(to_text(request) ==
        "POST / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: keep-alive\r\n"
        "HOST: other\r\nContent-Length: 0\r\n\r\n");
  request = {};
  request.method = "OPTIONS";
  request.path = "*";
  CHECK(to_text(request) == "OPTIONS * HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\n\r\n");
}

TEST_CASE("credentials as RFC 7617 has them", "[http]") {
  CHECK(basic_credentials("Aladdin:open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  CHECK(basic_credentials("test:123\xc2\xa3") == "Basic dGVzdDoxMjPCow==");
  CHECK(basic_credentials("a:") == "Basic YTo=");
  CHECK(basic_credentials("") == "Basic ");
}

TEST_CASE("the content of a body is what its chunks contain", "[http]") {
  const auto& [answer, content] = GENERATE(table<std::string, std::string>({
      {"HTTP/1.1 200 OK\r\n\r\nhello", "hello"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhello", "hel"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n"
       "A: b\r\n\r\nmore",
       "hello"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\nzz\r\nllo\r\n0\r\n\r\n",
       "he"},
      {"HTTP/1.1 204 No\r\n\r\nhello", ""},
  }));
  for (std::size_t size = 1; size <= answer.size(); ++size) {
    std::string taken;
    HttpReader::Observer observer;
    observer.content = [&](ByteView data) {
      taken.append(reinterpret_cast<const char*>(data.data()), data.size());
    };
    HttpReader reader(false, observer);
    feed(reader, answer, size);
    reader.end();
    CAPTURE(answer, size);
    CHECK(taken == content);
  }
}

TEST_CASE("the answer to HEAD has no body, whatever its header says", "[http]") {
  for (const char* header : {"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                             "HTTP/1.1 200 OK\r\n\r\n", "HTTP/9 200 OK\r\n: x\r\n\r\n"}) {
    HttpReader reader(false, {}, true);
    feed(reader, header, 3);
    CAPTURE(header);
    CHECK(reader.state() == HttpReader::State::complete);
    CHECK(reader.status() == 200);
    CHECK_FALSE(reader.content_length());
    CHECK(reader.body_octets() == 0);
  }
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

}  // namespace
}  // namespace understudy::checkers
