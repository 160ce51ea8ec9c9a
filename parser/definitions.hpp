// $NAME=VALUE: what is defined, and which line defines something.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "parser/expanded_text.hpp"

namespace understudy::parser {

/// A line of a definition, without comment, continuation and blanks at its ends.
struct BodyLine {
  std::string_view text;
  Place at;
};
using Body = std::vector<BodyLine>;

/// What "$NAME" stands for.
struct Definition {
  std::string name;
  /// Of one line; of several: the first.
  std::string_view value;
  /// All lines of a definition of several; null: it is a value. Shared with where it is being used,
  /// for its own lines may define it anew.
  std::shared_ptr<const Body> body;
  Place at;
  /// The value when it is no view of a text.
  std::string own;
  /// Being replaced on the line at hand.
  bool active = false;
};

/// All definitions that hold at a line.
class Definitions {
 public:
  /// nullptr: not defined.
  [[nodiscard]] Definition* find(std::string_view name);
  /// Makes it when it is new; the reference stays valid.
  [[nodiscard]] Definition& at(std::string_view name);
  /// The defined name most like one that is not; empty: none is.
  [[nodiscard]] std::string nearest_to(std::string_view name) const;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, Definition, Hash, std::equal_to<>> all_;
};

/// A line that defines something.
struct DefinitionLine {
  std::string_view name;
  std::string_view value;
};

/// "$NAME=VALUE", without blanks before the '='; nullopt: it is another line.
[[nodiscard]] std::optional<DefinitionLine> definition_line(std::string_view text);

/// Length of the name at the front: a letter or '_', then letters, digits and '_'.
[[nodiscard]] std::size_t name_length(std::string_view text);

/// The text of a line that goes on, without its final backslash.
[[nodiscard]] std::string_view without_continuation(std::string_view text);

}  // namespace understudy::parser
