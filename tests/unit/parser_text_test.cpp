// Lines and tree: comments, quotes, escapes, braces right and wrong, junk, depth, size.
#include <catch2/catch.hpp>
#include <chrono>
#include <random>

#include "parser/grammar.hpp"
#include "parser/lines.hpp"
#include "parser/print.hpp"
#include "parser/source.hpp"

namespace understudy::parser {
namespace {

struct Parsed {
  ExpandedText text;
  Tree tree;
  std::vector<Diagnostic> diagnostics;
  /// The tree in one line: "a b { c } }" with each word in '[]' when it holds a blank.
  std::string shape;

  [[nodiscard]] std::string said() const {
    std::string all;
    for (const Diagnostic& diagnostic : diagnostics) {
      all += (all.empty() ? "" : "\n") + render(diagnostic);
    }
    return all;
  }
};

void draw(const Tree& tree, Tree::Siblings nodes, std::string& out) {
  for (const Node& node : nodes) {
    if (!out.empty()) out += ' ';
    if (node.kind == Node::Kind::stray_close) {
      out += "STRAY}";
      continue;
    }
    out += '(';
    for (const Word& word : tree.words_of(node)) out += "<" + std::string(word.text) + ">";
    if (node.has_block) {
      out += " {";
      draw(tree, tree.children(node), out);
      out += node.closed ? " }" : " UNCLOSED";
    }
    out += ')';
  }
}

Parsed parse(std::string text, const BlockNames& names = {}) {
  Parsed parsed;
  parsed.text = ExpandedText::from_string(std::move(text), "t.conf");
  Diagnostics diagnostics(parsed.text);
  parsed.tree = build_tree(parsed.text, names, diagnostics);
  draw(parsed.tree, parsed.tree.top(), parsed.shape);
  parsed.diagnostics = diagnostics.take();
  return parsed;
}

std::string shape(const std::string& text) { return parse(text).shape; }

TEST_CASE("a comment begins at # or ! anywhere outside double quotes", "[lines]") {
  CHECK(shape("a b # c\n! d\n#e\nf!g\nh \"i # ! j\" k") == "(<a><b>) (<f>) (<h><i # ! j><k>)");
  CHECK(shape("a 'b # c'") == "(<a><'b>)");
  CHECK(shape("state BACKUP   #指定keepalived的角色,MASTER\nnext") == "(<state><BACKUP>) (<next>)");
}

TEST_CASE("an escaped comment sign stands for itself and columns stay those of the file",
          "[lines]") {
  const Parsed parsed = parse("  a\\#b \\!c d\\e # x");
  CHECK(parsed.shape == "(<a#b><!c><d\\e>)");
  CHECK(parsed.tree.words.at(0).at.column == 2);
  CHECK(parsed.tree.words.at(1).at.column == 8);
  CHECK(parsed.tree.words.at(2).at.column == 11);
}

TEST_CASE("double quotes make one word of blanks, braces and comment signs", "[lines]") {
  CHECK(shape("a \"b  {c} # !\" \"\" d") == "(<a><b  {c} # !><><d>)");
  CHECK(shape("a\"b c\"d") == "(<a><b c><d>)");
}

TEST_CASE("ends of lines: LF, CRLF, none, and every kind of blank", "[lines]") {
  CHECK(shape("a b\r\nc\r\n\r\nd") == "(<a><b>) (<c>) (<d>)");
  CHECK(shape("\t a\v b\f c \t") == "(<a><b><c>)");
  CHECK(shape("") == "");
  CHECK(shape("\n\n \t\n# only\n") == "");
}

TEST_CASE("a final backslash sticks to its word, as in the original", "[lines]") {
  CHECK(shape("priority \\\n100") == "(<priority\\>) (<100>)");
  CHECK(clean_line("$A= \\").continues);
  CHECK_FALSE(clean_line("$A= \\ x").continues);
}

TEST_CASE("an unterminated quote is diagnosed and keeps the words before it", "[lines]") {
  const Parsed parsed = parse("router_id \"abc # }\nnext {\n}\n");
  CHECK(parsed.shape == "(<router_id>) (<next> { })");
  CHECK(parsed.tree.unbalanced_quotes);
  CHECK_FALSE(parsed.tree.unbalanced_braces);
  CHECK(parsed.said() ==
        "(Line 1) Unterminated quote 'router_id \"abc # }'\n"
        "router_id \"abc # }\n"
        "^~~~~~~~~~~~~~~~~~");
}

TEST_CASE("braces may stand anywhere: own line, same line, inside words", "[tree]") {
  CHECK(shape("a b {\n c\n}") == "(<a><b> { (<c>) })");
  CHECK(shape("a b\n\n{\nc}") == "(<a><b> { (<c>) })");
  CHECK(shape("a{b c}d") == "(<a> { (<b><c>) }) (<d>)");
  CHECK(shape("a { b { c } } d { }") == "(<a> { (<b> { (<c>) }) }) (<d> { })");
}

TEST_CASE("a '}' too many is a node and reading goes on", "[tree]") {
  const Parsed parsed = parse("a {\n}\n  }\nb\n");
  CHECK(parsed.shape == "(<a> { }) STRAY} (<b>)");
  CHECK(parsed.tree.unbalanced_braces);
  CHECK(parsed.said() == "(Line 3) Extra '}' found\n  }\n  ^");
}

TEST_CASE("a missing '}' is counted and names the block that is open", "[tree]") {
  const Parsed parsed = parse("a {\n b {\n c\n}\n");
  CHECK(parsed.shape == "(<a> { (<b> { (<c>) }) UNCLOSED)");
  CHECK(parsed.tree.unbalanced_braces);
  CHECK(parsed.said() ==
        "There are 1 missing '}'s or extra '{'s\n"
        "the block of 'a' in line 1 is not closed");
}

TEST_CASE("a '{' after nothing is a statement without words", "[tree]") {
  CHECK(shape("{ a }") == "( { (<a>) })");
  CHECK(shape("a { { b } }") == "(<a> { ( { (<b>) }) })");
}

TEST_CASE("a missing '{' is put where a keyword needs one", "[tree]") {
  const BlockNames names{{"block", false}, {"list", true}};
  const Parsed parsed = parse("block x\n a\n list\n  block\n  }\n b\n}\nc", names);
  CHECK(parsed.shape == "(<block><x> { (<a>) (<list> { (<block>) }) (<b>) }) (<c>)");
  CHECK(parsed.said() ==
        "(Line 1) Missing '{' at beginning of configuration block\n"
        "block x\n"
        "^~~~~~~\n"
        "expected '{' after this\n"
        "(Line 3) '{' missing from beginning of block list\n"
        " list\n"
        " ^~~~\n"
        "expected '{' after this");
  CHECK(parsed.tree.unbalanced_braces);
}

TEST_CASE("nesting costs no stack", "[tree]") {
  constexpr std::size_t depth = 100'000;
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += i % 2 == 0 ? "a {\n" : "{";
  const ExpandedText open = ExpandedText::from_string(text, "deep.conf");
  Diagnostics diagnostics(open);
  const Tree unclosed = build_tree(open, {}, diagnostics);
  CHECK(unclosed.nodes.size() == depth);
  CHECK(first_line(diagnostics.take().at(0)) == "There are 100000 missing '}'s or extra '{'s");

  const ExpandedText balanced =
      ExpandedText::from_string(text + std::string(depth, '}'), "deep.conf");
  Diagnostics none(balanced);
  CHECK_FALSE(build_tree(balanced, {}, none).unbalanced_braces);
  CHECK(none.take().empty());
}

TEST_CASE("any bytes have a tree in which every octet's place is inside its line", "[tree]") {
  std::mt19937 random(20240117);
  const std::string palette = "{}\"'\\#! \t\r\n\v@$~ab\x80\xff\xc3\xa9\x01";
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t i = random() % 60; i > 0; --i) {
      text +=
          round % 2 == 0 ? palette[random() % palette.size()] : static_cast<char>(random() % 256);
    }
    const Parsed parsed = parse(text, {{"a", false}, {"b", true}});
    for (const Word& word : parsed.tree.words) {
      const auto& line = parsed.text.lines().at(word.at.line);
      REQUIRE(word.at.column + word.at.length <= line.text.size());
    }
    for (const Diagnostic& d : parsed.diagnostics) REQUIRE_FALSE(render(d).empty());
  }
}

TEST_CASE("units one after the other, read again, are the tree of the whole text", "[tree]") {
  std::mt19937 random(20261122);
  const std::vector<std::string> pieces = {"a", "b",  "c", "{",  "}",     " ",     "\n", "\n\n",
                                           "#", "\"", "x", "\r", "a {\n", "} c\n", "}\n"};
  const BlockNames names{{"a", false}, {"b", true}};
  std::size_t cut = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::size_t i = random() % 40; i > 0; --i) text += pieces[random() % pieces.size()];
    INFO(text);
    const Parsed whole = parse(text, names);
    Diagnostics diagnostics(whole.text);
    std::string seen;
    std::string read;
    std::uint32_t next = 0;
    Tree again;
    const Balance balance =
        for_each_unit(whole.text, names, diagnostics, [&](const Tree& tree, LineRange lines) {
          REQUIRE(lines.first == next);
          REQUIRE(lines.end > lines.first);
          next = lines.end;
          if (lines.end < whole.text.lines().size()) ++cut;
          draw(tree, tree.top(), seen);
          read_tree(whole.text, lines, names, again);
          draw(again, again.top(), read);
          for (const Word& word : again.words) REQUIRE(word.at.line < lines.end);
        });
    REQUIRE(next == whole.text.lines().size());
    REQUIRE(seen == whole.shape);
    REQUIRE(read == whole.shape);
    REQUIRE(diagnostics.take() == whole.diagnostics);
    REQUIRE(balance.unbalanced_braces == whole.tree.unbalanced_braces);
    REQUIRE(balance.unbalanced_quotes == whole.tree.unbalanced_quotes);
  }
  CHECK(cut > 1000);
}

TEST_CASE("what is printed from a tree reads as the same tree", "[tree]") {
  const std::string text =
      "a b \"c d\" {\n  e \\# # gone\n  { f }\n  g \"{\" h\\#i\n}\n} j \"\" \"#k\"\n";
  const Parsed first = parse(text);
  const std::string printed = print_tree(first.tree);
  CHECK(parse(printed).shape == first.shape);
  CHECK(print_tree(parse(printed).tree) == printed);
}

TEST_CASE("reading time grows with the size of the text and no faster", "[tree]") {
  const auto read_time = [](std::size_t lines) {
    std::string text = "x {\n";
    for (std::size_t i = 0; i < lines; ++i) text += "  keyword value # comment\n";
    text += "}\n";
    const auto begin = std::chrono::steady_clock::now();
    parse(std::move(text));
    return std::chrono::steady_clock::now() - begin;
  };
  read_time(20'000);
  // 10 times the lines; quadratic would be 100 times.
  CHECK(read_time(200'000) < 40 * read_time(20'000));
}

}  // namespace
}  // namespace understudy::parser
