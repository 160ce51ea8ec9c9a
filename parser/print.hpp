// Printing: a tree as canonical text, and rows as the body of a manual page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parser/schema.hpp"
#include "parser/tree.hpp"

namespace understudy::parser {

/// The tree as configuration text: a statement per line, blocks indented by four columns, words
/// quoted where they have to be. Reading it gives the same tree.
[[nodiscard]] std::string print_tree(const Tree& tree);

/// Text as man(7) source shows it: nothing in it means anything to troff.
[[nodiscard]] std::string roff(std::string_view text);

/// What a row looks like in a file: "priority NUMBER", "track_script { LINE ... }",
/// "vrrp_instance NAME { ... }".
[[nodiscard]] std::string row_shape(const RowInfo& row);

/// The words a row's syntax has as they are written: "inst" and "id" of "[inst NAME] [id NUMBER]".
[[nodiscard]] std::vector<std::string> syntax_words(const RowInfo& row);

/// Everything else there is to know about a row, as sentences without a full stop: "Range 1..255",
/// "Default 100", "Since keepalived 2.4.1".
[[nodiscard]] std::vector<std::string> row_facts(const RowInfo& row);

/// The rows of a block and all below it as man(7) source: each keyword with its syntax, range,
/// default, what it does, its age and its successor; blocks as sections of their own, named by
/// their path.
[[nodiscard]] std::string print_manual(const BlockInfo& block);

}  // namespace understudy::parser
