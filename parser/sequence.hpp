// ~SEQ and ~LST: a line that is read once for each of several values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.hpp"

namespace understudy::parser {

/// The values a line is read with, and the line.
struct Sequence {
  std::vector<std::string_view> names;
  /// What is read each time: what follows the ')'.
  std::string_view text;
  /// Of ~LST: a value for each name, set by set. Empty of ~SEQ.
  std::vector<std::vector<std::string_view>> sets;
  /// Of ~SEQ.
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t step = 1;
  bool hexadecimal = false;

  /// How many times it is read.
  [[nodiscard]] std::uint64_t count() const;
  /// The value of a name at one of the times. `number` gets what ~SEQ makes.
  [[nodiscard]] std::string_view value(std::uint64_t time, std::size_t name,
                                       std::string& number) const;
};

/// Whether a line begins with one.
[[nodiscard]] bool begins_sequence(std::string_view line);

/// What stands between the name's comma and the ')' of a ~SEQ: it may use definitions. Empty of
/// anything else.
[[nodiscard]] std::string_view sequence_parameters(std::string_view line);

/// Reads "~SEQ(NAME, [[START,] [STEP,]] END) TEXT", the same with ~SEQx for hexadecimal digits, or
/// "~LST(NAME, VALUE, …) TEXT" and "~LST({NAME, NAME}, {VALUE, VALUE}, …) TEXT". `parameters` is
/// sequence_parameters() expanded. The error says what is wrong. Views of `line`.
[[nodiscard]] Result<Sequence> read_sequence(std::string_view line, std::string_view parameters);

}  // namespace understudy::parser
