#include "daemon/understudy/places.hpp"

namespace understudy::tool {
namespace {

/// The first two words, of a text in which blanks separate them.
std::string head(std::string_view words) {
  const std::size_t blank = words.find(' ');
  if (blank == std::string_view::npos) return std::string(words);
  return std::string(words.substr(0, words.find(' ', blank + 1)));
}

/// "10.0.0.1" is also "10.0.0.1/24".
bool same_word(std::string_view word, std::string_view wanted) {
  return word.starts_with(wanted) && (word.size() == wanted.size() || word[wanted.size()] == '/');
}

}  // namespace

Places::Places(const parser::Tree& tree) : tree_(&tree) {
  for (const parser::Node& node : tree.top()) {
    const auto words = tree.words_of(node);
    if (words.empty()) continue;
    std::string key(words[0].text);
    if (words.size() > 1) key += " " + std::string(words[1].text);
    top_[std::move(key)].push_back(&node);
  }
}

std::vector<const parser::Node*> Places::blocks(std::string_view keyword) const {
  std::vector<const parser::Node*> found;
  for (const parser::Node& node : tree_->top()) {
    const auto words = tree_->words_of(node);
    if (!words.empty() && words[0].text == keyword) found.push_back(&node);
  }
  return found;
}

bool Places::begins_with(const parser::Node& node, std::string_view words) const {
  const auto have = tree_->words_of(node);
  for (std::size_t i = 0; !words.empty(); ++i) {
    const std::size_t blank = std::min(words.find(' '), words.size());
    if (i >= have.size() || !same_word(have[i].text, words.substr(0, blank))) return false;
    words.remove_prefix(std::min(blank + 1, words.size()));
  }
  return true;
}

const parser::Node* Places::inside(const parser::Node& block, std::string_view words) const {
  for (const parser::Node& node : tree_->children(block)) {
    if (begins_with(node, words)) return &node;
  }
  return nullptr;
}

parser::Location Places::at(std::string_view block,
                            std::initializer_list<std::string> steps) const {
  const auto found = top_.find(head(block));
  if (found == top_.end()) return {};
  const parser::Node* node = nullptr;
  for (const parser::Node* one : found->second) {
    if (node == nullptr && begins_with(*one, block)) node = one;
  }
  if (node == nullptr) return {};
  for (const std::string& step : steps) {
    const parser::Node* next = inside(*node, step);
    if (next == nullptr) break;
    node = next;
  }
  return node->at;
}

}  // namespace understudy::tool
