// The words of regex_options, and whether a pattern is one. Patterns are PCRE2's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::checkers {

/// All words; the place of each is its bit in BodyPattern::options.
[[nodiscard]] const std::vector<std::string_view>& regex_option_names();

/// The bit of a word; nullopt: there is no such word.
[[nodiscard]] std::optional<std::uint32_t> regex_option(std::string_view name);

/// What pcre2_compile(3) calls the words whose bits are set.
[[nodiscard]] std::uint32_t regex_flags(std::uint32_t options);

/// What is wrong with a pattern, and at which octet of it.
struct RegexError {
  std::size_t offset = 0;
  std::string message;
};

/// Compiles the pattern with the options; nullopt: it can be used.
[[nodiscard]] std::optional<RegexError> check_regex(const std::string& pattern,
                                                    std::uint32_t options);

}  // namespace understudy::checkers
