#include "parser/statement.hpp"

#include <algorithm>

namespace understudy::parser {
namespace {

constexpr std::size_t kIndent = 4;
constexpr std::string_view kNeedsQuotes = " \t#!{}\"";

/// A word by the ordinary rules.
std::string quoted(const std::string& word) {
  if (!word.empty() && word.find_first_of(kNeedsQuotes) == std::string::npos) return word;
  return '"' + word + '"';
}

/// A word of an argument vector, by the rules of scripts.
std::string script_word(const std::string& word) {
  std::string out;
  const bool plain = !word.empty() && word.find_first_of(" \t\\'\"#!{}") == std::string::npos;
  if (plain) return word;
  for (const char c : word) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return "'" + out + "'";
}

std::string script_text(const std::vector<std::string>& argv) {
  std::string out;
  for (const std::string& word : argv) {
    if (!out.empty()) out += ' ';
    out += script_word(word);
  }
  return '"' + out + '"';
}

void append_statements(std::string& out, const Statements& statements, std::size_t depth);

void append_statement(std::string& out, const Statement& statement, std::size_t depth) {
  out.append(depth * kIndent, ' ');
  for (std::size_t i = 0; i < statement.words.size(); ++i) {
    if (i > 0) out += ' ';
    out += quoted(statement.words[i]);
    if (i == 0 && !statement.argv.empty()) out += ' ' + script_text(statement.argv);
  }
  if (statement.inner) {
    out += " {\n";
    append_statements(out, *statement.inner, depth + 1);
    out.append(depth * kIndent, ' ');
    out += '}';
  }
  out += '\n';
}

void append_statements(std::string& out, const Statements& statements, std::size_t depth) {
  for (const Statement& statement : statements.all()) append_statement(out, statement, depth);
}

}  // namespace

void Statements::flag(std::string keyword, bool on) {
  if (on) add(std::move(keyword));
}

void Statements::boolean(std::string keyword, bool on) {
  add(std::move(keyword), on ? "on" : "off");
}

void Statements::seconds(std::string keyword, std::chrono::microseconds value) {
  add(std::move(keyword), seconds_text(value));
}

void Statements::script(std::string keyword, const std::vector<std::string>& argv,
                        const std::vector<std::string>& owner) {
  if (argv.empty()) return;
  Statement& statement = add(std::move(keyword));
  statement.argv = argv;
  statement.words.insert(statement.words.end(), owner.begin(), owner.end());
}

void Statements::entry(std::vector<std::string> words) {
  all_.emplace_back().words = std::move(words);
}

void Statements::append(Statements more) {
  std::move(more.all_.begin(), more.all_.end(), std::back_inserter(all_));
}

std::string print_statements(const Statements& statements) {
  std::string out;
  append_statements(out, statements, 0);
  return out;
}

std::string seconds_text(std::chrono::microseconds value) {
  constexpr std::int64_t kSecond = 1'000'000;
  std::string out = fmt::format("{}.{:06}", value.count() / kSecond, value.count() % kSecond);
  while (out.ends_with('0')) out.pop_back();
  if (out.ends_with('.')) out.pop_back();
  return out;
}

}  // namespace understudy::parser
