// Keywords of global_defs that change how the rest of the text is read.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "parser/expanded_text.hpp"

namespace understudy::parser {

/// Follows the blocks of a text as it grows, without regard to what keywords mean, to see
/// include_check and random_seed where they count. What is wrong with them the rows say.
class Settings {
 public:
  /// What include_check asks of plain includes: kCheck… of include.hpp.
  unsigned include_checks = 0;
  /// Set by random_seed; seeds counts how often.
  unsigned random_seed = 0;
  unsigned seeds = 0;

  /// Whether a text could hold one of the keywords: most do not, and need not be looked at.
  [[nodiscard]] static bool mentioned(std::string_view text);
  /// Looks at the lines it has not seen, of which `last` is the last.
  void follow(const ExpandedText& text, const ExpandedText::Line& last);

 private:
  void take_line(const ExpandedText::Line& line);
  void take_words(std::string_view line);
  void end_statement();
  void apply_include_check();

  std::uint32_t seen_ = 0;
  std::size_t depth_ = 0;
  bool in_global_defs_ = false;
  std::vector<std::string_view> words_;
  /// The last statement's first word, while its '{' may still come.
  std::string_view last_;
};

}  // namespace understudy::parser
