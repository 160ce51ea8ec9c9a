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
#include <utility>
#include <vector>

namespace understudy::parser {

struct Statement;

/// Statements in order, and how to add to them.
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
  std::optional<Statements> inner;
  /// words[1] is an argument vector: it is quoted by the rules of scripts as one word.
  std::vector<std::string> argv;
};

/// As configuration text: a statement per line, blocks indented by four columns, words quoted where
/// they have to be.
[[nodiscard]] std::string print_statements(const Statements& statements);

/// "1.5" for 1,500,000 us: no more decimals than needed.
[[nodiscard]] std::string seconds_text(std::chrono::microseconds value);

template <typename... Words>
Statement& Statements::add(std::string keyword, const Words&... words) {
  Statement& statement = all_.emplace_back();
  statement.words.push_back(std::move(keyword));
  (statement.words.push_back(fmt::format("{}", words)), ...);
  return statement;
}

template <typename... Words>
Statements& Statements::block(std::string keyword, const Words&... words) {
  return add(std::move(keyword), words...).inner.emplace();
}

}  // namespace understudy::parser
