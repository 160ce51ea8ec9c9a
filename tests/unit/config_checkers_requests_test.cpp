// Requests and certificates beyond the original's.
#include <catch2/catch.hpp>

#include "tests/support/balancing_text.hpp"

using namespace understudy;
using namespace understudy::test;

namespace {

using Lines = std::vector<std::string>;
using checkers::HttpField;

checkers::HttpCheck read(const std::string& lines, const std::string& url = {}) {
  return read_check<checkers::HttpCheck>("SSL_GET {\n" + lines + "\nurl {\npath /\n" + url +
                                         "\n}\nurl {\npath /2\n}\n}");
}

Lines complaints(const std::string& lines, const std::string& url = {}) {
  return said(
      load_text(service_text({}, "SSL_GET {\n" + lines + "\nurl {\npath /\n" + url + "\n}\n}")));
}

}  // namespace

TEST_CASE("a check without further wishes has none") {
  const auto check = read("");
  CHECK_FALSE(check.demands);
  for (const auto& url : check.urls) CHECK_FALSE(url.request);
}

TEST_CASE("requests may have a method, a body and header fields") {
  const auto check = read(R"(request_header "X-All: a \"b\"")",
                          "request_method POST\nrequest_header X-One:1\n"
                          "request_header \"X-Empty:\"\nrequest_body \"{ \\\"a\\\": 1 }\"");
  const auto& request = *check.urls.at(0).request;
  CHECK(request.method == "POST");
  CHECK(request.body == R"({ "a": 1 })");
  CHECK(request.fields ==
        std::vector<HttpField>{{"X-All", R"(a "b")"}, {"X-One", "1"}, {"X-Empty", ""}});
  CHECK(check.urls.at(1).request->fields == std::vector<HttpField>{{"X-All", R"(a "b")"}});
  CHECK(check.urls.at(1).request->method == "GET");
}

TEST_CASE("requests may show credentials") {
  CHECK(read("basic_auth me secret").urls.at(1).request->credentials == "me:secret");
  CHECK(read("basic_auth me \"a b:c\"").urls.at(0).request->credentials == "me:a b:c");
  CHECK(read("basic_auth_file /etc/secret").urls.at(0).request->credentials_file == "/etc/secret");
}

TEST_CASE("certificates may be verified and watched") {
  const auto demands = *read("verify_server\nverify_name api.example\nexpiry_warning 14").demands;
  CHECK(demands.verify);
  CHECK(demands.name == "api.example");
  CHECK(demands.expiry_days == 14);
  CHECK_FALSE(read("verify_server no").demands);
}

TEST_CASE("what is wrong with requests and certificates") {
  CHECK(complaints("request_header X\nrequest_header \"a b: c\"\nrequest_header ': x'\n"
                   "request_header \"X: a\\nb\"\nrequest_header X: y\nbasic_auth a:b c\n"
                   "verify_server maybe") ==
        Lines{"Invalid request_header 'X'", "Invalid request_header 'a b: c'",
              "Invalid request_header ': x'", "Invalid request_header 'X: a\nb'",
              "request_header takes one word", "A user of basic_auth has no colon in its name",
              "Invalid verify_server parameter maybe"});
  CHECK(complaints("", "request_method \"GET /\"\nrequest_body a b\nrequest_body") ==
        Lines{"Invalid request_method 'GET /'", "request_body takes one word",
              "request_body takes one word"});
  CHECK_FALSE(complaints("expiry_warning 0").empty());
  CHECK(said(load_text(service_text({}, "HTTP_GET {\nverify_server\nurl {\npath /\n}\n}"))) ==
        Lines{"Unknown keyword 'verify_server'"});
}
