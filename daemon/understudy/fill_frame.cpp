// Prints the frame given as argument with what the rows and option tables say in the place of
// @NAME@: for the manual page, the syntax file of vim and the completion of bash.
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "checkers/genhash.hpp"
#include "daemon/config_rows.hpp"
#include "daemon/options.hpp"
#include "daemon/understudy/command.hpp"
#include "daemon/understudy/lint.hpp"
#include "daemon/understudy/usage.hpp"
#include "parser/directives.hpp"
#include "parser/print.hpp"

namespace understudy::tool {
namespace {

using parser::Kind;
using parser::RowInfo;
using Names = std::set<std::string>;

// --- keepalived.conf(5) ---

std::string manual_keywords() { return ".SS Top level\n" + parser::print_manual(config_rows()); }

std::string manual_directives() {
  std::string text;
  for (const auto& directive : parser::directives()) {
    text += fmt::format(".TP\n\\fB{}\\fR\n{}.\n", parser::roff(directive.shape),
                        parser::roff(directive.doc));
  }
  return text;
}

std::string manual_lints() {
  std::string text;
  for (const Lint& lint : lints()) {
    text += fmt::format(".TP\n.B {}\n{}\n", parser::roff(lint.name), parser::roff(lint.doc));
  }
  return text;
}

// --- vim ---

/// Keywords by how they are shown.
struct Vocabulary {
  Names blocks;
  Names keywords;
  Names deprecated;
  /// Words inside the lines of value blocks.
  Names options;
  /// Words that are values: MASTER, BACKUP …
  Names values;

  [[nodiscard]] bool begins_statement(const std::string& name) const {
    return blocks.contains(name) || keywords.contains(name) || deprecated.contains(name);
  }
};

const Names kBooleans{"on", "off", "true", "false", "yes", "no"};

void add_values(std::string_view syntax, Names& values) {
  std::istringstream words{std::string(syntax)};
  if (syntax.find('|') == std::string_view::npos ||
      syntax.find_first_of(" [(<") != std::string_view::npos) {
    return;
  }
  for (std::string word; std::getline(words, word, '|');) values.insert(word);
}

void add_rows(const parser::BlockInfo& block, bool in_line, Vocabulary& words) {
  for (const RowInfo* row : block.infos()) {
    const bool opens = row->kind == Kind::block || row->kind == Kind::entries;
    Names& names = in_line                             ? words.options
                   : !row->deprecation_message.empty() ? words.deprecated
                   : opens                             ? words.blocks
                                                       : words.keywords;
    names.emplace(row->name);
    names.insert(row->aliases.begin(), row->aliases.end());
    add_values(row->syntax, words.values);
    for (std::string& word : parser::syntax_words(*row)) words.options.insert(std::move(word));
    if (row->children) add_rows(*row->children, row->kind == Kind::entries, words);
  }
}

/// The vocabulary with every keyword in one list only: what is a block somewhere is shown as one,
/// and what is current somewhere is not shown as deprecated.
Vocabulary vocabulary() {
  Vocabulary words;
  add_rows(config_rows(), false, words);
  for (const auto& name : words.blocks) words.keywords.erase(name);
  for (const Names* current : {&words.blocks, &words.keywords}) {
    for (const auto& name : *current) words.deprecated.erase(name);
  }
  for (const Names* other : std::array<const Names*, 2>{&words.values, &kBooleans}) {
    for (const auto& name : *other) words.options.erase(name);
  }
  return words;
}

/// "syn keyword GROUP word …", a few words a line.
std::string vim_list(std::string_view group, const Names& names) {
  constexpr std::size_t kWidth = 100;
  const std::string start = fmt::format("syn keyword {}", group);
  std::string text;
  std::string line;
  for (const std::string& name : names) {
    if (line.empty() || line.size() + 1 + name.size() > kWidth) {
      if (!line.empty()) text += line + "\n";
      line = start;
    }
    line += " " + name;
  }
  return text + line + "\n";
}

/// Words of lines that also begin statements are such words only behind another.
std::string vim_later_options(const Vocabulary& words) {
  std::vector<std::string> names;
  for (const auto& name : words.options) {
    if (words.begins_statement(name)) names.push_back(name);
  }
  return fmt::format(
      "syn match keepalivedOption /\\%(\\S\\s\\+\\)\\@<=\\%({}\\)\\ze\\%(\\s\\|$\\)/\n",
      fmt::join(names, "\\|"));
}

std::string vim_keywords() {
  Vocabulary words = vocabulary();
  const std::string later = vim_later_options(words);
  std::erase_if(words.options, [&](const auto& name) { return words.begins_statement(name); });
  return vim_list("keepalivedBlock contained", words.blocks) +
         vim_list("keepalivedKeyword contained", words.keywords) +
         vim_list("keepalivedDeprecated contained", words.deprecated) +
         vim_list("keepalivedOption", words.options) + later +
         vim_list("keepalivedValue", words.values);
}

// --- bash ---

/// The words a completion offers, and the patterns of those whose argument is the next word.
struct Offer {
  std::vector<std::string> words;
  std::vector<std::string> wanting;

  void add(char letter, const std::string& name, bool takes, bool needs) {
    words.push_back(fmt::format("--{}{}", name, takes && needs ? "=" : ""));
    if (letter != 0) words.push_back(fmt::format("-{}", letter));
    if (!needs) return;
    wanting.push_back("--" + name);
    if (letter != 0) wanting.push_back(fmt::format("-{}", letter));
  }
  [[nodiscard]] std::string offered() const { return fmt::format("{}", fmt::join(words, " ")); }
  [[nodiscard]] std::string pattern() const { return fmt::format("{}", fmt::join(wanting, "|")); }
};

Offer keepalived_offer() {
  Offer offer;
  for (const auto& one : option_names()) {
    offer.add(one.letter, one.name, one.takes_argument, one.needs_argument);
  }
  return offer;
}

Offer genhash_offer() {
  Offer offer;
  for (const auto& one : checkers::genhash_options()) {
    const bool needs = one.has_arg == required_argument;
    offer.add(static_cast<char>(one.val), one.name, needs, needs);
  }
  return offer;
}

std::string bash_commands() {
  std::vector<std::string_view> names;
  for (const Command& command : commands()) names.push_back(command.name);
  return fmt::format("{}", fmt::join(names, " "));
}

/// A branch for each subcommand: its options, and what their arguments can be.
std::string bash_branches() {
  std::string text;
  for (const Command& command : commands()) {
    Offer offer;
    std::string choices;
    for (const Option& one : command.options) {
      const bool takes = !one.argument.empty();
      offer.add(one.letter, std::string(one.name), takes, takes);
      if (choices_of(one).empty()) continue;
      choices += fmt::format("        --{}) _understudy_offer \"{}\"; return ;;\n", one.name,
                             fmt::join(choices_of(one), " "));
    }
    offer.add('h', "help", false, false);
    text += fmt::format("    {})\n      case $prev in\n{}", command.name, choices);
    if (!offer.wanting.empty()) text += fmt::format("        {}) return ;;\n", offer.pattern());
    text += fmt::format("      esac\n      options=\"{}\" ;;\n", offer.offered());
  }
  return text;
}

std::string bash_keywords() {
  Names names;
  for_each_row(config_rows(), [&](const auto&, const RowInfo& row) {
    names.emplace(row.name);
    names.insert(row.aliases.begin(), row.aliases.end());
    for (std::string& word : parser::syntax_words(row)) names.insert(std::move(word));
  });
  return fmt::format("{}", fmt::join(names, " "));
}

const std::map<std::string, std::function<std::string()>>& fillings() {
  static const std::map<std::string, std::function<std::string()>> all{
      {"KEYWORDS", manual_keywords},
      {"DIRECTIVES", manual_directives},
      {"LINTS", manual_lints},
      {"VIM_KEYWORDS", vim_keywords},
      {"KEEPALIVED_OPTIONS", [] { return keepalived_offer().offered(); }},
      {"KEEPALIVED_WANTING", [] { return keepalived_offer().pattern(); }},
      {"GENHASH_OPTIONS", [] { return genhash_offer().offered(); }},
      {"GENHASH_WANTING", [] { return genhash_offer().pattern(); }},
      {"UNDERSTUDY_COMMANDS", bash_commands},
      {"UNDERSTUDY_BRANCHES", bash_branches},
      {"ALL_KEYWORDS", bash_keywords},
  };
  return all;
}

/// A line with every @NAME@ replaced; a filling of several lines takes the line's place.
std::string fill(std::string line) {
  for (const auto& [name, make] : fillings()) {
    const std::string mark = "@" + name + "@";
    const std::size_t at = line.find(mark);
    if (at == std::string::npos) continue;
    const std::string filling = make();
    if (filling.ends_with('\n')) return filling;
    line.replace(at, mark.size(), filling);
  }
  return line + "\n";
}

}  // namespace
}  // namespace understudy::tool

int main(int argc, char** argv) {
  std::ifstream frame(argc == 2 ? argv[1] : "");
  if (!frame) {
    std::cerr << "usage: fill_frame FRAME\n";
    return 1;
  }
  for (std::string line; std::getline(frame, line);) std::cout << understudy::tool::fill(line);
  return std::cout.good() ? 0 : 1;
}
