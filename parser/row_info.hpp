// What a row of keywords says of its keyword, whatever it changes: see schema.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "parser/bind.hpp"
#include "parser/grammar.hpp"
#include "parser/row_text.hpp"

namespace understudy::parser {

struct BlockInfo;

/// What stands behind a keyword.
enum class Kind : std::uint8_t { value, flag, block, entries };
/// What an absent required argument is: the end of the reading (status 2), a complaint (5), or
/// fine.
enum class Missing : std::uint8_t { ends, complains, allowed };
/// What a further word is: nothing, a complaint while the value is taken, a reason to take nothing.
enum class Extra : std::uint8_t { ignored, complains, refused };
/// What a second use in the same block does. first_wins and replaced complain.
enum class Repeat : std::uint8_t { last_wins, adds_up, first_wins, replaced };

/// Everything about a keyword that does not depend on what it changes.
struct RowInfo {
  std::string_view name;
  /// Other spellings, accepted in silence.
  std::vector<std::string_view> aliases;
  /// One line for the manual.
  RowText doc;
  /// The keepalived release that has it, when that matters: "2.4.1".
  RowText since;
  /// keepalived has no such keyword.
  bool own = false;
  Kind kind = Kind::value;
  RowText syntax;
  RowText range;
  /// What holds when it is not given, as text.
  RowText fallback;
  std::size_t min_words = 0;
  std::size_t max_words = 0;
  Missing missing = Missing::ends;
  Extra extra = Extra::ignored;
  Repeat repeat = Repeat::last_wins;
  RowText missing_message;
  RowText extra_message;
  RowText repeat_message;
  RowText invalid_message;
  /// Non-empty: every use is diagnosed with this.
  RowText deprecation_message;
  /// What to use instead.
  RowText replacement;
  /// Without any effect yet; its use is noted.
  bool no_effect = false;
  /// Has quoting rules of its own: double quotes need not match by the rule of other keywords.
  bool escaped = false;
  /// Of top-level rows: whose keyword it is, and when it is bound.
  Pass pass;
  /// Its place in its block.
  std::size_t index = 0;
  /// Of blocks, and of entries with options.
  std::shared_ptr<const BlockInfo> children;
};

/// The rows of a block without their targets: what the manual and the hints are made of.
struct BlockInfo {
  BlockInfo() = default;
  BlockInfo(BlockInfo&&) = default;
  BlockInfo& operator=(BlockInfo&&) = default;
  BlockInfo(const BlockInfo&) = delete;
  BlockInfo& operator=(const BlockInfo&) = delete;
  virtual ~BlockInfo() = default;

  /// In the order they were added.
  [[nodiscard]] virtual std::vector<const RowInfo*> infos() const = 0;
  /// What is said of a word that is no row.
  RowText unknown_message = "Unknown keyword '{0}'";
};

/// Calls `visit(path, row)` for every row below `block`, depth first; `path` has the names of the
/// enclosing rows, outermost first.
void for_each_row(
    const BlockInfo& block,
    const std::function<void(const std::vector<std::string_view>& path, const RowInfo&)>& visit);

/// The names of rows, at any depth, that must be followed by a block and are never anything else:
/// what build_tree() needs to find a missing '{'. Views of the rows.
[[nodiscard]] BlockNames block_names(const BlockInfo& block);

}  // namespace understudy::parser
