// The client's side of an SMTP session (RFC 5321) that delivers one mail: octets of the server in,
// octets for the server out. It owns no socket and no clock.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/smtp_reply.hpp"

namespace understudy::run {

/// Everything one session needs.
struct SmtpMessage {
  /// Argument of HELO.
  std::string helo;
  /// As configured: "a@b" or "Name <a@b>".
  std::string from;
  std::vector<std::string> to;
  /// Header and body, lines ending in CRLF or LF; made ready for the wire by the dialogue.
  std::string content;
};

/// Header and body of an alert as keepalived writes them: Date, From, Subject, X-Mailer, To. `date`
/// is in RFC 5322 form. Control characters in what goes into the header become blanks.
[[nodiscard]] std::string alert_content(const std::string& date, const std::string& from,
                                        const std::vector<std::string>& to,
                                        const std::string& subject, const std::string& body);

/// "<a@b>" of "a@b" and of "Name <a@b>".
[[nodiscard]] std::string envelope_address(std::string_view address);

/// Where a session is: which reply is awaited.
enum class SmtpStage { greeting, helo, mail, rcpt, data, body, quit, ended };

/// A refusal of the server, or a reply that is none.
struct SmtpRefusal {
  SmtpStage stage;
  /// Reply code, 0 if what came was not a reply.
  int code;
  /// First line of the reply, printable characters only.
  std::string text;
  /// Who was refused, when the stage is rcpt.
  std::string recipient;
};

/// A session. Feed it what the server says, send what take_output() gives, close when ended(). A
/// recipient that is refused does not stop delivery to the others.
class SmtpDialogue {
 public:
  explicit SmtpDialogue(SmtpMessage message) : message_(std::move(message)) {}

  /// Octets from the server, cut anywhere.
  void receive(std::string_view octets);
  /// What is to be sent now; empty when it is the server's turn.
  [[nodiscard]] std::string take_output();
  /// Gives up politely: QUIT, unless that was said already; then the session is over.
  void give_up();

  [[nodiscard]] SmtpStage stage() const { return stage_; }
  [[nodiscard]] bool ended() const { return stage_ == SmtpStage::ended; }
  /// The server has taken responsibility for the mail.
  [[nodiscard]] bool delivered() const { return delivered_; }
  /// In order of their arrival.
  [[nodiscard]] const std::vector<SmtpRefusal>& refusals() const { return refusals_; }

 private:
  void on_reply(int code);
  void advance(SmtpStage next, std::string command);
  void refuse(int code);
  void next_recipient();

  SmtpMessage message_;
  SmtpStage stage_ = SmtpStage::greeting;
  SmtpReplyReader reader_;
  std::string output_;
  /// Of the last reply.
  std::string text_;
  std::size_t recipient_ = 0;
  std::size_t accepted_ = 0;
  bool delivered_ = false;
  std::vector<SmtpRefusal> refusals_;
};

/// "HELO", "MAIL" …, as keepalived's messages call them.
[[nodiscard]] const char* stage_name(SmtpStage stage);

}  // namespace understudy::run
