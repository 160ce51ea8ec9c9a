// Lines -> tree, by a Spirit X3 grammar that accepts any bytes.
#pragma once

#include <functional>
#include <string_view>
#include <unordered_map>

#include "parser/diagnostics.hpp"
#include "parser/expanded_text.hpp"
#include "parser/tree.hpp"

namespace understudy::parser {

/// Keywords that are always followed by a block; true: a value block. Where the '{' is missing
/// after one, it is diagnosed and taken as if it stood there. schema.hpp's block_names() makes it.
using BlockNames = std::unordered_map<std::string_view, bool>;

/// What is to be said of the braces and quotes of a whole text.
struct Balance {
  bool unbalanced_braces = false;
  bool unbalanced_quotes = false;
};

/// Builds the tree of a whole text. Complaints about braces and quotes go to `diagnostics`. Linear
/// in the size of the text; depth costs no stack.
[[nodiscard]] Tree build_tree(const ExpandedText& text, const BlockNames& block_names,
                              Diagnostics& diagnostics);

/// Cuts a text into stretches of lines that are as short as can be and hold whole statements of the
/// top level: `take` gets each with its tree, which is gone afterwards. Complaints as build_tree().
Balance for_each_unit(const ExpandedText& text, const BlockNames& block_names,
                      Diagnostics& diagnostics,
                      const std::function<void(const Tree&, LineRange)>& take);

/// The tree of some lines, in the place of what was in `tree`, without a complaint. Of lines that
/// for_each_unit() gave it is the same tree.
void read_tree(const ExpandedText& text, LineRange lines, const BlockNames& block_names,
               Tree& tree);

}  // namespace understudy::parser
