#include "daemon/understudy/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "daemon/config_rows.hpp"
#include "daemon/understudy/command.hpp"
#include "parser/directives.hpp"
#include "parser/print.hpp"

namespace understudy::tool {
namespace {

using parser::Kind;
using parser::RowInfo;
using Path = std::vector<std::string_view>;

constexpr std::size_t kLineWidth = 80;

std::string path_text(const Path& path) {
  return path.empty() ? "top level" : fmt::format("{}", fmt::join(path, " / "));
}

bool called(const RowInfo& row, std::string_view name) {
  return row.name == name || std::ranges::find(row.aliases, name) != row.aliases.end();
}

/// "inst" is a word of lvs_sync_daemon, whose entry explains it.
bool takes_word(const RowInfo& row, std::string_view word) {
  return std::ranges::count(parser::syntax_words(row), word) != 0;
}

/// Words separated by blanks in lines that begin with `indent`.
std::string wrapped(const std::vector<std::string>& words, std::string_view indent) {
  std::string out;
  std::size_t column = kLineWidth;
  for (const std::string& word : words) {
    if (column + 1 + word.size() > kLineWidth) {
      out += fmt::format("{}{}", out.empty() ? "" : "\n", indent);
      column = indent.size();
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::vector<std::string> names_in(const parser::BlockInfo& block) {
  std::vector<std::string> names;
  for (const RowInfo* row : block.infos()) names.emplace_back(row->name);
  return names;
}

/// All but the place.
std::string body_of(const RowInfo& row) {
  std::string text = fmt::format("    {}\n", row.doc);
  for (const std::string& fact : parser::row_facts(row)) text += fmt::format("    {}.\n", fact);
  if (row.children) {
    text += row.kind == Kind::entries ? "    Words of a line:\n" : "    Keywords in it:\n";
    text += wrapped(names_in(*row.children), "        ") + "\n";
  }
  return text;
}

/// An entry, and the places it is true of.
struct Entry {
  std::string shape;
  std::string body;
  std::vector<std::string> places;
};

std::vector<Entry> entries_of(const parser::BlockInfo& rows, std::string_view keyword,
                              std::string_view block,
                              bool (*matches)(const RowInfo&, std::string_view)) {
  std::vector<Entry> entries;
  for_each_row(rows, [&](const Path& path, const RowInfo& row) {
    if (!matches(row, keyword)) return;
    if (!block.empty() && std::ranges::find(path, block) == path.end()) return;
    Entry entry{parser::row_shape(row), body_of(row), {}};
    auto same = std::ranges::find_if(entries, [&](const Entry& one) {
      return one.shape == entry.shape && one.body == entry.body;
    });
    if (same == entries.end()) same = entries.insert(entries.end(), std::move(entry));
    same->places.push_back(path_text(path));
  });
  return entries;
}

Explanation unknown(const parser::BlockInfo& rows, std::string_view keyword,
                    std::string_view block) {
  if (!block.empty() && explain(rows, keyword, {}).found) {
    return {fmt::format("There is no '{}' in '{}'.\n", keyword, block) +
                explain(rows, keyword, {}).text,
            false};
  }
  std::set<std::string_view> names;
  for_each_row(rows, [&](const Path&, const RowInfo& row) {
    names.insert(row.name);
    names.insert(row.aliases.begin(), row.aliases.end());
  });
  std::vector<std::string_view> left(names.begin(), names.end());
  std::vector<std::string> close;
  while (close.size() < 3) {
    const std::string_view near = parser::nearest(keyword, left);
    if (near.empty()) break;
    close.emplace_back(near);
    std::erase(left, near);
  }
  std::string text = fmt::format("There is no keyword '{}'.\n", keyword);
  if (!close.empty()) text += fmt::format("Did you mean {}?\n", fmt::join(close, ", "));
  return {std::move(text), false};
}

/// "${_RANDOM}" of "_RANDOM", "$_RANDOM" and "${_RANDOM 1 6}": how people ask for a definition.
std::string asked_for(std::string_view word) {
  word = word.substr(std::min(word.find_first_not_of("${"), word.size()));
  return fmt::format("${{{}}}", word.substr(0, word.find_first_of(" }")));
}

/// What is no keyword but part of the language: include, $NAME=, ~SEQ …
std::string directive_text(std::string_view word) {
  const std::string definition = asked_for(word);
  for (const parser::Directive& directive : parser::directives()) {
    if (directive.name != word && directive.name != definition) continue;
    return fmt::format("{}\n    anywhere\n    {}.\n", directive.shape, directive.doc);
  }
  return {};
}

}  // namespace

Explanation explain(const parser::BlockInfo& rows, std::string_view keyword,
                    std::string_view block) {
  std::string text = block.empty() ? directive_text(keyword) : std::string();
  auto entries = entries_of(rows, keyword, block, called);
  if (entries.empty() && text.empty()) entries = entries_of(rows, keyword, block, takes_word);
  for (const Entry& entry : entries) {
    if (!text.empty()) text += '\n';
    text += entry.shape + '\n';
    for (const std::string& place : entry.places) text += fmt::format("    in {}\n", place);
    text += entry.body;
  }
  return text.empty() ? unknown(rows, keyword, block) : Explanation{std::move(text), true};
}

std::string list_blocks(const parser::BlockInfo& rows) {
  std::string text;
  for_each_row(rows, [&](const Path& path, const RowInfo& row) {
    if (row.kind != Kind::block && row.kind != Kind::entries) return;
    std::string place = path.empty() ? "" : path_text(path) + " / ";
    text += fmt::format("{}{}\n    {}\n", place, row.name, row.doc);
  });
  return text;
}

int run_explain(const Arguments& arguments) {
  const auto rows = config_rows();
  if (arguments.words.empty()) {
    fmt::print("{}", list_blocks(rows));
    return 0;
  }
  const auto block = arguments.words.size() > 1 ? arguments.words[1] : std::string();
  const Explanation found = explain(rows, arguments.words[0], block);
  fmt::print(found.found ? stdout : stderr, "{}", found.text);
  return found.found ? 0 : 1;
}

}  // namespace understudy::tool
