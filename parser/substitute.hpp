// "@id" selection, and the replacement of $NAME and ${NAME} on a line.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parser/definitions.hpp"

namespace understudy::parser {

/// Octets at the front of a line that begins with "@ID " or "@^ID " to leave out; nullopt: the line
/// is not for `config_id`.
[[nodiscard]] std::optional<std::size_t> selected(std::string_view text,
                                                  std::string_view config_id);

/// What ${_RANDOM} gives: the original's numbers for the same random_seed.
class RandomNumbers {
 public:
  RandomNumbers();
  RandomNumbers(const RandomNumbers&) = delete;
  RandomNumbers& operator=(const RandomNumbers&) = delete;
  void seed(unsigned number);
  /// In [low, high]; `low` may not be above `high`.
  [[nodiscard]] unsigned long between(unsigned long low, unsigned long high);

 private:
  random_data data_{};
  char state_[128];
};

/// What became of a line.
struct Replaced {
  /// Anything was replaced, so `text` is not the line it was.
  bool any = false;
  /// The line is not to be used.
  bool failed = false;
  /// The line turned out to be for an "@id", a sequence or a definition: the rest is as it was.
  bool directive = false;
  std::string text;
  /// Definitions of several lines that it ends with, each inside the one before: text ends with the
  /// first line of the last.
  std::vector<const Definition*> bodies;
  struct Complaint {
    /// Only worth a note.
    bool note = false;
    std::string message;
    std::string hint;
  };
  std::vector<Complaint> complaints;
};

/// Replaces definitions. Each octet of the result is made once, and a value that contains itself
/// ends with a complaint, so the time is that of reading the result.
class Substitution {
 public:
  /// `budget`: replacements that may yet be made, for what replaces much and leaves nothing.
  Substitution(Definitions& definitions, std::string config_id, std::uint64_t& budget)
      : definitions_(definitions), config_id_(std::move(config_id)), budget_(budget) {}

  /// `directory`: ${_PWD}.
  [[nodiscard]] Replaced replace(std::string_view line, const std::string& directory);
  void seed(unsigned number) { random_.seed(number); }

 private:
  /// What is yet to be read of a text; the last of them is read first.
  struct Piece {
    std::string_view rest;
    Definition* definition = nullptr;
  };
  /// "$NAME" or "${NAME PARAMETERS}" at the front of the pieces.
  struct Reference {
    std::string name;
    std::vector<std::string> parameters;
    std::size_t length = 0;
    bool braces = false;
  };

  [[nodiscard]] char octet(std::size_t offset) const;
  [[nodiscard]] bool reference(Reference& found) const;
  [[nodiscard]] bool parameters(Reference& found, std::size_t& at) const;
  void drop(std::size_t octets);
  void push(std::string_view value, Definition* definition);
  void pop_finished();
  void take_dollar(Replaced& result, const std::string& directory);
  bool take_definition(Definition& definition, const Reference& found, Replaced& result);
  std::optional<std::string> predefined(const Reference& found, const std::string& directory,
                                        Replaced& result);
  std::optional<std::string> random_number(const Reference& found, Replaced& result);
  [[nodiscard]] bool at_directive() const;
  void say_undefined(const Reference& found, Replaced& result) const;

  Definitions& definitions_;
  std::string config_id_;
  std::uint64_t& budget_;
  RandomNumbers random_;
  std::vector<Piece> pieces_;
  /// Values made on the line.
  std::vector<std::unique_ptr<const std::string>> made_;
  Reference found_;
};

}  // namespace understudy::parser
