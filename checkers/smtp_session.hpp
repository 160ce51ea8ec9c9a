// What SMTP_CHECK says to a mail server: nothing before its greeting, HELO, QUIT (RFC 5321). No
// sockets.
#pragma once

#include <cstdint>
#include <string>

#include "checkers/dialogue.hpp"
#include "daemon/base/smtp_reply.hpp"

namespace understudy::checkers {

/// One session; made anew for each attempt.
class SmtpSession : public Dialogue {
 public:
  enum class Result : std::uint8_t {
    /// Not all was said and answered.
    open,
    /// The greeting was 220, the reply to HELO 250, and QUIT was answered.
    good,
    /// The greeting was something else.
    bad_greeting,
    /// The reply to HELO was something else, or came before HELO.
    bad_helo,
    /// The answer to QUIT is no SMTP.
    bad_quit,
  };

  /// `helo_name` is what this machine calls itself.
  explicit SmtpSession(const std::string& helo_name);

  std::string take_output() override;
  void receive(ByteView data) override;
  void end() override { ended_ = true; }
  [[nodiscard]] bool over() const override { return ended_ || answered(); }
  [[nodiscard]] bool answered() const override { return result_ != Result::open; }

  [[nodiscard]] Result result() const { return result_; }

 private:
  enum class Awaited : std::uint8_t { greeting, helo, quit };

  void on_reply(int code);

  SmtpReplyReader reader_;
  std::string helo_;
  std::string output_;
  Awaited awaited_ = Awaited::greeting;
  Result result_ = Result::open;
  bool ended_ = false;
};

}  // namespace understudy::checkers
