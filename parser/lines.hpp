// A line without what does not count: comment, blanks at its ends, escapes of comment signs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::parser {

/// Octets of a line, as written or expanded, beyond which it is a mistake. No file needs it.
inline constexpr std::size_t kMaxLineLength = 1U << 20;

/// A line as the rest of the parser sees it. A comment begins at '#' or '!' anywhere outside double
/// quotes; "\#" and "\!" stand for the sign itself.
struct CleanLine {
  /// A view into the raw line, or into `owned` when escapes were taken out.
  std::string_view text;
  /// Column of text's first octet in the raw line.
  std::uint32_t begin = 0;
  /// The text without its escapes; null when it has none.
  std::shared_ptr<const std::string> owned;
  /// Offsets in `text` before which a backslash was taken out.
  std::vector<std::uint32_t> taken_out;
  /// A double quote is not closed on the line.
  bool unterminated_quote = false;
  /// A lone backslash ends it: inside a $definition the next line belongs to it. It is still the
  /// last octet of `text`.
  bool continues = false;

  /// Column in the raw line of an offset in text.
  [[nodiscard]] std::uint32_t column(std::size_t offset) const;
};

/// Cleans one line, given without its newline.
[[nodiscard]] CleanLine clean_line(std::string_view raw);

/// The same of a line that was cleaned before it was expanded: comment signs are octets like
/// others.
[[nodiscard]] CleanLine expanded_line(std::string_view text);

}  // namespace understudy::parser
