// The shape of a configuration text: statements of words, with blocks, as a flat tree.
//
// Any bytes have a tree: a stray or missing brace is a mark on a node, never an end. Nodes stand in
// text order in one vector and know where their block ends, so depth costs no stack.
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parser/diagnostics.hpp"

namespace understudy::parser {

/// A word of a statement. `text` is a view into the ExpandedText the tree was made of.
struct Word {
  std::string_view text;
  Location at;
  /// Stood in double quotes.
  bool quoted = false;
};

/// A statement, or a brace that closes nothing.
struct Node {
  enum class Kind : std::uint8_t { statement, stray_close };
  Kind kind = Kind::statement;
  /// `{` followed. A statement of no words with a block is a `{` that follows nothing.
  bool has_block = false;
  /// The block was ended by its `}`.
  bool closed = false;
  /// A double quote opens in it and is not closed; what follows the quote is not among its words.
  bool unmatched_quote = false;
  /// Index and number of its words in Tree::words.
  std::uint32_t first_word = 0;
  std::uint32_t word_count = 0;
  /// Index of the first node that is not inside this one.
  std::uint32_t end = 0;
  /// The statement: from its first word to its last. For a stray_close: the brace.
  Location at;
  /// The `{` and `}` of the block.
  Location open;
  Location close;
  /// The statement as written, for values with quoting rules of their own (scripts).
  std::string_view raw;
};

/// A whole text. Views point into its ExpandedText, which must outlive it, or into `storage`.
struct Tree {
  std::vector<Node> nodes;
  std::vector<Word> words;
  /// Lines that are not as they were written: escapes have been taken out.
  std::vector<std::shared_ptr<const std::string>> storage;
  bool unbalanced_braces = false;
  bool unbalanced_quotes = false;

  /// Takes everything out; the memory stays for the next.
  void clear() {
    nodes.clear();
    words.clear();
    storage.clear();
    unbalanced_braces = unbalanced_quotes = false;
  }

  [[nodiscard]] std::span<const Word> words_of(const Node& node) const {
    return std::span(words).subspan(node.first_word, node.word_count);
  }

  /// The nodes directly inside a range of nodes, in order.
  class Siblings {
   public:
    class Iterator {
     public:
      using difference_type = std::ptrdiff_t;
      using value_type = const Node;
      using reference = const Node&;
      using pointer = const Node*;
      using iterator_category = std::input_iterator_tag;
      Iterator(const Tree* tree, std::uint32_t index) : tree_(tree), index_(index) {}
      reference operator*() const { return tree_->nodes[index_]; }
      pointer operator->() const { return &tree_->nodes[index_]; }
      Iterator& operator++() {
        index_ = tree_->nodes[index_].end;
        return *this;
      }
      bool operator==(const Iterator&) const = default;

     private:
      const Tree* tree_;
      std::uint32_t index_;
    };
    Siblings(const Tree* tree, std::uint32_t begin, std::uint32_t end)
        : tree_(tree), begin_(begin), end_(end) {}
    [[nodiscard]] Iterator begin() const { return {tree_, begin_}; }
    [[nodiscard]] Iterator end() const { return {tree_, end_}; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }
    /// Indices into Tree::nodes: the first, and one past the last descendant of the last.
    [[nodiscard]] std::uint32_t first() const { return begin_; }
    [[nodiscard]] std::uint32_t last() const { return end_; }

   private:
    const Tree* tree_;
    std::uint32_t begin_;
    std::uint32_t end_;
  };

  /// The statements of the top level.
  [[nodiscard]] Siblings top() const { return {this, 0, static_cast<std::uint32_t>(nodes.size())}; }
  /// The statements inside `node`'s block.
  [[nodiscard]] Siblings children(const Node& node) const {
    return {this, static_cast<std::uint32_t>(&node - nodes.data()) + 1, node.end};
  }
};

}  // namespace understudy::parser
