// Where in a text something stands that only its value is known of.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "parser/tree.hpp"

namespace understudy::tool {

/// Finds statements of a tree by their words.
class Places {
 public:
  /// `tree` must outlive this.
  explicit Places(const parser::Tree& tree);

  /// The statements of the top level with this keyword.
  [[nodiscard]] std::vector<const parser::Node*> blocks(std::string_view keyword) const;
  /// The statement inside `block` that begins with these words, separated by blanks; nullptr: none.
  [[nodiscard]] const parser::Node* inside(const parser::Node& block, std::string_view words) const;
  /// The words of a statement.
  [[nodiscard]] std::span<const parser::Word> words(const parser::Node& node) const {
    return tree_->words_of(node);
  }
  [[nodiscard]] const parser::Tree& tree() const { return *tree_; }

  /// Where the statement stands that each step leads to: at("vrrp_instance VI_1", "priority"). The
  /// nearest there is when a step is not found. A word also matches with a "/24" after it.
  [[nodiscard]] parser::Location at(std::string_view block,
                                    std::initializer_list<std::string> steps = {}) const;

 private:
  [[nodiscard]] bool begins_with(const parser::Node& node, std::string_view words) const;

  const parser::Tree* tree_;
  /// Blocks of the top level by their keyword and the word after it.
  std::unordered_map<std::string, std::vector<const parser::Node*>> top_;
};

}  // namespace understudy::tool
