// One statement being bound: its words, and where to complain about them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parser/diagnostics.hpp"
#include "parser/tree.hpp"

namespace understudy::parser {

struct RowInfo;
struct BlockInfo;

/// What a codec or a handler sees of the statement it is to take in.
class Binding {
 public:
  Binding(const Tree& tree, Diagnostics& diagnostics, const Node& node, std::string_view label)
      : tree_(&tree),
        diagnostics_(&diagnostics),
        node_(&node),
        words_(tree.words_of(node)),
        label_(label) {}
  /// The same statement narrowed to some of its words: an option inside an entry.
  [[nodiscard]] Binding narrowed(std::span<const Word> words) const {
    Binding copy = *this;
    copy.words_ = words;
    return copy;
  }

  /// All words; [0] is the keyword as written (of an entry of a value block: its first word).
  [[nodiscard]] std::span<const Word> words() const { return words_; }
  /// The words after the keyword.
  [[nodiscard]] std::span<const Word> arguments() const {
    return words_.empty() ? words_ : words_.subspan(1);
  }
  [[nodiscard]] std::string_view keyword() const {
    return words_.empty() ? std::string_view() : words_[0].text;
  }
  /// The first argument's text; empty when there is none.
  [[nodiscard]] std::string_view argument(std::size_t index = 0) const {
    return index + 1 < words_.size() ? words_[index + 1].text : std::string_view();
  }
  /// The first argument of the nearest enclosing block that has one: "VI_1".
  [[nodiscard]] std::string_view label() const { return label_; }
  [[nodiscard]] const Node& node() const { return *node_; }
  [[nodiscard]] const Tree& tree() const { return *tree_; }
  [[nodiscard]] Diagnostics& diagnostics() const { return *diagnostics_; }
  /// The statement: what a complaint about all of it points to.
  [[nodiscard]] Location here() const { return node_->at; }
  /// The closing brace; the statement when the block has none. Complaints about a whole block, made
  /// when it ends, point there.
  [[nodiscard]] Location closing() const { return node_->closed ? node_->close : node_->at; }

  /// A complaint of Severity::error about the first argument (the keyword when there is none).
  void error(std::string message, std::string hint = {}) const;
  /// … about one word.
  void error_at(const Word& word, std::string message, std::string hint = {}) const;
  /// Any severity, about the first argument.
  void report(Severity severity, std::string message, std::string hint = {}) const;
  void report_at(Severity severity, Location at, std::string message, std::string hint = {}) const;
  /// The original's words for a required argument that is not there; Severity::missing_argument.
  /// `position` counts from 0, the keyword being 0.
  void missing(std::size_t position, std::string hint = {}) const;

  /// The statement split by the quoting rules of scripts: see split_quoted(). The keyword comes
  /// first. nullopt: the quotes do not match, which has been reported.
  [[nodiscard]] std::optional<std::vector<std::string>> quoted_words() const;

 private:
  [[nodiscard]] Location first_argument() const;

  const Tree* tree_;
  Diagnostics* diagnostics_;
  const Node* node_;
  std::span<const Word> words_;
  std::string_view label_;
};

/// When a row of the top level is bound: with all others of its stage, or after them.
struct Pass {
  Stage stage = Stage::parent;
  bool late = false;
  bool operator==(const Pass&) const = default;
};

/// Which rows of a block instance have been used, for those that may occur once.
class Seen {
 public:
  /// Whether it was set before; sets it.
  bool test_and_set(std::size_t index);

 private:
  /// Blocks of few rows, as there are thousands of, take no memory of their own.
  static constexpr std::size_t kFew = 64;
  std::uint64_t few_ = 0;
  std::vector<bool> more_;
};

/// `format` with {0} the keyword, {1} the first argument, {2} the label, {3} `replacement`.
[[nodiscard]] std::string fill(std::string_view format, const Binding& binding,
                               std::string_view replacement = {});

/// A codec gave nothing: says the row's invalid_message, without one `unspoken`. In a line of
/// values {1} is the value.
void refuse(const RowInfo& row, const Binding& binding, std::string_view unspoken);

/// The part of binding that does not depend on the target's type: deprecation, repetition, number
/// of words. False: the statement is not to be taken in (it has been reported).
[[nodiscard]] bool admit(const RowInfo& row, Seen& seen, const Binding& binding);

/// Calls `take` for every line of a value block, also when its braces are missing.
void for_each_entry(const Binding& block, const std::function<void(const Binding&)>& take);

/// Diagnoses a statement without words: a '{' after nothing, or a '}' that closes nothing. True
/// when it has a block whose statements are to be read as if its braces were not there.
bool report_brace(const Binding& binding);

/// What report_brace() gives, in silence.
[[nodiscard]] inline bool descends(const Binding& binding) { return binding.node().has_block; }

/// Diagnoses a block after a row that has none. True: read on inside it, as the original does.
bool check_braces(const RowInfo& row, const Binding& binding);

/// The block's complaint about a word it does not know, with a hint of the nearest one it does.
void report_unknown(const BlockInfo& block, const Binding& binding);

}  // namespace understudy::parser
