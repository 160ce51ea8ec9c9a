#include "parser/print.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace understudy::parser {
namespace {

/// Deeper blocks are indented no further, so that the size of the output stays linear.
constexpr std::size_t kMaxIndent = 64;

void append_word(std::string& out, const Word& word) {
  // A word never holds a double quote, and an unquoted one no blank or brace.
  if (word.quoted) {
    out += fmt::format("\"{}\"", word.text);
    return;
  }
  for (const char c : word.text) {
    if (c == '#' || c == '!') out += '\\';
    out += c;
  }
}

void append_statement(std::string& out, const Tree& tree, const Node& node) {
  bool first = true;
  for (const Word& word : tree.words_of(node)) {
    if (!first) out += ' ';
    append_word(out, word);
    first = false;
  }
  if (node.has_block) out += first ? "{" : " {";
}

/// What troff shows as itself: it makes typographic signs of some of ASCII's.
std::string escape(char c) {
  switch (c) {
    case '\\':
      return "\\e";
    case '-':
      return "\\-";
    case '~':
      return "\\(ti";
    case '^':
      return "\\(ha";
    case '`':
      return "\\(ga";
    default:
      return {c};
  }
}

/// Text for man(7): backslashes mean nothing special, and whatever is not ASCII is written so that
/// no troff has to be told the encoding.
std::string roff_inside(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t point = length == 1 ? lead : lead & (0x7fU >> length);
    for (const char c : text.substr(at + 1, length - 1)) {
      point = point << 6U | (static_cast<unsigned char>(c) & 0x3fU);
    }
    if (point >= 0x80) {
      out += fmt::format("\\[u{:04X}]", point);
    } else {
      out += escape(text[at]);
    }
    at += length;
  }
  return out;
}

std::string_view repetition(const RowInfo& row) {
  switch (row.repeat) {
    case Repeat::adds_up:
      return "May be given several times";
    case Repeat::first_wins:
      return "May be given once; the first counts";
    case Repeat::replaced:
      return "May be given once; the last counts";
    case Repeat::last_wins:
      break;
  }
  return {};
}

std::string entry(const RowInfo& row) {
  const std::string shape = row_shape(row);
  const std::string_view words = row.syntax;
  const std::size_t syntax = std::min(shape.find(words, row.name.size()), shape.size());
  const std::string_view before = std::string_view(shape).substr(0, syntax);
  std::string out =
      fmt::format(".TP\n\\fB{}\\fR{}", roff(row.name), roff_inside(before.substr(row.name.size())));
  if (!words.empty()) out += fmt::format("\\fI{}\\fR", roff_inside(words));
  const std::string after = roff_inside(shape.substr(syntax + words.size()));
  out += fmt::format("{}\n{}\n", after, roff(row.doc));
  for (const std::string& fact : row_facts(row)) out += roff(fact) + ".\n";
  return out;
}

void append_section(std::string& out, const BlockInfo& block, const std::string& path) {
  for (const RowInfo* row : block.infos()) out += entry(*row);
  for (const RowInfo* row : block.infos()) {
    if (!row->children) continue;
    const std::string below =
        path.empty() ? std::string(row->name) : fmt::format("{} / {}", path, row->name);
    out += fmt::format(".SS {}\n", roff(below));
    append_section(out, *row->children, below);
  }
}

}  // namespace

std::string roff(std::string_view text) {
  const std::string out = roff_inside(text);
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string row_shape(const RowInfo& row) {
  if (row.kind == Kind::entries) return fmt::format("{} {{ {} ... }}", row.name, row.syntax);
  std::string shape(row.name);
  if (!row.syntax.empty()) shape += fmt::format(" {}", row.syntax);
  return row.kind == Kind::block ? shape + " { ... }" : shape;
}

std::vector<std::string> syntax_words(const RowInfo& row) {
  std::vector<std::string> words;
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  const std::string_view syntax = row.syntax;
  for (const auto* first = syntax.begin(); first != syntax.end();) {
    first = std::find_if(first, syntax.end(), [](char c) { return c != ' ' && c != '|'; });
    const auto* last = std::find_if(
        first, syntax.end(), [](char c) { return c == ' ' || c == '|' || c == ']' || c == ')'; });
    while (first != last && (*first == '[' || *first == '(')) ++first;
    const bool written = std::all_of(first, last, letter) && first != last && *first >= 'a';
    if (written) words.emplace_back(first, last);
    first = std::find_if(last, syntax.end(), [](char c) { return c != ']' && c != ')'; });
  }
  return words;
}

std::vector<std::string> row_facts(const RowInfo& row) {
  std::vector<std::string> facts;
  const auto add = [&facts](std::string_view label, std::string_view what) {
    if (!what.empty()) facts.push_back(fmt::format("{} {}", label, what));
  };
  add("Range", row.range);
  add("Default", row.fallback);
  if (const auto times = repetition(row); !times.empty()) facts.emplace_back(times);
  add("Also written", fmt::format("{}", fmt::join(row.aliases, ", ")));
  add("Since keepalived", row.since);
  if (row.own) facts.emplace_back("New here: keepalived does not know it");
  if (row.no_effect && row.deprecation_message.empty()) {
    facts.emplace_back("Understood, and without effect in this version");
  }
  if (!row.replacement.empty()) {
    facts.push_back(fmt::format("Deprecated: use {}", row.replacement));
  } else if (!row.deprecation_message.empty() && !row.no_effect) {
    facts.emplace_back("Deprecated");
  }
  return facts;
}

std::string print_tree(const Tree& tree) {
  std::string out;
  std::vector<const Node*> open;
  const auto line = [&] {
    if (!out.empty()) out += '\n';
    out.append(std::min(open.size() * 4, kMaxIndent), ' ');
  };
  const auto close_before = [&](std::uint32_t index) {
    while (!open.empty() && open.back()->end <= index) {
      const bool closed = open.back()->closed;
      open.pop_back();
      if (!closed) continue;
      line();
      out += '}';
    }
  };
  for (std::uint32_t index = 0; index < tree.nodes.size(); ++index) {
    close_before(index);
    const Node& node = tree.nodes[index];
    line();
    if (node.kind == Node::Kind::stray_close) {
      out += '}';
      continue;
    }
    append_statement(out, tree, node);
    if (node.has_block) open.push_back(&node);
  }
  close_before(static_cast<std::uint32_t>(tree.nodes.size()));
  if (!out.empty()) out += '\n';
  return out;
}

std::string print_manual(const BlockInfo& block) {
  std::string out;
  append_section(out, block, {});
  return out;
}

}  // namespace understudy::parser
