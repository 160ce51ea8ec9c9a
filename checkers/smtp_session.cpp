#include "checkers/smtp_session.hpp"

#include <utility>

namespace understudy::checkers {
namespace {

constexpr int kServiceReady = 220;
constexpr int kOk = 250;

}  // namespace

SmtpSession::SmtpSession(const std::string& helo_name) : helo_("HELO " + helo_name + "\r\n") {}

std::string SmtpSession::take_output() { return std::exchange(output_, {}); }

void SmtpSession::receive(ByteView data) {
  if (over()) return;
  reader_.feed({reinterpret_cast<const char*>(data.data()), data.size()});
  while (!over()) {
    const auto reply = reader_.next();
    if (!reply) return;
    on_reply(reply->code);
    // Whoever answers what was not said yet does not listen.
    if (!over() && !reader_.unread().empty()) on_reply(0);
  }
}

void SmtpSession::on_reply(int code) {
  switch (awaited_) {
    case Awaited::greeting:
      if (code != kServiceReady) {
        result_ = Result::bad_greeting;
        return;
      }
      awaited_ = Awaited::helo;
      output_ = std::move(helo_);
      return;
    case Awaited::helo:
      if (code != kOk) {
        result_ = Result::bad_helo;
        return;
      }
      awaited_ = Awaited::quit;
      output_ = "QUIT\r\n";
      return;
    case Awaited::quit:
      result_ = code == 0 ? Result::bad_quit : Result::good;
      return;
  }
}

}  // namespace understudy::checkers
