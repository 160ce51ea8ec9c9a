// The SMTP dialogue against servers of every kind, without a socket.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "daemon/run/smtp_dialogue.hpp"

using namespace understudy::run;

namespace {

const std::vector<std::string> kTo{"root@example.org", "Night Shift <night@example.org>"};

SmtpMessage message(const std::string& body = "=> text <=") {
  return {"node-00.example.org", "Lvs <lvs@example.org>", kTo,
          alert_content("Sat, 21 Nov 2026 08:13:10 +0000", "Lvs <lvs@example.org>", kTo,
                        "[node-00] VRRP Instance VI_1 - Entering MASTER state", body)};
}

/// What the client says to `reply`.
std::string say(SmtpDialogue& dialogue, const std::string& reply) {
  dialogue.receive(reply);
  return dialogue.take_output();
}

/// Goes on until the reply to DATA is awaited.
void until_data(SmtpDialogue& dialogue) {
  say(dialogue, "220 hello\r\n");
  say(dialogue, "250 hello\r\n");
  say(dialogue, "250 sender\r\n");
  say(dialogue, "250 first\r\n");
  REQUIRE(say(dialogue, "250 second\r\n") == "DATA\r\n");
}

}  // namespace

TEST_CASE("a mail is delivered with keepalived's header") {
  SmtpDialogue dialogue(message());
  CHECK(dialogue.take_output().empty());
  CHECK(say(dialogue, "220 mx ESMTP\r\n") == "HELO node-00.example.org\r\n");
  CHECK(say(dialogue, "250 mx\r\n") == "MAIL FROM:<lvs@example.org>\r\n");
  CHECK(say(dialogue, "250 ok\r\n") == "RCPT TO:<root@example.org>\r\n");
  CHECK(say(dialogue, "250 ok\r\n") == "RCPT TO:<night@example.org>\r\n");
  CHECK(say(dialogue, "250 ok\r\n") == "DATA\r\n");
  CHECK(say(dialogue, "354 go on\r\n") ==
        "Date: Sat, 21 Nov 2026 08:13:10 +0000\r\n"
        "From: Lvs <lvs@example.org>\r\n"
        "Subject: [node-00] VRRP Instance VI_1 - Entering MASTER state\r\n"
        "X-Mailer: Keepalived\r\n"
        "To: root@example.org,\r\n"
        " Night Shift <night@example.org>\r\n"
        "\r\n"
        "=> text <=\r\n"
        "\r\n"
        ".\r\n");
  CHECK_FALSE(dialogue.delivered());
  CHECK(say(dialogue, "250 queued\r\n") == "QUIT\r\n");
  CHECK(dialogue.delivered());
  CHECK_FALSE(dialogue.ended());
  CHECK(say(dialogue, "221 bye\r\n").empty());
  CHECK(dialogue.ended());
  CHECK(dialogue.refusals().empty());
}

TEST_CASE("replies come in any number of lines and pieces") {
  SmtpDialogue dialogue(message());
  const std::string banner = "220-welcome\r\n220-to\r\n220 mx\r\n";
  for (std::size_t i = 0; i + 1 < banner.size(); ++i)
    CHECK(say(dialogue, banner.substr(i, 1)).empty());
  CHECK(say(dialogue, "\n") == "HELO node-00.example.org\r\n");
  CHECK(say(dialogue, "250-mx\n250-SIZE\n250\n") == "MAIL FROM:<lvs@example.org>\r\n");
}

TEST_CASE("dots, bare line feeds and carriage returns of a body are made safe") {
  SmtpDialogue dialogue(message(".\r\n..x\n.\nend\rof it"));
  until_data(dialogue);
  const std::string sent = say(dialogue, "354 go on\r\n");
  const std::string body = sent.substr(sent.find("\r\n\r\n") + 4);
  CHECK(body == "..\r\n...x\r\n..\r\nend of it\r\n\r\n.\r\n");
}

TEST_CASE("a header cannot be smuggled in") {
  const std::string content =
      alert_content("D", "f\r\nBcc: a@b", {"t\nX: y"}, "s\r\n\r\nbody", "b");
  CHECK(content ==
        "Date: D\r\nFrom: f  Bcc: a@b\r\nSubject: s    body\r\nX-Mailer: Keepalived\r\n"
        "To: t X: y\r\n\r\nb\r\n\r\n");
  CHECK(envelope_address("a@b\r\nDATA") == "<a@b  DATA>");
  CHECK(envelope_address("x <a> <b@c>") == "<b@c>");
}

TEST_CASE("a refusal at any stage ends in QUIT and is kept with its code") {
  const std::vector<std::string> good{"220 a\r\n", "250 b\r\n", "250 c\r\n", "250 d\r\n",
                                      "250 e\r\n", "354 f\r\n", "250 g\r\n"};
  const std::vector<SmtpStage> stages{SmtpStage::greeting, SmtpStage::helo, SmtpStage::mail,
                                      SmtpStage::rcpt,     SmtpStage::rcpt, SmtpStage::data,
                                      SmtpStage::body};
  for (std::size_t refused : {0U, 1U, 2U, 5U, 6U}) {
    SmtpDialogue dialogue(message());
    for (std::size_t i = 0; i < refused; ++i) say(dialogue, good[i]);
    CHECK(say(dialogue, "554-no\r\n554 thanks\x01\r\n") == "QUIT\r\n");
    CHECK_FALSE(dialogue.delivered());
    REQUIRE(dialogue.refusals().size() == 1);
    CHECK(dialogue.refusals()[0].stage == stages[refused]);
    CHECK(dialogue.refusals()[0].code == 554);
    CHECK(dialogue.refusals()[0].text == "554-no");
    CHECK(say(dialogue, "221 bye\r\n").empty());
    CHECK(dialogue.ended());
  }
}

TEST_CASE("a refused recipient does not stop delivery to the other") {
  SmtpDialogue dialogue(message());
  say(dialogue, "220 a\r\n");
  say(dialogue, "250 b\r\n");
  say(dialogue, "250 c\r\n");
  CHECK(say(dialogue, "550 who?\r\n") == "RCPT TO:<night@example.org>\r\n");
  SECTION("one is left") {
    CHECK(say(dialogue, "251 will forward\r\n") == "DATA\r\n");
    say(dialogue, "354 go\r\n");
    say(dialogue, "250 ok\r\n");
    CHECK(dialogue.delivered());
    REQUIRE(dialogue.refusals().size() == 1);
    CHECK(dialogue.refusals()[0].recipient == "root@example.org");
  }
  SECTION("none is left") {
    CHECK(say(dialogue, "450 later\r\n") == "QUIT\r\n");
    CHECK_FALSE(dialogue.delivered());
    CHECK(dialogue.refusals().size() == 2);
  }
}

TEST_CASE("what is not SMTP ends the session at once") {
  SmtpDialogue dialogue(message());
  SECTION("text") { dialogue.receive("HTTP/1.0 400 Bad Request\r\n"); }
  SECTION("a number too small") { dialogue.receive("120 x\r\n"); }
  SECTION("a number too large") { dialogue.receive("620 x\r\n"); }
  SECTION("too short") { dialogue.receive("22\r\n"); }
  SECTION("no separator") { dialogue.receive("220x\r\n"); }
  SECTION("codes that change within a reply") { dialogue.receive("220-x\r\n250 y\r\n"); }
  SECTION("a line without end") {
    dialogue.receive(std::string(understudy::SmtpReplyReader::kLongestLine + 1, '2'));
  }
  SECTION("a reply without end") {
    for (std::size_t i = 0; i <= understudy::SmtpReplyReader::kMostLines; ++i)
      dialogue.receive("220-again\r\n");
  }
  SECTION("answers to what was not said yet") { dialogue.receive("220 a\r\n250 b\r\n250 c\r\n"); }
  CHECK(dialogue.ended());
  CHECK(dialogue.take_output().empty());
  CHECK_FALSE(dialogue.delivered());
  REQUIRE(dialogue.refusals().size() == 1);
  CHECK(dialogue.refusals()[0].code == 0);
}

TEST_CASE("421 is a good-bye at any stage") {
  SmtpDialogue dialogue(message());
  say(dialogue, "220 a\r\n");
  say(dialogue, "250 b\r\n");
  say(dialogue, "250 c\r\n");
  CHECK(say(dialogue, "421 shutting down\r\n").empty());
  CHECK(dialogue.ended());
  CHECK(dialogue.refusals().at(0).code == 421);
}

TEST_CASE("giving up says QUIT once") {
  SmtpDialogue dialogue(message());
  say(dialogue, "220 a\r\n");
  dialogue.give_up();
  CHECK(dialogue.take_output() == "QUIT\r\n");
  dialogue.give_up();
  CHECK(dialogue.ended());
  CHECK(dialogue.take_output().empty());
}
