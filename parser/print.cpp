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

/// Text for man(7): backslashes and leading dots mean nothing special, and whatever is not ASCII is
/// written so that no troff has to be told the encoding.
std::string roff(std::string_view text) {
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
      out += point == '\\' ? "\\e" : point == '-' ? "\\-" : std::string(1, text[at]);
    }
    at += length;
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

bool has_block(const RowInfo& row) { return row.kind == Kind::block || row.kind == Kind::entries; }

std::string sentence(std::string_view label, std::string_view text) {
  return text.empty() ? std::string() : fmt::format("{} {}.\n", label, roff(text));
}

std::string repetition(const RowInfo& row) {
  switch (row.repeat) {
    case Repeat::adds_up:
      return "May be given several times.\n";
    case Repeat::first_wins:
      return "May be given once; the first counts.\n";
    case Repeat::replaced:
      return "May be given once; the last counts.\n";
    case Repeat::last_wins:
      break;
  }
  return {};
}

std::string entry(const RowInfo& row) {
  std::string out = fmt::format(".TP\n\\fB{}\\fR", roff(row.name));
  if (row.kind == Kind::entries) {
    out += fmt::format(" {{ \\fI{}\\fR ... }}", roff(row.syntax));
  } else {
    if (!row.syntax.empty()) out += fmt::format(" \\fI{}\\fR", roff(row.syntax));
    if (has_block(row)) out += " { ... }";
  }
  out += "\n" + roff(row.doc) + "\n";
  out += sentence("Range", row.range);
  out += sentence("Default", row.fallback);
  out += repetition(row);
  if (!row.aliases.empty()) {
    out += sentence("Also written", fmt::format("{}", fmt::join(row.aliases, ", ")));
  }
  if (!row.since.empty()) out += sentence("Since keepalived", row.since);
  if (row.no_effect) out += "Understood, and without effect in this version.\n";
  if (!row.replacement.empty()) {
    out += fmt::format("Deprecated: use \\fB{}\\fR.\n", roff(row.replacement));
  }
  return out;
}

void append_section(std::string& out, const BlockInfo& block, const std::string& path) {
  for (const RowInfo* row : block.infos()) out += entry(*row);
  for (const RowInfo* row : block.infos()) {
    if (!row->children) continue;
    const std::string below = path.empty() ? row->name : path + " / " + row->name;
    out += fmt::format(".SS {}\n", roff(below));
    append_section(out, *row->children, below);
  }
}

}  // namespace

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
