// What in a configuration is no keyword but about the text itself.
#pragma once

#include <span>
#include <string_view>

namespace understudy::parser {

/// One way of the language, for the manual and for whoever asks.
struct Directive {
  /// What it begins with: "include", "$NAME", "~SEQ".
  std::string_view name;
  std::string_view shape;
  std::string_view doc;
};

/// All of them.
[[nodiscard]] std::span<const Directive> directives();

}  // namespace understudy::parser
