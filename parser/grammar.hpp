// Lines -> tree, by a Spirit X3 grammar that accepts any bytes.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "parser/diagnostics.hpp"
#include "parser/source.hpp"
#include "parser/tree.hpp"

namespace understudy::parser {

/// Builds the tree of a whole text. `block_names` are keywords that are always followed by a block:
/// where the '{' is missing there, it is diagnosed and taken as if it stood there. Complaints about
/// braces and quotes go to `diagnostics`. Linear in the size of the text; depth costs no stack.
[[nodiscard]] Tree build_tree(const ExpandedText& text,
                              const std::vector<std::string_view>& block_names,
                              Diagnostics& diagnostics);

}  // namespace understudy::parser
