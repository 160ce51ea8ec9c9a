// Pieces of configuration text made from the rows: what a mutation of a configuration inserts.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace understudy::fuzz {

/// Makes statements of the keywords there are, with values that are right, nearly right and wrong.
class ConfigWords {
 public:
  /// Looks the rows up.
  ConfigWords();
  /// A statement, inside the blocks it belongs in or without them.
  [[nodiscard]] std::string statement(std::mt19937& random) const;
  /// A definition, a use of one, a sequence, a list, an "@id" line.
  [[nodiscard]] static std::string directive(std::mt19937& random);
  /// All keywords, for a dictionary.
  [[nodiscard]] std::vector<std::string> keywords() const;

 private:
  struct Keyword {
    /// The blocks around it, outermost first, as they are opened.
    std::vector<std::string> blocks;
    std::string name;
    bool has_block = false;
    std::size_t words = 0;
    /// The ends of its range and its choices, as the row describes them.
    std::vector<std::string> values;
  };
  std::vector<Keyword> all_;
};

}  // namespace understudy::fuzz
