#include "daemon/base/smtp_reply.hpp"

#include <utility>

namespace understudy {
namespace {

/// What is shown of a line without end.
constexpr std::size_t kShownOfOverlong = 80;

/// The code of a reply line and whether it is the last; nullopt if it is no reply.
struct ReplyLine {
  int code;
  bool last;
};

std::optional<ReplyLine> parse_line(std::string_view line) {
  const auto digit = [](char c, char low, char high) { return c >= low && c <= high; };
  if (line.size() < 3 || !digit(line[0], '2', '5') || !digit(line[1], '0', '9') ||
      !digit(line[2], '0', '9')) {
    return std::nullopt;
  }
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return std::nullopt;
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  return ReplyLine{code, line.size() == 3 || line[3] == ' '};
}

}  // namespace

std::optional<SmtpReply> SmtpReplyReader::next() {
  for (;;) {
    const auto end = input_.find('\n');
    if (end == std::string::npos) {
      if (input_.size() <= kLongestLine) return std::nullopt;
      if (lines_ == 0) text_ = input_.substr(0, kShownOfOverlong);
      return give(0);
    }
    std::string line = input_.substr(0, end);
    input_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    const auto parsed = parse_line(line);
    if (lines_++ == 0) text_ = std::move(line);
    // All lines of a reply have the same code.
    if (!parsed || lines_ > kMostLines || (code_ && *code_ != parsed->code)) return give(0);
    if (parsed->last) return give(parsed->code);
    code_ = parsed->code;
  }
}

SmtpReply SmtpReplyReader::give(int code) {
  if (code == 0) input_.clear();
  code_.reset();
  lines_ = 0;
  return {code, std::exchange(text_, {})};
}

}  // namespace understudy
