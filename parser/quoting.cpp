// The quoting rules of scripts: split_quoted() and split_escaped() of values.hpp.
#include <fmt/format.h>

#include <cctype>

#include "parser/values.hpp"

namespace understudy::parser {
namespace {

bool white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool octal(char c) { return c >= '0' && c <= '7'; }
bool hexadecimal(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

unsigned digit_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>(std::tolower(static_cast<unsigned char>(c)) - 'a') + 10;
}

/// The octet a single letter stands for.
char letter_escape(char c) {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'E':
      return '\x1b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return c;
  }
}

/// Takes what follows a backslash off the front of `rest`, which is not empty.
char take_escape(std::string_view& rest) {
  const auto digits = [&rest](std::size_t most, unsigned base, bool (*is_digit)(char)) {
    unsigned value = 0;
    for (std::size_t i = 0; i < most && !rest.empty() && is_digit(rest[0]); ++i) {
      value = value * base + digit_value(rest[0]);
      rest.remove_prefix(1);
    }
    return static_cast<char>(static_cast<unsigned char>(value));
  };
  const char c = rest[0];
  if (octal(c)) return digits(3, 8, octal);
  rest.remove_prefix(1);
  if (c == 'x' && !rest.empty() && hexadecimal(rest[0])) return digits(2, 16, hexadecimal);
  if (c == 'c' && !rest.empty()) {
    const char control = static_cast<char>(static_cast<unsigned char>(rest[0]) & 0x1fU);
    rest.remove_prefix(1);
    return control;
  }
  return letter_escape(c);
}

Result<std::vector<std::string>> split(std::string_view text, bool escapes) {
  std::vector<std::string> words;
  std::string_view rest = text;
  char quote = 0;
  bool in_word = false;
  while (!rest.empty()) {
    const char c = rest[0];
    if (quote == 0 && white(c)) {
      in_word = false;
      rest.remove_prefix(1);
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    rest.remove_prefix(1);
    if (c == '\\') {
      if (rest.empty()) return Error{fmt::format("Missing escape char at end: '{}'", text), 0};
      if (escapes) {
        words.back() += take_escape(rest);
      } else {
        words.back() += {'\\', rest[0]};
        rest.remove_prefix(1);
      }
    } else if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) {
    return Error{fmt::format("String '{}': missing terminating {}", text, quote), 0};
  }
  return words;
}

}  // namespace

Result<std::vector<std::string>> split_quoted(std::string_view text) { return split(text, false); }

Result<std::vector<std::string>> split_escaped(std::string_view text) { return split(text, true); }

}  // namespace understudy::parser
