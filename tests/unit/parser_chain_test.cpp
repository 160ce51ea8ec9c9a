// How a line came to be: what a complaint says of includes, definitions and repetition.
#include <catch2/catch.hpp>
#include <string>

#include "parser/grammar.hpp"
#include "parser/source.hpp"
#include "tests/support/text_files.hpp"

namespace understudy::parser {
namespace {

using test::read_text;
using test::read_text_file;
using test::TextFiles;

/// What is shown of a complaint about the line with `word` in it.
std::string complaint(const ExpandedText& text, const std::string& word,
                      Stage stage = Stage::parent) {
  Diagnostics diagnostics(text);
  diagnostics.set_stage(stage);
  for (std::uint32_t i = 0; i < text.lines().size(); ++i) {
    const std::size_t column = text.lines().at(i).text.find(word);
    if (column == std::string_view::npos) continue;
    diagnostics.add(
        Severity::error,
        {i, static_cast<std::uint32_t>(column), static_cast<std::uint32_t>(word.size())},
        "It is wrong", "expected another");
    break;
  }
  const auto all = diagnostics.take();
  return all.empty() ? "not found" : render(all[0]);
}

TEST_CASE("a line of an included file says from where", "[chain]") {
  const TextFiles files;
  files.write("sub/a", "\ninclude b\n");
  files.write("sub/b", "x  wrong");
  const auto got = read_text_file(files.write("m.conf", "\n\ninclude sub/a\n"));
  CHECK(complaint(got.source.text, "wrong") ==
        "(b: Line 1) It is wrong\n"
        "x  wrong\n"
        "   ^~~~~\n"
        "expected another\n"
        "included from sub/a:2\n"
        "included from " +
            files.path("m.conf") + ":3");
}

TEST_CASE("a line of a definition is reported where it is used, as the original does", "[chain]") {
  const TextFiles files;
  const std::string main = files.write("m.conf",
                                       "$RS= \\\n"
                                       "real ${N} { \\\n"
                                       "  weight $W \\\n"
                                       "}\n"
                                       "$VS= \\\n"
                                       "virtual { \\\n"
                                       "$RS \\\n"
                                       "}\n"
                                       "$W=17\n"
                                       "~SEQ(A,1,2) ~LST({N, M}, {7, 8}) $VS\n");
  const auto got = read_text_file(main);
  CHECK(complaint(got.source.text, "17") ==
        "(Line 10) It is wrong\n"
        "weight 17\n"
        "       ^~\n"
        "expected another\n"
        "in the expansion of $RS defined at " +
            main + ":1, its line 3\nin the expansion of $VS defined at " + main +
            ":5, its line 7\n"
            "with A=1, N=7, M=8\n"
            "$W is defined at " +
            main + ":9");
  CHECK(complaint(got.source.text, "17", Stage::vrrp).starts_with("(" + main + ": Line 10) "));
  // The line that names the block is the definition's too.
  CHECK(complaint(got.source.text, "real").find("$RS defined at " + main + ":1, its line 2\n") !=
        std::string::npos);
}

TEST_CASE("the definition that held on the line is named", "[chain]") {
  const auto got = read_text("$P=1\nx first $P\n$P=2\nx second ${P}\n");
  CHECK(complaint(got.source.text, "first").ends_with("m.conf:1"));
  CHECK(complaint(got.source.text, "second").ends_with("m.conf:3"));
}

TEST_CASE("what is wrong while a text is read says the same", "[chain]") {
  const TextFiles files;
  const std::string main = files.write("m.conf", "$M=a \\\ninclude none \\\nb\n\n~SEQ(i,1,2) $M\n");
  const auto got = read_text_file(main);
  CHECK(got.source.text.lines().size() == 4);
  REQUIRE(got.problems.size() == 2);
  CHECK(render(got.problems[1]) ==
        "(Line 5) Config files missing 'none'.\n"
        "include none\n"
        "in the expansion of $M defined at " +
            main + ":1, its line 2\nwith i=2");
}

TEST_CASE("the chain is shared by the lines it is the same for", "[chain]") {
  const auto got = read_text("$M=a \\\nb \\\nc \\\nd\n~SEQ(i,1,100) $M\n");
  CHECK(got.source.text.lines().size() == 400);
  CHECK(got.source.text.origins().size() == 200);
}

TEST_CASE("a child has the chain too", "[chain]") {
  const TextFiles files;
  files.write("a", "~SEQ(i,1,2) $M\n");
  const auto got = read_text_file(files.write("m.conf", "$M=a \\\nb wrong\ninclude a\n"));
  const Bytes good = got.source.text.to_bytes();
  const auto again = ExpandedText::from_bytes(good);
  REQUIRE(again.has_value());
  CHECK(again->origins().size() == got.source.text.origins().size());
  CHECK(complaint(*again, "wrong") == complaint(got.source.text, "wrong"));
  CHECK(complaint(*again, "wrong").find("in the expansion of $M") != std::string::npos);

  // Whatever is wrong with the bytes.
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0xff;
    const auto other = ExpandedText::from_bytes(bad);
    if (other) (void)complaint(*other, "wrong");
    CHECK_FALSE(ExpandedText::from_bytes(ByteView(good).first(i)).has_value());
  }
}

TEST_CASE("of a long line only what is around the place is shown", "[chain]") {
  const std::string many(5000, 'x');
  const ExpandedText text = ExpandedText::from_string(many + " wrong " + many, "t.conf");
  const std::string shown = complaint(text, "wrong");
  CHECK(shown == "(Line 1) It is wrong\n..." + many.substr(0, 99) + " wrong " + many.substr(0, 94) +
                     "...\n" + std::string(103, ' ') + "^~~~~\nexpected another");
  Diagnostics diagnostics(text);
  diagnostics.add(Severity::error, {0, 0, 5000}, "Unknown keyword '" + many + "'");
  const auto all = diagnostics.take();
  CHECK(render(all[0]).size() < 1000);
  CHECK(all[0].column == 1);
  CHECK(all[0].length == 5000);
}

TEST_CASE("a note said of every line hides no error", "[chain]") {
  const ExpandedText text = ExpandedText::from_string("a\n", "t.conf");
  Diagnostics diagnostics(text);
  for (std::size_t i = 0; i < 2 * Diagnostics::kLimit; ++i) {
    diagnostics.add(Severity::note, {0, 0, 1}, "It has no effect");
    if (i % 1000 == 999) diagnostics.add(Severity::error, {0, 0, 1}, "It is wrong");
  }
  CHECK(summary(diagnostics.take(), "t.conf") == "2 errors, 1 note in t.conf");
}

TEST_CASE("a summary counts", "[chain]") {
  const auto of = [](std::vector<Severity> severities) {
    std::vector<Diagnostic> all;
    for (const Severity severity : severities) all.emplace_back().severity = severity;
    return summary(all, "k.conf");
  };
  CHECK(of({}).empty());
  CHECK(of({Severity::error}) == "1 error in k.conf");
  CHECK(of({Severity::note, Severity::note}) == "2 notes in k.conf");
  CHECK(of({Severity::error, Severity::missing_argument, Severity::fatal, Severity::insecure,
            Severity::note}) == "4 errors, 1 note in k.conf");
}

}  // namespace
}  // namespace understudy::parser
