// Lines -> tree, by a Spirit X3 grammar that accepts any bytes.
#pragma once

#include <string_view>
#include <unordered_map>

#include "parser/diagnostics.hpp"
#include "parser/source.hpp"
#include "parser/tree.hpp"

namespace understudy::parser {

/// Keywords that are always followed by a block; true: a value block. Where the '{' is missing
/// after one, it is diagnosed and taken as if it stood there. schema.hpp's block_names() makes it.
using BlockNames = std::unordered_map<std::string_view, bool>;

/// Builds the tree of a whole text. Complaints about braces and quotes go to `diagnostics`. Linear
/// in the size of the text; depth costs no stack.
[[nodiscard]] Tree build_tree(const ExpandedText& text, const BlockNames& block_names,
                              Diagnostics& diagnostics);

}  // namespace understudy::parser
