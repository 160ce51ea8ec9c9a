// Codecs: how the words after a keyword become a value, and the words that describe that value.
//
// A codec reports what is wrong in the original's wording and returns nothing then. The parsing
// functions below them are plain text -> value and do not know what a statement is.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/result.hpp"
#include "parser/bind.hpp"
#include "parser/row_text.hpp"

namespace understudy::parser {

/// Reads a V from the words after a keyword.
template <typename V>
struct Codec {
  using Value = V;
  /// What the manual calls it: "NUMBER", "SECONDS", "BOOL", "IP", "MASTER|BACKUP".
  RowText syntax;
  /// What is accepted, for the manual and for hints: "1..255"; empty: anything.
  RowText range;
  /// How many words it takes; fewer are "missing", more are "extra".
  std::size_t min_words = 1;
  std::size_t max_words = 1;
  /// Gets the arguments, at least min_words of them. Numbers say what is wrong with them and then
  /// the row's own complaint follows; what gives nothing in silence leaves it to the row.
  std::function<std::optional<V>(const Binding&, std::span<const Word>)> read;
  /// What is said of a refused value by a row that has no complaint of its own; empty: `read` has.
  RowText refusal;
  /// Splits the statement itself, by the rules of scripts.
  bool escaped = false;
};

// --- Text to value. Errors carry the original's message. ---

/// Decimal; leading blanks, '+' and leading zeros are accepted, the empty text is 0.
[[nodiscard]] Result<std::uint64_t> parse_unsigned(std::string_view text, std::uint64_t min,
                                                   std::uint64_t max);
/// As parse_unsigned, with a sign.
[[nodiscard]] Result<std::int64_t> parse_signed(std::string_view text, std::int64_t min,
                                                std::int64_t max);
/// A number with what is to be said about it: a value with too many decimals is both usable and
/// diagnosed.
struct Decimal {
  std::optional<std::uint64_t> value;
  std::vector<std::string> complaints;
};
/// A decimal fraction in units of 10^-decimals: "1.5" with 6 decimals is 1500000. ".5", "5." and
/// "." are accepted, more decimals are rounded and diagnosed. `min` and `max` are in those units.
[[nodiscard]] Decimal parse_decimal(std::string_view text, unsigned decimals, std::uint64_t min,
                                    std::uint64_t max);
/// on/true/yes, off/false/no; nullopt for anything else.
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text);
/// An address; "/mask" and "-range" tails are lost in silence, as in the original's plain
/// addresses.
[[nodiscard]] std::optional<IpAddress> parse_plain_address(std::string_view text);
/// 32 hexadecimal digits, given back in lower case.
[[nodiscard]] std::optional<std::string> parse_md5(std::string_view text);
/// "200" or "200-299", inclusive, 100..599.
[[nodiscard]] std::optional<std::pair<unsigned, unsigned>> parse_status_range(
    std::string_view text);
/// Splits by blanks outside single and double quotes, which are taken away; a backslash keeps the
/// octet after it from meaning anything and stays itself. Error: unmatched quote, or a backslash at
/// the end.
[[nodiscard]] Result<std::vector<std::string>> split_quoted(std::string_view text);
/// As split_quoted(), but escapes become what they stand for, as in the shell's $'...': \n, \x41,
/// \101, \cA …
[[nodiscard]] Result<std::vector<std::string>> split_escaped(std::string_view text);

/// A script as configured: what to run, and the words after it (user, group).
struct CommandLine {
  std::vector<std::string> argv;
  std::vector<std::string> owner;
  bool operator==(const CommandLine&) const = default;
};

// --- Codecs. ---

/// on/off, true/false, yes/no.
[[nodiscard]] Codec<bool> boolean();
/// As boolean(); without a word, true.
[[nodiscard]] Codec<bool> optional_boolean();
/// One word, any.
[[nodiscard]] Codec<std::string> text(RowText syntax = "STRING");
/// Seconds with a fraction; bounds in microseconds. `decimals` is the finest resolution taken, 3
/// or 6.
[[nodiscard]] Codec<std::chrono::microseconds> decimal_seconds(std::uint64_t min_us,
                                                               std::uint64_t max_us,
                                                               unsigned decimals = 6);
/// One address, as parse_plain_address() takes it.
[[nodiscard]] Codec<IpAddress> address();
/// SCRIPT [USER [GROUP]]: the statement is split by split_quoted(), and its second word by
/// split_escaped() into argv.
[[nodiscard]] Codec<CommandLine> command_line();

namespace detail {
[[nodiscard]] Codec<std::int64_t> signed_number(std::int64_t min, std::int64_t max);
[[nodiscard]] Codec<std::uint64_t> unsigned_number(std::uint64_t min, std::uint64_t max);
}  // namespace detail

/// Gives what `codec` reads to `convert`, whose result is the value.
template <typename V, typename Convert>
[[nodiscard]] auto mapped(Codec<V> codec, Convert convert) {
  using Out = decltype(convert(std::declval<V>()));
  Codec<Out> out{codec.syntax, codec.range,   codec.min_words, codec.max_words,
                 {},           codec.refusal, codec.escaped};
  out.read = [read = std::move(codec.read), convert = std::move(convert)](
                 const Binding& binding, std::span<const Word> words) -> std::optional<Out> {
    auto value = read(binding, words);
    if (!value) return std::nullopt;
    return convert(*std::move(value));
  };
  return out;
}

/// A whole number in [min, max], diagnosed in the original's words for signed or unsigned.
template <typename N>
[[nodiscard]] Codec<N> number(N min = 0, N max = std::numeric_limits<N>::max()) {
  if constexpr (std::is_signed_v<N>) {
    return mapped(detail::signed_number(min, max), [](auto v) { return static_cast<N>(v); });
  } else {
    return mapped(detail::unsigned_number(min, max), [](auto v) { return static_cast<N>(v); });
  }
}

/// One of a list of words (literals), compared as written. `complain` words the message for another
/// word; without it: "unknown KEYWORD 'WORD'".
template <typename E>
[[nodiscard]] Codec<E> choice(std::vector<std::pair<std::string_view, E>> choices,
                              std::function<std::string(std::string_view)> complain = {}) {
  Codec<E> codec;
  std::string syntax;
  for (const auto& [name, value] : choices) {
    if (!syntax.empty()) syntax += '|';
    syntax += name;
  }
  codec.syntax = syntax;
  codec.read = [choices = std::move(choices), complain = std::move(complain)](
                   const Binding& binding, std::span<const Word> words) -> std::optional<E> {
    std::vector<std::string_view> known;
    for (const auto& [name, value] : choices) {
      if (words[0].text == name) return value;
      known.push_back(name);
    }
    std::string message = complain
                              ? complain(words[0].text)
                              : fmt::format("unknown {} '{}'", binding.keyword(), words[0].text);
    const std::string_view near = nearest(words[0].text, known);
    binding.error_at(words[0], std::move(message),
                     near.empty() ? fmt::format("expected one of {}", fmt::join(known, ", "))
                                  : fmt::format("did you mean '{}'?", near));
    return std::nullopt;
  };
  return codec;
}

}  // namespace understudy::parser
