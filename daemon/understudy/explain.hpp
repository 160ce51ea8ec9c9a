// understudy explain: what the rows know about a keyword, as text.
#pragma once

#include <string>
#include <string_view>

#include "parser/schema.hpp"

namespace understudy::tool {

/// What is printed, and whether the keyword is known.
struct Explanation {
  std::string text;
  bool found = true;
};

/// Every row of that name or alias, those that say the same together; only those in a block called
/// `block`, or in lines of it, unless it is empty. For an unknown keyword, those most like it.
[[nodiscard]] Explanation explain(const parser::BlockInfo& rows, std::string_view keyword,
                                  std::string_view block);

/// The blocks there are, each with its place and purpose.
[[nodiscard]] std::string list_blocks(const parser::BlockInfo& rows);

}  // namespace understudy::tool
