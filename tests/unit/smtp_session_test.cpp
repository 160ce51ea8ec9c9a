// What SMTP_CHECK says and what it makes of the answers.
#include "checkers/smtp_session.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

namespace understudy::checkers {
namespace {

using Result = SmtpSession::Result;

void hear(SmtpSession& session, std::string_view text) {
  session.receive({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string say(SmtpSession& session, std::string_view text) {
  hear(session, text);
  return session.take_output();
}

TEST_CASE("the session with a good server", "[smtp]") {
  SmtpSession session("director.example.org");
  CHECK(session.take_output().empty());
  CHECK(say(session, "220 mail ESMTP\r\n") == "HELO director.example.org\r\n");
  CHECK(say(session, "250 hello\r\n") == "QUIT\r\n");
  CHECK_FALSE(session.over());
  CHECK(say(session, "221 bye\r\n").empty());
  CHECK(session.over());
  CHECK(session.result() == Result::good);
}

TEST_CASE("replies of several lines, without text, ending in LF, octet by octet", "[smtp]") {
  SmtpSession session("x");
  std::string said;
  for (const char c : std::string_view("220-mail\r\n220-still\n220\r\n")) {
    said += say(session, std::string_view(&c, 1));
  }
  CHECK(said == "HELO x\r\n");
  CHECK(say(session, "250-mail\r\n250 hello\n") == "QUIT\r\n");
  // Any reply to QUIT will do.
  say(session, "500 what?\r\n");
  CHECK(session.result() == Result::good);
}

TEST_CASE("greetings that are none", "[smtp]") {
  const auto greeting =
      GENERATE("554 no\r\n", "421 busy\r\n", "HTTP/1.0 400 Bad Request\r\n", "\r\n", "2200 x\r\n",
               "220-a\r\n250 b\r\n", "22\r\n", "SSH-2.0-OpenSSH_9.2\r\n");
  SmtpSession session("x");
  CHECK(say(session, greeting).empty());
  CHECK(session.over());
  CHECK(session.result() == Result::bad_greeting);
}

TEST_CASE("greetings without end are given up", "[smtp]") {
  SmtpSession session("x");
  const std::string piece = GENERATE(std::string(100, '2'), std::string("220-again\r\n"));
  for (int i = 0; i < 300; ++i) hear(session, piece);
  CHECK(session.result() == Result::bad_greeting);
}

TEST_CASE("answers to HELO that are none", "[smtp]") {
  SmtpSession session("x");
  say(session, "220 a\r\n");
  say(session, GENERATE("220 again\r\n", "550 no\r\n", "hello\r\n"));
  CHECK(session.result() == Result::bad_helo);
}

TEST_CASE("whoever answers before being asked does not listen", "[smtp]") {
  SmtpSession session("x");
  hear(session, "220 a\r\n250 b\r\n221 c\r\n");
  CHECK(session.result() == Result::bad_helo);
}

TEST_CASE("QUIT is answered by something else than SMTP", "[smtp]") {
  SmtpSession session("x");
  say(session, "220 a\r\n");
  say(session, "250 b\r\n");
  say(session, "good-bye\r\n");
  CHECK(session.result() == Result::bad_quit);
}

TEST_CASE("a server that closes early has given no answer", "[smtp]") {
  SmtpSession session("x");
  say(session, "220 a\r\n");
  session.end();
  CHECK(session.over());
  CHECK_FALSE(session.answered());
}

}  // namespace
}  // namespace understudy::checkers
