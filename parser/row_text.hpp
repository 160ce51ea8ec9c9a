// What rows of keywords say, in a pointer: there are thousands of such texts, made again whenever a
// configuration is read, and few of them are ever looked at.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace understudy::parser {

/// A text that lasts as long as the process. A literal is not even read until somebody asks for it.
class RowText {
 public:
  constexpr RowText() = default;
  /// `literal` must be one.
  constexpr RowText(const char* literal) : text_(literal) {}  // NOLINT(google-explicit-constructor)
  /// A text that was made: a copy of it is kept for good, once for all that are the same. Meant for
  /// what is the same each time, as a range of numbers is.
  RowText(std::string_view made);  // NOLINT(google-explicit-constructor)
  RowText(const std::string& made)
      : RowText(std::string_view(made)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] constexpr std::string_view view() const { return text_; }
  constexpr operator std::string_view() const {
    return text_;
  }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] constexpr bool empty() const { return *text_ == '\0'; }

 private:
  const char* text_ = "";
};

}  // namespace understudy::parser

template <>
struct fmt::formatter<understudy::parser::RowText> : fmt::formatter<std::string_view> {
  template <typename Context>
  auto format(understudy::parser::RowText text, Context& context) const {
    return fmt::formatter<std::string_view>::format(text.view(), context);
  }
};
