// A configuration as statements, to be printed: what the effective() of every section gives.
//
// effective() writes a verified section back as the keywords that would give the same value, with
// every default filled in. Printed as text it can be read again; as JSON it feeds other programs.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace understudy::parser {

struct Statement;

/// What a word of a statement is; as JSON the first is a string.
enum class WordType : std::uint8_t { text, number, boolean };

/// Statements in order, and how to add to them. What add() and block() give is good until the next
/// statement is added beside it.
class Statements {
 public:
  /// A keyword with words; each argument becomes one word (strings, numbers, addresses as text).
  template <typename... Words>
  Statement& add(std::string keyword, const Words&... words);
  /// The keyword alone, when `on`.
  void flag(std::string keyword, bool on);
  /// "keyword on" or "keyword off".
  void boolean(std::string keyword, bool on);
  /// Seconds with as many decimals as they need.
  void seconds(std::string keyword, std::chrono::microseconds value);
  /// A script keyword: `argv` in the quoting rules of scripts, then the words after it (user,
  /// group). Nothing when argv is empty.
  void script(std::string keyword, const std::vector<std::string>& argv,
              const std::vector<std::string>& owner = {});
  /// A keyword with one word that is read by split_escaped(): a regular expression.
  void escaped(std::string keyword, const std::string& word);
  /// A line of a value block: words only.
  void entry(std::vector<std::string> words);
  /// A keyword with words and a block; gives what to fill the block with.
  template <typename... Words>
  Statements& block(std::string keyword, const Words&... words);
  /// All of another's, at the end.
  void append(Statements more);

  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] const std::vector<Statement>& all() const { return all_; }

 private:
  std::vector<Statement> all_;
};

/// A statement: its words (the keyword first), and its block if it has one.
struct Statement {
  std::vector<std::string> words;
  /// Of words; those beyond its end are text.
  std::vector<WordType> types;
  std::optional<Statements> inner;
  /// An argument vector that stands before words[1]; it is printed as one word by the rules of
  /// scripts.
  std::vector<std::string> argv;
  /// The words after the keyword are read by split_escaped().
  bool escapes = false;
  /// A line of a value block: its first word is no keyword.
  bool line = false;

  [[nodiscard]] WordType type(std::size_t word) const {
    return word < types.size() ? types[word] : WordType::text;
  }
};

/// As configuration text: a statement per line, blocks indented by four columns, words quoted where
/// they have to be. No ordinary word can have a double quote in it, nor end in a backslash when it
/// needs quotes; reading never gives such a word without a complaint.
[[nodiscard]] std::string print_statements(const Statements& statements);

/// "1.5" for 1,500,000 us: no more decimals than needed.
[[nodiscard]] std::string seconds_text(std::chrono::microseconds value);

namespace detail {

template <typename Word>
constexpr WordType word_type() {
  if constexpr (std::is_same_v<Word, bool>) return WordType::boolean;
  return std::is_arithmetic_v<Word> && !std::is_same_v<Word, char> ? WordType::number
                                                                   : WordType::text;
}

}  // namespace detail

template <typename... Words>
Statement& Statements::add(std::string keyword, const Words&... words) {
  Statement& statement = all_.emplace_back();
  statement.words.push_back(std::move(keyword));
  (statement.words.push_back(fmt::format("{}", words)), ...);
  statement.types = {WordType::text, detail::word_type<Words>()...};
  return statement;
}

template <typename... Words>
Statements& Statements::block(std::string keyword, const Words&... words) {
  return add(std::move(keyword), words...).inner.emplace();
}

}  // namespace understudy::parser
