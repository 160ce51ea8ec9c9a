// Lines that are about the text and not part of it: definitions, repetition, "@id" selection.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "parser/lines.hpp"

namespace understudy::parser {

/// What is to be done with a line.
struct LineVerdict {
  enum class Kind : std::uint8_t { keep, drop };
  Kind kind = Kind::keep;
  /// Octets at the front of the line's text that are not part of it ("@id ").
  std::size_t skip = 0;
  /// Why a line that says something is dropped; empty: nothing to say.
  std::string complaint;
};

/// Goes through the lines of a text in order.
class Substitution {
 public:
  /// `config_id`: lines that begin with "@ID " are kept only if it is this, "@^ID " only if not.
  explicit Substitution(std::string config_id) : config_id_(std::move(config_id)) {}
  [[nodiscard]] LineVerdict judge(const CleanLine& line);

 private:
  [[nodiscard]] std::optional<std::size_t> select(std::string_view text) const;

  std::string config_id_;
  /// The line before was part of a definition that goes on.
  bool in_definition_ = false;
};

}  // namespace understudy::parser
