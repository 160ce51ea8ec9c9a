// Numbers of values.hpp, in the original's syntax and words.
#include <fmt/format.h>

#include <algorithm>
#include <boost/spirit/home/x3.hpp>

#include "parser/values.hpp"

namespace understudy::parser {
namespace {

namespace x3 = boost::spirit::x3;

const auto white = x3::omit[*x3::char_(" \t\f\n\r\v")];
const auto digits = x3::raw[+x3::digit];
const auto whole_digits = x3::uint_parser<std::uint64_t, 10>{};

/// Digits with an optional '+': nullopt for other text. `empty_ok`: nothing at all is zero.
std::optional<std::string_view> digits_of(std::string_view text, bool empty_ok) {
  if (text.empty()) return empty_ok ? std::optional<std::string_view>("0") : std::nullopt;
  boost::iterator_range<const char*> range;
  const char* first = text.data();
  const char* last = first + text.size();
  if (!x3::parse(first, last, -x3::lit('+') >> digits >> x3::eoi, range)) return std::nullopt;
  return std::string_view(range.begin(), static_cast<std::size_t>(range.size()));
}

/// The value of digits; nullopt: more than 64 bits hold.
std::optional<std::uint64_t> value_of(std::string_view text) {
  std::uint64_t value = 0;
  const char* first = text.data();
  if (!x3::parse(first, first + text.size(), whole_digits >> x3::eoi, value)) return std::nullopt;
  return value;
}

std::string_view without_leading_white(std::string_view text) {
  const char* first = text.data();
  x3::parse(first, text.data() + text.size(), white);
  return text.substr(static_cast<std::size_t>(first - text.data()));
}

std::string decimal_text(std::uint64_t value, unsigned decimals) {
  std::uint64_t unit = 1;
  for (unsigned i = 0; i < decimals; ++i) unit *= 10;
  return fmt::format("{}.{:0{}}", value / unit, value % unit, decimals);
}

Error message(std::string text) { return Error{std::move(text), 0}; }

}  // namespace

Result<std::uint64_t> parse_unsigned(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const std::string_view number = without_leading_white(text);
  if (number.starts_with('-')) return message(fmt::format("negative number '{}'", text));
  const auto all = digits_of(number, true);
  if (!all) return message(fmt::format("invalid number '{}'", text));
  const bool wide = max > std::numeric_limits<std::uint32_t>::max();
  const auto value = value_of(*all);
  if (!value || (!wide && *value > std::numeric_limits<std::uint32_t>::max())) {
    return message(
        fmt::format("number '{}' outside unsigned {} range", text, wide ? "64 bit" : "integer"));
  }
  if (*value < min || *value > max) {
    return message(fmt::format("number '{}' outside range [{}, {}]", text, min, max));
  }
  return *value;
}

Result<std::int64_t> parse_signed(std::string_view text, std::int64_t min, std::int64_t max) {
  const std::string_view number = without_leading_white(text);
  const bool negative = number.starts_with('-');
  const std::string_view magnitude = negative ? number.substr(1) : number;
  const bool two_signs = negative && magnitude.starts_with('+');
  const auto all = two_signs ? std::nullopt : digits_of(magnitude, text.empty());
  if (!all) return message(fmt::format("invalid number '{}'", text));
  const auto value = value_of(*all);
  constexpr std::uint64_t kLimit = std::numeric_limits<std::int32_t>::max();
  if (!value || *value > kLimit + (negative ? 1 : 0)) {
    return message(fmt::format("number '{}' outside integer range", text));
  }
  const auto result =
      negative ? -static_cast<std::int64_t>(*value) : static_cast<std::int64_t>(*value);
  if (result < min || result > max) {
    return message(fmt::format("number '{}' outside range [{}, {}]", text, min, max));
  }
  return result;
}

Decimal parse_decimal(std::string_view text, unsigned decimals, std::uint64_t min,
                      std::uint64_t max) {
  Decimal result;
  if (text.starts_with('-')) {
    result.complaints.push_back(fmt::format("negative number '{}'", text));
    return result;
  }
  const std::size_t point = text.find('.');
  std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  bool round_up = false;
  if (fraction.size() > decimals) {
    result.complaints.push_back(fmt::format("number '{}' has too many decimal places", text));
    round_up = fraction[decimals] >= '5';
    fraction = fraction.substr(0, decimals);
  }
  std::string scaled(text.substr(0, point));
  scaled += fraction;
  scaled.append(decimals - fraction.size(), '0');
  const auto all = digits_of(without_leading_white(scaled), true);
  if (!all) {
    result.complaints.push_back(fmt::format("invalid number '{}'", text));
    return result;
  }
  const auto value = value_of(*all);
  if (!value || *value == std::numeric_limits<std::uint64_t>::max()) {
    result.complaints.push_back(fmt::format("number '{}' outside unsigned decimal range", text));
    return result;
  }
  const std::uint64_t rounded = *value + (round_up ? 1 : 0);
  if (rounded < min || rounded > max) {
    result.complaints.push_back(fmt::format("number '{}' outside range [{}, {}]", text,
                                            decimal_text(min, decimals),
                                            decimal_text(max, decimals)));
    return result;
  }
  result.value = rounded;
  return result;
}

namespace {

template <typename N>
std::optional<N> spoken(const Binding& binding, const Word& word, const Result<N>& result) {
  if (result) return *result;
  binding.error_at(word, result.error().message);
  return std::nullopt;
}

std::string range_text(const auto& min, const auto& max) { return fmt::format("{}..{}", min, max); }

/// Whole numbers without their zeros, for the manual: "0.5", "3600".
std::string short_decimal(std::uint64_t value, unsigned decimals) {
  std::string text = decimal_text(value, decimals);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

Codec<std::int64_t> detail::signed_number(std::int64_t min, std::int64_t max) {
  Codec<std::int64_t> codec;
  codec.syntax = "NUMBER";
  codec.range = range_text(min, max);
  codec.read = [min, max](const Binding& binding, std::span<const Word> words) {
    return spoken(binding, words[0], parse_signed(words[0].text, min, max));
  };
  return codec;
}

Codec<std::uint64_t> detail::unsigned_number(std::uint64_t min, std::uint64_t max) {
  Codec<std::uint64_t> codec;
  codec.syntax = "NUMBER";
  codec.range = range_text(min, max);
  codec.read = [min, max](const Binding& binding, std::span<const Word> words) {
    return spoken(binding, words[0], parse_unsigned(words[0].text, min, max));
  };
  return codec;
}

Codec<std::chrono::microseconds> decimal_seconds(std::uint64_t min_us, std::uint64_t max_us,
                                                 unsigned decimals) {
  std::uint64_t unit = 1;
  for (unsigned i = decimals; i < 6; ++i) unit *= 10;
  const std::uint64_t min = min_us / unit;
  const std::uint64_t max = max_us / unit;
  Codec<std::chrono::microseconds> codec;
  codec.syntax = "SECONDS";
  codec.range = range_text(short_decimal(min, decimals), short_decimal(max, decimals));
  codec.read = [=](const Binding& binding,
                   std::span<const Word> words) -> std::optional<std::chrono::microseconds> {
    const Decimal number = parse_decimal(words[0].text, decimals, min, max);
    for (const std::string& complaint : number.complaints) binding.error_at(words[0], complaint);
    if (!number.value) return std::nullopt;
    return std::chrono::microseconds(static_cast<std::int64_t>(*number.value * unit));
  };
  return codec;
}

}  // namespace understudy::parser
