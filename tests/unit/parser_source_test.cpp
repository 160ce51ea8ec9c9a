// Files: includes, "@id" lines, limits, everything that can be wrong with the main file, and the
// expanded text through bytes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "parser/include.hpp"
#include "parser/source.hpp"
#include "tests/support/text_files.hpp"

namespace understudy::parser {
namespace {

namespace fs = std::filesystem;

using Directory = test::TextFiles;
using Read = test::ReadText;
using test::read_text_file;

Read read(const std::string& path, const std::string& config_id = {}) {
  return read_text_file(path, config_id);
}

TEST_CASE("included files stand where they are included, relative to their includer", "[source]") {
  const Directory dir;
  dir.write("sub/1.inc", "one\ninclude ../deep.x # comment\n");
  dir.write("sub/2.inc", "two");
  dir.write("deep.x", "deep\n");
  const Read got = read(dir.write("m.conf", "a\n  include sub/*.inc\nb\n"));
  CHECK(got.lines() == "m.conf:1 a\n1.inc:1 one\ndeep.x:1 deep\n2.inc:1 two\nm.conf:3 b\n");
  CHECK(got.source.text.files().at(1) == "sub/1.inc");
  CHECK(got.source.text.files().at(2) == "../deep.x");
  CHECK(got.said().empty());
  CHECK(got.source.main == MainFile::read);
}

TEST_CASE("what an include does not find is told; only checked ones fail", "[source]") {
  const Directory dir;
  const std::string plain = dir.write("plain.conf", "x\ninclude none\ninclude none*\n");
  const Read quiet = read(plain);
  CHECK(quiet.said() == "(Line 2) Config files missing 'none'.\n");
  CHECK(exit_status(quiet.problems) == 0);
  CHECK_FALSE(quiet.source.include_check_failed);

  const Read strict = read(dir.write("m.conf", "x\nincludem none\nincludew none*\n"));
  CHECK(strict.said() ==
        "(Line 2) Config files missing 'none'.\n(Line 3) No config files matched 'none*'.\n");
  CHECK(exit_status(strict.problems) == 6);
  CHECK(strict.source.include_check_failed);

  dir.write("m2.x", "y\n");
  const Read part = read(dir.write("b.conf", "includer {m2,m3}.x\n"));
  CHECK(part.said() == "(Line 1) Some config files missing: \"{m2,m3}.x\".\n");
  CHECK(part.lines() == "m2.x:1 y\n");
  CHECK(exit_status(part.problems) == 0);
  const Read all = read(dir.write("c.conf", "includeb {m2,m3}.x\n"));
  CHECK(all.lines().empty());
  CHECK(all.source.include_check_failed);
}

TEST_CASE("an include of what is no plain file is skipped", "[source]") {
  const Directory dir;
  dir.write("d/x", "");
  const std::string script = dir.write("run.sh", "echo\n");
  fs::permissions(script, fs::perms::owner_all);
  const Read got = read(dir.write("m.conf", "x\ninclude d\nincluder run.sh\n"));
  CHECK(got.said() ==
        "(Line 2) Configuration file 'd/' is a directory - skipping\n"
        "(Line 3) Configuration file 'run.sh' is not a regular non-executable file - skipping\n");
  CHECK(exit_status(got.problems) == 6);
}

TEST_CASE("a file that includes itself ends with a complaint", "[source]") {
  const Directory dir;
  const Read got = read(dir.write("m.conf", "a\ninclude m.conf\n"));
  CHECK(got.lines() == "m.conf:1 a\n");
  CHECK(got.said() == "(Line 2) Configuration file 'm.conf' includes itself - skipping\n");
  CHECK(exit_status(got.problems) == 5);
}

TEST_CASE("braces of an include are alternatives in order", "[source]") {
  const Directory dir;
  for (const char* name : {"a1", "a2", "b1"}) dir.write(name, std::string(name) + "\n");
  CHECK(read(dir.write("m.conf", "include {b,a{2,1}}{,1}\n")).lines() ==
        "b1:1 b1\na2:1 a2\na1:1 a1\n");
  CHECK(match_files(std::string(200, '{') + "," + std::string(200, '}'), {}).files.empty());
}

TEST_CASE("lines of another configuration id are left out", "[source]") {
  const Directory dir;
  dir.write("i", "included\n");
  const std::string path =
      dir.write("m.conf", "@main one\n@^main two\n@main\n  @main include i\n@other four\nfive\n");
  CHECK(read(path, "main").lines() == "m.conf:1 one\ni:1 included\nm.conf:6 five\n");
  CHECK(read(path).lines() == "m.conf:2 two\nm.conf:6 five\n");
}

TEST_CASE("lines may be long; NUL octets cost their line only", "[source]") {
  const Directory dir;
  const std::string fits(100'000, 'x');
  const Read got = read(dir.write("m.conf", fits + "\n" + std::string("b\0c\n", 4) + "d\n"));
  CHECK(got.lines() == "m.conf:1 " + fits + "\nm.conf:3 d\n");
  CHECK(got.said() == "(Line 2) configuration appears to have embedded NULs - ignoring line\n");
}

TEST_CASE("every way the main file can fail is told apart", "[source]") {
  const Directory dir;
  const Read missing = read(dir.path("none.conf"));
  CHECK(missing.source.main == MainFile::missing);
  CHECK(exit_status(missing.problems) == 6);
  CHECK(missing.said() == "Config files missing '" + dir.path("none.conf") +
                              "'.\nFailed to open configuration file\n");
  CHECK_FALSE(missing.source.include_check_failed);

  dir.write("d/x", "");
  CHECK(read(dir.path("d")).source.main == MainFile::not_regular);
  CHECK(exit_status(read(dir.path("d")).problems) == 6);

  const std::string script = dir.write("x.conf", "a\n");
  fs::permissions(script, fs::perms::owner_all);
  CHECK(read(script).source.main == MainFile::not_regular);

  REQUIRE(::mkfifo(dir.path("fifo").c_str(), 0600) == 0);
  CHECK(read(dir.path("fifo")).source.main == MainFile::not_regular);

  CHECK(read(dir.write("empty.conf", "")).source.main == MainFile::empty);
  CHECK(read(dir.write("comment.conf", "# nothing\n\n  ! else\n")).source.main == MainFile::empty);
  CHECK(exit_status(read(dir.path("empty.conf")).problems) == 0);
}

TEST_CASE("a file that may not be read is unreadable", "[source]") {
  const Directory dir;
  const std::string path = dir.write("m.conf", "a\n");
  fs::permissions(path, fs::perms::none);
  fs::permissions(fs::path(path).parent_path(), fs::perms(0755));
  // Root may read everything; nobody may not.
  const bool root = ::geteuid() == 0;
  if (root) REQUIRE(::seteuid(65534) == 0);
  const Read got = read(path);
  if (root) REQUIRE(::seteuid(0) == 0);
  CHECK(got.source.main == MainFile::unreadable);
  CHECK(got.said() == "Configuration file '" + path + "' open problem (Permission denied) - " +
                          "skipping\nFailed to open configuration file\n");
}

TEST_CASE("a main path that matches several files names them all", "[source]") {
  const Directory dir;
  dir.write("1.conf", "a\n");
  dir.write("2.conf", "b\ninclude none\n");
  const Read got = read(dir.path("*.conf"));
  CHECK(got.lines() == "1.conf:1 a\n2.conf:1 b\n");
  CHECK(got.said() == "(" + dir.path("2.conf") + ": Line 2) Config files missing 'none'.\n");
}

TEST_CASE("an expanded text survives its bytes", "[source]") {
  const Directory dir;
  dir.write("i", "included # \xc3\xa9\n");
  const Read got = read(dir.write("m.conf", "a\n@main b\ninclude i\nc"), "main");
  const Bytes bytes = got.source.text.to_bytes();
  const auto again = ExpandedText::from_bytes(bytes);
  REQUIRE(again.has_value());
  CHECK(again->files() == got.source.text.files());
  REQUIRE(again->lines().size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(again->lines().at(i).text == got.source.text.lines().at(i).text);
    CHECK(again->lines().at(i).number == got.source.text.lines().at(i).number);
    CHECK(again->lines().at(i).file == got.source.text.lines().at(i).file);
    CHECK(again->lines().at(i).skip == got.source.text.lines().at(i).skip);
  }
  CHECK(again->to_bytes() == bytes);
}

TEST_CASE("a line is found wherever it stands, and some lines are a text of their own",
          "[source]") {
  const Directory dir;
  std::string text;
  for (int i = 1; i <= 500; ++i) {
    text += i % 7 == 0 ? "\n" : "line " + std::to_string(i) + (i % 3 == 0 ? "\r\n" : "\n");
    if (i % 100 == 0)
      text += "@main @other no\n@main chosen # here\n$X=" + std::to_string(i) + "\n$X\n";
  }
  const ExpandedText whole = read(dir.write("m.conf", text), "main").source.text;
  std::vector<ExpandedText::Line> lines;
  for (const auto& line : whole.lines()) lines.push_back(line);
  REQUIRE(lines.size() == whole.lines().size());
  const auto same = [](const ExpandedText::Line& a, const ExpandedText::Line& b) {
    return a.text == b.text && a.file == b.file && a.number == b.number && a.skip == b.skip &&
           a.clean == b.clean && a.origin == b.origin;
  };
  for (std::uint32_t i = 0; i < lines.size(); ++i) {
    INFO(i);
    REQUIRE(same(whole.lines().at(i), lines[i]));
  }
  for (const LineRange range : {LineRange{0, 1}, LineRange{3, 70}, LineRange{63, 65},
                                LineRange{80, 300}, LineRange{64, 128}}) {
    ByteWriter out;
    whole.write(out, std::vector<LineRange>{range, {400, 402}});
    const auto part = ExpandedText::from_bytes(out.view());
    REQUIRE(part.has_value());
    std::size_t at = range.first;
    for (const auto& line : part->lines()) {
      INFO(at);
      REQUIRE(same(line, lines.at(at)));
      at = at + 1 == range.end ? 400 : at + 1;
    }
    CHECK(at == 402);
  }
}

TEST_CASE("bytes that are no expanded text are refused, whatever is wrong", "[source]") {
  ExpandedText text = ExpandedText::from_string("a\nb\n", "t.conf");
  const Bytes good = text.to_bytes();
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(ExpandedText::from_bytes(ByteView(good).first(size)).has_value());
  }
  Bytes longer = good;
  longer.push_back(0);
  CHECK_FALSE(ExpandedText::from_bytes(longer).has_value());
  for (std::size_t i = 0; i < 16; ++i) {
    Bytes bad = good;
    bad[i] = 0xff;
    CHECK_FALSE(ExpandedText::from_bytes(bad).has_value());
  }
}

}  // namespace
}  // namespace understudy::parser
