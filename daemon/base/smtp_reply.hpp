// Replies of an SMTP server (RFC 5321 section 4.2), out of octets that arrive cut anywhere.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace understudy {

/// One reply of any number of lines.
struct SmtpReply {
  /// 200 to 559; 0: what came is no reply.
  int code = 0;
  /// Its first line, as it came.
  std::string text;
  bool operator==(const SmtpReply&) const = default;
};

/// Takes octets in and gives replies out; its memory is bounded whatever comes.
class SmtpReplyReader {
 public:
  /// Longest line that is taken; longer ones are not SMTP (RFC 5321 4.5.3.1.5 says 512).
  static constexpr std::size_t kLongestLine = 2048;
  /// Lines one reply may have.
  static constexpr std::size_t kMostLines = 256;

  void feed(std::string_view octets) { input_ += octets; }
  /// The next reply when all of it is there. After one with code 0 there is nothing more to read.
  [[nodiscard]] std::optional<SmtpReply> next();
  /// What was fed and is in no reply yet; valid until the next feed() or next().
  [[nodiscard]] std::string_view unread() const { return input_; }

 private:
  [[nodiscard]] SmtpReply give(int code);

  std::string input_;
  /// Of the reply that is being read.
  std::optional<int> code_;
  std::string text_;
  std::size_t lines_ = 0;
};

}  // namespace understudy
