#include "parser/sequence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace understudy::parser {
namespace {

constexpr std::string_view kBlanks = " \t";

void skip_blanks(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
}

/// Takes octets up to one of `ends` off the front, then the blanks after them.
std::string_view take_until(std::string_view& rest, std::string_view ends) {
  const std::string_view taken = rest.substr(0, rest.find_first_of(ends));
  rest.remove_prefix(taken.size());
  skip_blanks(rest);
  return taken;
}

/// Takes one octet and the blanks after it, if it is the next.
bool take(std::string_view& rest, char wanted) {
  if (!rest.starts_with(wanted)) return false;
  rest.remove_prefix(1);
  skip_blanks(rest);
  return true;
}

/// A number as strtol(3) has it with base 0: "12", "0x1f", "017", "-3"; nothing is 0. Digits beyond
/// what fits are refused.
Result<std::int64_t> read_number(std::string_view text) {
  skip_blanks(text);
  while (!text.empty() && kBlanks.find(text.back()) != std::string_view::npos) {
    text.remove_suffix(1);
  }
  if (text.empty()) return std::int64_t{0};
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    base = 16;
  } else if (digits.size() > 1 && digits.starts_with('0')) {
    base = 8;
  }
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.starts_with('-')) {
    return Error{fmt::format("'{}' is not a number that can be counted to", text), 0};
  }
  return negative ? -value : value;
}

/// ~SEQ's: one to three numbers.
Result<Sequence> read_numbers(Sequence sequence, std::string_view parameters) {
  std::vector<std::int64_t> numbers;
  for (std::string_view rest = parameters;;) {
    const std::size_t comma = rest.find(',');
    const auto number = read_number(rest.substr(0, comma));
    if (!number) return number.error();
    numbers.push_back(*number);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (numbers.size() > 3) return Error{"expected a name, then [START,] [STEP,] END", 0};
  sequence.last = numbers.back();
  sequence.first = numbers.size() > 1 ? numbers[0] : sequence.last < 0 ? -1 : 1;
  sequence.step = sequence.first <= sequence.last ? 1 : -1;
  if (numbers.size() == 3) {
    sequence.step = numbers[1];
    const bool away = (sequence.first < sequence.last && sequence.step < 0) ||
                      (sequence.first > sequence.last && sequence.step > 0);
    if (sequence.step == 0 || away) {
      return Error{fmt::format("a step of {} does not lead from {} to {}", sequence.step,
                               sequence.first, sequence.last),
                   0};
    }
  }
  if (sequence.hexadecimal && (sequence.first < 0 || sequence.last < 0)) {
    return Error{"~SEQx is only valid for positive numbers", 0};
  }
  return sequence;
}

/// "NAME" or "{NAME, NAME}", and the comma after it.
bool read_names(std::string_view& rest, std::vector<std::string_view>& names) {
  if (!take(rest, '{')) {
    names.push_back(take_until(rest, " \t,})"));
    return take(rest, ',');
  }
  do {
    names.push_back(take_until(rest, " \t,})"));
  } while (take(rest, ','));
  return take(rest, '}') && take(rest, ',');
}

/// "VALUE" or "{VALUE, VALUE}".
bool read_set(std::string_view& rest, std::vector<std::string_view>& values) {
  if (!take(rest, '{')) {
    values.push_back(take_until(rest, " \t,})"));
    return true;
  }
  do {
    values.push_back(take_until(rest, " \t,})"));
  } while (take(rest, ','));
  return take(rest, '}');
}

Result<Sequence> read_list(std::string_view rest) {
  Sequence list;
  const Error shape{"expected (NAME, VALUE, ...) or ({NAME, NAME}, {VALUE, VALUE}, ...)", 0};
  skip_blanks(rest);
  if (!take(rest, '(') || !read_names(rest, list.names)) return shape;
  do {
    std::vector<std::string_view> values;
    if (!read_set(rest, values)) return shape;
    if (values.size() > list.names.size()) {
      return Error{
          fmt::format("too many values: {} for {} names", values.size(), list.names.size()), 0};
    }
    values.resize(list.names.size());
    list.sets.push_back(std::move(values));
  } while (take(rest, ','));
  if (!take(rest, ')')) return shape;
  list.text = rest;
  return list;
}

}  // namespace

std::uint64_t Sequence::count() const {
  if (!sets.empty()) return sets.size();
  const auto from = static_cast<std::uint64_t>(first);
  const auto to = static_cast<std::uint64_t>(last);
  const auto by = static_cast<std::uint64_t>(step);
  const std::uint64_t steps = step > 0 ? (to - from) / by : (from - to) / (0 - by);
  return std::max(steps, steps + 1);
}

std::string_view Sequence::value(std::uint64_t time, std::size_t name, std::string& number) const {
  if (!sets.empty()) return sets[time][name];
  const auto now = static_cast<std::int64_t>(static_cast<std::uint64_t>(first) +
                                             time * static_cast<std::uint64_t>(step));
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, now, hexadecimal ? 16 : 10);
  number.assign(digits, end.ptr);
  return number;
}

bool begins_sequence(std::string_view line) {
  return line.starts_with("~SEQ") || line.starts_with("~LST");
}

std::string_view sequence_parameters(std::string_view line) {
  const std::size_t comma = line.find(',');
  const std::size_t end = line.find(')');
  if (line.starts_with("~LST") || end == std::string_view::npos || comma > end) return {};
  return line.substr(comma + 1, end - comma - 1);
}

Result<Sequence> read_sequence(std::string_view line, std::string_view parameters) {
  std::string_view rest = line.substr(4);
  if (line.starts_with("~LST")) return read_list(rest);
  Sequence sequence;
  sequence.hexadecimal = rest.starts_with('x');
  if (sequence.hexadecimal) rest.remove_prefix(1);
  skip_blanks(rest);
  if (!take(rest, '(')) return Error{"expected '('", 0};
  sequence.names.push_back(take_until(rest, " \t,)"));
  const std::size_t end = line.find(')');
  if (end == std::string_view::npos) return Error{"~SEQ missing terminating ')'", 0};
  if (sequence.names[0].empty() || sequence.names[0][0] == '{' || !rest.starts_with(',')) {
    return Error{"expected a name, then [START,] [STEP,] END", 0};
  }
  sequence.text = line.substr(end + 1);
  skip_blanks(sequence.text);
  return read_numbers(std::move(sequence), parameters);
}

}  // namespace understudy::parser
