#include "daemon/run/smtp_dialogue.hpp"

#include <algorithm>
#include <utility>

namespace understudy::run {
namespace {

constexpr int kServiceReady = 220;
constexpr int kClosing = 221;
constexpr int kOk = 250;
constexpr int kWillForward = 251;
constexpr int kCannotVerify = 252;
constexpr int kStartMailInput = 354;
constexpr int kServiceNotAvailable = 421;

bool printable(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; }

/// What may stand on one line of a header or command.
std::string one_line(std::string_view text) {
  std::string result(text);
  std::replace_if(
      result.begin(), result.end(), [](char c) { return !printable(c); }, ' ');
  return result;
}

/// CRLF line ends, a dot before a line that begins with one, the end mark (RFC 5321 4.5.2).
std::string for_the_wire(std::string_view content) {
  std::string result;
  result.reserve(content.size() + content.size() / 16 + 8);
  while (!content.empty()) {
    const auto end = std::min(content.find('\n'), content.size());
    std::string_view line = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with('.')) result += '.';
    // A bare CR would be a line end to some servers and not to others.
    for (const char c : line) result += c == '\r' ? ' ' : c;
    result += "\r\n";
  }
  return result + ".\r\n";
}

}  // namespace

std::string alert_content(const std::string& date, const std::string& from,
                          const std::vector<std::string>& to, const std::string& subject,
                          const std::string& body) {
  std::string content = "Date: " + date + "\r\nFrom: " + one_line(from) +
                        "\r\nSubject: " + one_line(subject) + "\r\nX-Mailer: Keepalived\r\nTo:";
  for (std::size_t i = 0; i < to.size(); ++i) {
    content += (i == 0 ? " " : ",\r\n ") + one_line(to[i]);
  }
  return content + "\r\n\r\n" + body + "\r\n\r\n";
}

std::string envelope_address(std::string_view address) {
  const auto open = address.rfind('<');
  if (address.ends_with('>') && open != std::string_view::npos) {
    return one_line(address.substr(open));
  }
  return "<" + one_line(address) + ">";
}

const char* stage_name(SmtpStage stage) {
  switch (stage) {
    case SmtpStage::greeting:
      return "(E)SMTP";
    case SmtpStage::helo:
      return "HELO";
    case SmtpStage::mail:
      return "MAIL";
    case SmtpStage::rcpt:
      return "RCPT";
    case SmtpStage::data:
      return "DATA";
    case SmtpStage::body:
      return "BODY";
    case SmtpStage::quit:
    case SmtpStage::ended:
      break;
  }
  return "QUIT";
}

void SmtpDialogue::receive(std::string_view octets) {
  reader_.feed(octets);
  while (!ended()) {
    const auto reply = reader_.next();
    if (!reply) return;
    text_ = one_line(reply->text);
    if (reply->code == 0) return refuse(0);
    on_reply(reply->code);
    // A server that answers what was not said yet would "accept" a mail it never saw.
    if (!output_.empty() && !reader_.unread().empty()) {
      constexpr std::size_t kShown = 80;
      text_ = one_line(reader_.unread().substr(0, kShown));
      return refuse(0);
    }
  }
}

void SmtpDialogue::on_reply(int code) {
  switch (stage_) {
    case SmtpStage::greeting:
      if (code != kServiceReady) return refuse(code);
      return advance(SmtpStage::helo, "HELO " + one_line(message_.helo));
    case SmtpStage::helo:
      if (code != kOk) return refuse(code);
      return advance(SmtpStage::mail, "MAIL FROM:" + envelope_address(message_.from));
    case SmtpStage::mail:
      if (code != kOk) return refuse(code);
      return next_recipient();
    case SmtpStage::rcpt:
      if (code == kServiceNotAvailable) return refuse(code);
      if (code == kOk || code == kWillForward || code == kCannotVerify) {
        ++accepted_;
      } else {
        refusals_.push_back({stage_, code, text_, message_.to[recipient_ - 1]});
      }
      return next_recipient();
    case SmtpStage::data:
      if (code != kStartMailInput) return refuse(code);
      stage_ = SmtpStage::body;
      output_ += for_the_wire(message_.content);
      return;
    case SmtpStage::body:
      if (code != kOk) return refuse(code);
      delivered_ = true;
      return give_up();
    case SmtpStage::quit:
      if (code != kClosing && !delivered_ && refusals_.empty()) return refuse(code);
      stage_ = SmtpStage::ended;
      return;
    case SmtpStage::ended:
      return;
  }
}

void SmtpDialogue::next_recipient() {
  if (recipient_ < message_.to.size()) {
    const std::string& to = message_.to[recipient_++];
    return advance(SmtpStage::rcpt, "RCPT TO:" + envelope_address(to));
  }
  if (accepted_ == 0) return give_up();
  advance(SmtpStage::data, "DATA");
}

void SmtpDialogue::advance(SmtpStage next, std::string command) {
  stage_ = next;
  output_ += std::move(command) + "\r\n";
}

void SmtpDialogue::refuse(int code) {
  if (stage_ != SmtpStage::quit) refusals_.push_back({stage_, code, text_, {}});
  give_up();
  // Whoever does not speak SMTP, or says it closes, is not talked to any longer.
  if (code == 0 || code == kServiceNotAvailable) {
    output_.clear();
    stage_ = SmtpStage::ended;
  }
}

void SmtpDialogue::give_up() {
  if (stage_ == SmtpStage::quit || stage_ == SmtpStage::ended) {
    stage_ = SmtpStage::ended;
    return;
  }
  advance(SmtpStage::quit, "QUIT");
}

std::string SmtpDialogue::take_output() { return std::exchange(output_, {}); }

}  // namespace understudy::run
