#include "parser/statement.hpp"

#include <algorithm>

namespace understudy::parser {
namespace {

constexpr std::size_t kIndent = 4;
constexpr std::string_view kBlanksAndBraces = " \t\f\n\r\v{}";
/// What ends a plain word, begins a comment, or is a quote by the rules of scripts.
constexpr std::string_view kNeedsQuotes = " \t\f\n\r\v#!{}\"'";

/// Whether a line that begins with the word might be taken for something else: a line for one
/// machine, a definition, a repetition, an include.
bool means_something_first(std::string_view word) {
  return word.starts_with('@') || word.starts_with('$') || word.starts_with('~') ||
         word.starts_with("include");
}

bool ends_in_escape(std::string_view word) {
  const std::size_t last = word.find_last_not_of('\\');
  return (word.size() - (last == std::string_view::npos ? 0 : last + 1)) % 2 == 1;
}

/// A word by the ordinary rules.
std::string quoted(const std::string& word, bool begins_line) {
  const bool other = begins_line && means_something_first(word);
  if (!other && !word.empty() && word.find_first_of(kNeedsQuotes) == std::string::npos) return word;
  // A quote after a backslash would not end it.
  if (other || !ends_in_escape(word) || word.find_first_of(kBlanksAndBraces) != word.npos) {
    return '"' + word + '"';
  }
  std::string out;
  for (const char c : word) {
    if (c == '#' || c == '!') out += '\\';
    out += c;
  }
  return out;
}

/// Text between double quotes for split_escaped(), also when split_quoted() and the ordinary rules
/// see it before.
std::string with_escapes(std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto c = static_cast<unsigned char>(word[i]);
    const char next = i + 1 < word.size() ? word[i + 1] : '\0';
    if (c == '\\' || c == '\'') {
      out += {'\\', word[i]};
    } else if (c < ' ' || c == '"' || c == 0x7f || (c == '$' && (next == '{' || next == '_'))) {
      out += fmt::format("\\{:03o}", c);
    } else {
      out += word[i];
    }
  }
  return out;
}

/// A word of an argument vector, inside the double quotes around all of it.
std::string script_word(const std::string& word) {
  const bool one = !word.empty() && word.find(' ') == std::string::npos;
  return one ? with_escapes(word) : '\'' + with_escapes(word) + '\'';
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
    const std::string& word = statement.words[i];
    out += statement.escapes && i > 0 ? '"' + with_escapes(word) + '"'
                                      : quoted(word, i == 0 && statement.line);
    if (i == 0 && !statement.argv.empty()) out += ' ' + script_text(statement.argv);
  }
  // A backslash at the very end would have the blanks before it taken away.
  if (ends_in_escape(out)) out += ' ';
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
  add(std::move(keyword), on ? "on" : "off").types[1] = WordType::boolean;
}

void Statements::seconds(std::string keyword, std::chrono::microseconds value) {
  add(std::move(keyword), seconds_text(value)).types[1] = WordType::number;
}

void Statements::script(std::string keyword, const std::vector<std::string>& argv,
                        const std::vector<std::string>& owner) {
  if (argv.empty()) return;
  Statement& statement = add(std::move(keyword));
  statement.argv = argv;
  statement.words.insert(statement.words.end(), owner.begin(), owner.end());
}

void Statements::escaped(std::string keyword, const std::string& word) {
  add(std::move(keyword), word).escapes = true;
}

void Statements::entry(std::vector<std::string> words) {
  Statement& statement = all_.emplace_back();
  statement.words = std::move(words);
  statement.line = true;
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
