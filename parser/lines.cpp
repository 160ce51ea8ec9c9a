#include "parser/lines.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace understudy::parser {
namespace {

bool blank(char c) { return c == ' ' || c == '\t'; }

/// Octets that may begin or end something.
constexpr auto kSpecial = [] {
  std::array<bool, 256> table{};
  for (const unsigned char c : {'#', '!', '"', '\\'}) table[c] = true;
  return table;
}();

/// The next such octet, or the end. Every octet of a configuration goes through here, and
/// find_first_of() calls memchr() for each.
std::size_t next_special(std::string_view raw, std::size_t at) {
  while (at < raw.size() && !kSpecial[static_cast<unsigned char>(raw[at])]) ++at;
  return at;
}

/// What a first look at a line finds, as offsets in the raw line.
struct Scan {
  std::size_t end = 0;
  std::vector<std::size_t> escapes;
  bool quote = false;
  bool continues = false;
};

Scan scan(std::string_view raw, std::size_t begin) {
  Scan found;
  std::size_t at = begin;
  while ((at = next_special(raw, at)) < raw.size()) {
    const char c = raw[at];
    if (c == '"') {
      found.quote = !found.quote;
      ++at;
    } else if (c == '\\') {
      if (at + 1 == raw.size()) {
        found.continues = true;
        break;
      }
      if (!found.quote && (raw[at + 1] == '#' || raw[at + 1] == '!')) found.escapes.push_back(at);
      at += 2;
    } else if (!found.quote) {
      break;
    } else {
      ++at;
    }
  }
  found.end = std::min(at, raw.size());
  while (found.end > begin && blank(raw[found.end - 1])) --found.end;
  return found;
}

}  // namespace

std::uint32_t CleanLine::column(std::size_t offset) const {
  const auto before = std::upper_bound(taken_out.begin(), taken_out.end(), offset);
  return static_cast<std::uint32_t>(begin + offset +
                                    static_cast<std::size_t>(before - taken_out.begin()));
}

CleanLine expanded_line(std::string_view text) {
  CleanLine line;
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  while (line.begin < text.size() && blank(text[line.begin])) ++line.begin;
  line.text = text.substr(line.begin);
  for (std::size_t at = text.find_first_of("\"\\"); at < text.size();
       at = text.find_first_of("\"\\", at)) {
    if (text[at] == '"') line.unterminated_quote = !line.unterminated_quote;
    at += text[at] == '"' ? 1 : 2;
  }
  return line;
}

CleanLine clean_line(std::string_view raw) {
  CleanLine line;
  std::size_t begin = 0;
  while (begin < raw.size() && blank(raw[begin])) ++begin;
  line.begin = static_cast<std::uint32_t>(begin);
  const Scan found = scan(raw, begin);
  line.unterminated_quote = found.quote;
  line.continues = found.continues;
  if (found.escapes.empty() && !found.continues) {
    line.text = raw.substr(begin, found.end - begin);
    return line;
  }
  std::string text;
  std::size_t from = begin;
  for (const std::size_t escape : found.escapes) {
    text += raw.substr(from, escape - from);
    line.taken_out.push_back(static_cast<std::uint32_t>(text.size()));
    from = escape + 1;
  }
  if (found.end > from) text += raw.substr(from, found.end - from);
  // The original takes the blanks before a final backslash away, and the backslash stays.
  if (found.continues) text += '\\';
  line.owned = std::make_shared<const std::string>(std::move(text));
  line.text = *line.owned;
  return line;
}

}  // namespace understudy::parser
