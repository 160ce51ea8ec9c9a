// Texts that would never end or never fit: each ends with an error, soon and without much memory.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "parser/grammar.hpp"
#include "parser/source.hpp"
#include "tests/support/text_files.hpp"

namespace understudy::parser {
namespace {

using test::read_text;
using test::read_text_file;
using test::ReadText;
using test::TextFiles;

/// Less than a file may cost, for the sake of builds with sanitizers; what is bounded is the same.
constexpr std::uint64_t kBudget = 200'000;

ReadText read_bomb(const std::string& text) { return read_text(text, {}, kBudget); }

/// Reads it, expecting it to be refused as a whole.
void too_large(const ReadText& got, const std::string& message) {
  INFO(got.said());
  CHECK(got.source.main == MainFile::too_large);
  CHECK(got.source.text.lines().empty());
  CHECK(got.said().find(message) != std::string::npos);
  CHECK(exit_status(got.problems) == 5);
}

TEST_CASE("a value that contains itself costs its line", "[limits]") {
  for (const char* text : {"$A=$A\nx $A\ny", "$A=${A}\nx $A\ny", "$A=b $A c\nx $A\ny",
                           "$A=$B\n$B=$C\n$C=z ${A}\nx $A\ny", "$A=${_HASH}${A}\nx ${A}\ny"}) {
    const auto got = read_text(text);
    CHECK(got.texts() == "y");
    CHECK(got.said().find("contains itself - ignoring line") != std::string::npos);
    CHECK(exit_status(got.problems) == 5);
  }
  const auto turns = read_text("$A=@x $A\n$A\ny", "x");
  CHECK(turns.texts() == "y");
  CHECK(turns.said() ==
        "(Line 2) The definitions on the line contain themselves - ignoring line\n");
}

TEST_CASE("definitions of several lines that contain themselves", "[limits]") {
  too_large(read_text("$M=a \\\nb \\\n$M\n$M\n"), "definitions and includes are nested too deeply");
  too_large(read_text("$M=a \\\n$N\n$N=b \\\n$M\n$M\n"), "nested too deeply");
  too_large(read_text("$M=a \\\n~SEQ(i,1,2) $M\n$M\n"), "nested too deeply");
  too_large(read_text("$M=a \\\n$M \\\n$M\n$M\n"), "nested too deeply");
}

TEST_CASE("nesting that doubles at each level", "[limits]") {
  std::string values = "$a0=" + std::string(64, 'x') + "\n";
  std::string bodies = "$m0=x \\\ny\n";
  std::string nothing = "$n0=\n";
  for (int level = 1; level < 60; ++level) {
    const std::string below = std::to_string(level - 1);
    const std::string here = std::to_string(level);
    values += "$a" + here + "=${a" + below + "}${a" + below + "}\n";
    nothing += "$n" + here + "=${n" + below + "}${n" + below + "}\n";
    bodies += "$m" + here + "= \\\n$m" + below + " \\\n$m" + below + "\n";
  }
  const auto long_line = read_text(values + "x $a59\ny\n");
  CHECK(long_line.texts() == "y");
  CHECK(long_line.said().find("would exceed maximum line length") != std::string::npos);
  too_large(read_bomb(nothing + "x $n59\ny\n"), "too large");
  too_large(read_bomb(bodies + "$m59\n"), "too large");
}

TEST_CASE("sequences without end", "[limits]") {
  too_large(read_bomb("~SEQ(i,1,9000000000000000000) x$i\n"), "too large");
  too_large(read_bomb("~SEQ(i,-9000000000000000000,9000000000000000000) $a=$i\n"), "too large");
  too_large(read_bomb("~SEQ(a,1,9999) ~SEQ(b,1,9999) ~SEQ(c,1,9999) @nobody x\n"), "too large");
  // Repeating nothing does nothing.
  CHECK(read_text("~SEQ(i,1,9000000000000000000)\nx").texts() == "x");
  CHECK(read_text("~SEQ(i,9223372036854775807,9223372036854775807) $i").texts() ==
        "9223372036854775807");
  CHECK(read_text("~SEQ(i,9223372036854775806,5,9223372036854775807) $i").texts() ==
        "9223372036854775806");
}

TEST_CASE("includes without end", "[limits]") {
  const TextFiles files;
  files.write("a", "include b\ninclude b\n");
  files.write("b", "include a\ninclude a\nx\n");
  const auto loop = read_text_file(files.write("m.conf", "include a\n"));
  CHECK(loop.texts() == "x|x");
  CHECK(loop.problems.size() == 4);
  CHECK(loop.said().find("Configuration file 'a' includes itself - skipping") != std::string::npos);
  CHECK(exit_status(loop.problems) == 5);

  for (int level = 0; level < 30; ++level) {
    const std::string next = "include f" + std::to_string(level + 1) + "\n";
    files.write("f" + std::to_string(level), next + next);
  }
  files.write("f30", "x\n");
  too_large(read_text_file(files.write("bomb.conf", "include f0\n"), {}, kBudget), "too large");

  for (int level = 0; level < 40; ++level) {
    files.write("d" + std::to_string(level), "include d" + std::to_string(level + 1) + "\n");
  }
  const auto deep = read_text_file(files.write("deep.conf", "include d0\nx\n"));
  CHECK(deep.texts() == "x");
  CHECK(deep.said().find("is nested too deeply - ignoring") != std::string::npos);
}

TEST_CASE("a line of 100 MB costs itself, and is not repeated to anybody", "[limits]") {
  const TextFiles files;
  std::string text = "x\n";
  text.append(100U << 20, 'a');
  text += "\ny\n";
  const std::string path = files.write("m.conf", text);
  const auto got = read_text_file(path);
  CHECK(got.texts() == "x|y");
  REQUIRE(got.problems.size() == 1);
  CHECK(first_line(got.problems[0]) == "(Line 2) line too long - ignoring");
  CHECK(render(got.problems[0]).size() < 1000);
  CHECK(exit_status(got.problems) == 5);

  std::filesystem::resize_file(path, ExpandedText::kMaxSize + 1);
  too_large(read_text_file(path), "has more octets than is sensible");
  too_large(read_bomb(std::string(2 * kBudget, '\n')),
            "it defines and repeats more than is sensible");
}

TEST_CASE("NUL octets in any number cost their lines", "[limits]") {
  const auto got = read_text(std::string(500'000, '\0') + "\nx\n\0\0\ny\n");
  CHECK(got.source.text.lines().size() >= 1);
  CHECK(got.said().starts_with("(Line 1) configuration appears to have embedded NULs"));
}

TEST_CASE("time grows with the text and no faster", "[limits]") {
  const auto read_time = [](int instances) {
    const std::string text =
        "$M=block x${i} { \\\n  a ${i} \"${i}\" \\\n  b { \\\n c${i}.$i \\\n } \\\n}\n~SEQ(i,1," +
        std::to_string(instances) + ") $M\n";
    const auto begin = std::chrono::steady_clock::now();
    const auto got = read_text(text);
    CHECK(got.source.text.lines().size() == static_cast<std::size_t>(instances) * 6);
    return std::chrono::steady_clock::now() - begin;
  };
  read_time(2'000);
  // 20 times the instances; quadratic would be 400 times.
  CHECK(read_time(40'000) < 80 * read_time(2'000));
}

}  // namespace
}  // namespace understudy::parser
