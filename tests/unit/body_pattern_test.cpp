// regex: patterns in bodies that arrive in pieces.
#include "checkers/body_pattern.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "checkers/regex_options.hpp"

namespace understudy::checkers {
namespace {

using Finding = BodyMatcher::Finding;

BodyPattern pattern_of(std::string text, const std::vector<std::string_view>& options = {}) {
  BodyPattern pattern;
  pattern.pattern = std::move(text);
  for (const auto name : options) pattern.options |= regex_option(name).value();
  return pattern;
}

struct Reading {
  Finding finding;
  std::string trouble;
};

Reading read(const BodyPattern& pattern, const std::string& body, std::size_t piece) {
  BodyMatcher matcher(std::make_shared<const CompiledPattern>(pattern.pattern, pattern.options),
                      pattern);
  for (std::size_t at = 0; at < body.size(); at += piece) {
    const auto size = std::min(piece, body.size() - at);
    matcher.feed({reinterpret_cast<const std::uint8_t*>(body.data()) + at, size});
  }
  matcher.end();
  return {matcher.finding(), matcher.trouble()};
}

bool found(const BodyPattern& pattern, const std::string& body, std::size_t piece = SIZE_MAX / 2) {
  const Reading reading = read(pattern, body, piece);
  CAPTURE(pattern.pattern, reading.trouble);
  CHECK((reading.finding == Finding::matched || reading.finding == Finding::unmatched));
  return reading.finding == Finding::matched;
}

TEST_CASE("a pattern is found wherever the body is cut", "[regex]") {
  const std::string body = "<html>\nstatus: all is well\n</html>\n";
  for (std::size_t piece = 1; piece <= body.size(); ++piece) {
    CHECK(found(pattern_of("all is (well|fine)"), body, piece));
    CHECK(found(pattern_of("(?<=status: )all"), body, piece));
    CHECK(found(pattern_of("^status", {"multiline"}), body, piece));
    CHECK(found(pattern_of("</html>$"), body, piece));
    CHECK(found(pattern_of("ALL IS", {"caseless"}), body, piece));
    CHECK(found(pattern_of("<html>.*</html>", {"dotall"}), body, piece));
    CHECK_FALSE(found(pattern_of("<html>.*</html>"), body, piece));
    CHECK_FALSE(found(pattern_of("ALL IS"), body, piece));
    CHECK_FALSE(found(pattern_of("^status"), body, piece));
    CHECK_FALSE(found(pattern_of("status: all(?! is)"), body, piece));
    CHECK_FALSE(found(pattern_of("w.ll$"), body, piece));
  }
}

TEST_CASE("a match across the border of two windows is found", "[regex]") {
  const auto at =
      GENERATE(BodyMatcher::kWindow - 8, BodyMatcher::kWindow - 4, BodyMatcher::kWindow - 1,
               BodyMatcher::kWindow, 2 * BodyMatcher::kWindow - 3, 3 * BodyMatcher::kWindow + 7);
  const auto piece = GENERATE(std::size_t{1000}, std::size_t{16384}, std::size_t{1'000'000});
  std::string body(at, '.');
  body += "\nneedle\n";
  body += std::string(100'000, '.');
  CHECK(found(pattern_of("needle"), body, piece));
  CHECK(found(pattern_of("(?<=\\.\\n)needle(?=\\n)"), body, piece));
  CHECK(found(pattern_of("^needle$", {"multiline"}), body, piece));
  CHECK_FALSE(found(pattern_of("^needle"), body, piece));
  CHECK_FALSE(found(pattern_of("\\Aneedle"), body, piece));
  CHECK_FALSE(found(pattern_of("\\Bneedle"), body, piece));
  CHECK_FALSE(found(pattern_of("(?<!\\n)needle"), body, piece));
  CHECK(found(pattern_of("\\.$"), body, piece));
}

TEST_CASE("where a match may start", "[regex]") {
  const std::string body = "0123456789abc0123456789abc";
  const auto piece = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{100});
  BodyPattern pattern = pattern_of("abc");
  const auto with = [&](std::uint32_t min, std::optional<std::uint32_t> max) {
    pattern.min_offset = min;
    pattern.max_offset = max;
    return found(pattern, body, piece);
  };
  CHECK(with(10, 10));
  CHECK(with(11, {}));
  CHECK(with(11, 23));
  CHECK_FALSE(with(11, 22));
  CHECK_FALSE(with(0, 9));
  CHECK_FALSE(with(24, {}));
  CHECK_FALSE(with(4'000'000'000U, {}));
  // What stands before the earliest place can be looked back at.
  pattern = pattern_of("(?<=9)abc");
  CHECK(with(10, {}));
  CHECK(with(11, {}));
}

TEST_CASE("offsets beyond a window", "[regex]") {
  std::string body(100'000, 'x');
  body.replace(70'000, 3, "abc");
  body.replace(90'000, 3, "abc");
  BodyPattern pattern = pattern_of("(?<=x)abc");
  const auto with = [&](std::uint32_t min, std::optional<std::uint32_t> max) {
    pattern.min_offset = min;
    pattern.max_offset = max;
    return found(pattern, body, 16384);
  };
  CHECK(with(70'000, 70'000));
  CHECK(with(0, 70'000));
  CHECK_FALSE(with(0, 69'999));
  CHECK(with(70'001, {}));
  CHECK(with(70'001, 90'000));
  CHECK_FALSE(with(70'001, 89'999));
  CHECK_FALSE(with(90'001, {}));
}

TEST_CASE("a match that does not end does not fill memory", "[regex]") {
  BodyMatcher matcher(std::make_shared<const CompiledPattern>("a[^b]*b", 0), pattern_of("a[^b]*b"));
  const std::vector<std::uint8_t> piece(16384, 'a');
  for (int i = 0; i < 100; ++i) matcher.feed(piece);
  CHECK(matcher.finding() == Finding::open);
  matcher.end();
  CHECK(matcher.finding() == Finding::unmatched);
  CHECK(matcher.trouble() == "Regex partial match preserve too large - discarding");
}

// The original kept what a partial match needed in front of the next read until there was no room
// left, and read beyond its buffer: fixed without a number in 2.4.0.
TEST_CASE("partial matches as long as every buffer size", "[regex]") {
  for (const std::size_t size :
       {4095U, 4096U, 4097U, 8191U, 8192U, 8193U, 16383U, 16384U, 16385U, 65535U, 65536U}) {
    const std::string body = "a" + std::string(size - 2, 'x') + "b";
    for (const std::size_t piece : {std::size_t{1024}, std::size_t{4096}, size - 1, size}) {
      const Reading reading = read(pattern_of("a[^b]*b"), body, piece);
      CAPTURE(size, piece, reading.trouble);
      // Up to a window as a whole; beyond it up to kLongestMatch, here at the very start.
      CHECK(reading.finding ==
            (size <= BodyMatcher::kWindow ? Finding::matched : Finding::unmatched));
    }
  }
}

TEST_CASE("a pattern that never comes to an end is given up", "[regex]") {
  const Reading reading = read(pattern_of("^(a+)+$"), std::string(5000, 'a') + "b", 1000);
  CHECK(reading.finding == Finding::failed);
  CHECK(reading.trouble == "Regex match error: match limit exceeded");
}

TEST_CASE("a small stack is no reason to fail", "[regex]") {
  BodyPattern pattern = pattern_of("(?:(a|b)(?:x|y))*z");
  std::string body;
  for (int i = 0; i < 8000; ++i) body += i % 2 == 0 ? "ax" : "by";
  body += 'z';
  for (const auto& stack : {std::optional<std::pair<std::uint32_t, std::uint32_t>>{},
                            {std::pair(32U, 64U)},
                            {std::pair(32768U, 1048576U)},
                            {std::pair(0U, 0U)}}) {
    pattern.stack = stack;
    CHECK(found(pattern, body, 1000));
  }
}

TEST_CASE("characters of several octets", "[regex]") {
  const std::string body = "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80.";
  for (std::size_t piece = 1; piece <= body.size(); ++piece) {
    CHECK(found(pattern_of("^gr..\\s\\X \\X\\.$", {"utf"}), body, piece));
    CHECK(found(pattern_of("(*UTF)gr.. . .\\."), body, piece));
    CHECK(found(pattern_of("(?<=\xe2\x82\xac )\xf0\x9f\x98\x80", {"utf"}), body, piece));
    CHECK_FALSE(found(pattern_of("gr.. "), body, piece));
  }
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string large(shift, '.');
    while (large.size() < 3 * BodyMatcher::kWindow) large += "\xf0\x9f\x98\x80";
    CHECK(found(pattern_of("needle$", {"utf"}), large + "needle"));
    CHECK_FALSE(found(pattern_of("[^.\xf0\x9f\x98\x80]", {"utf"}), large));
  }
}

TEST_CASE("a body that is not UTF-8 is no error", "[regex]") {
  for (const std::string& junk :
       {std::string("\xff\xfe\x80"), std::string("\xc3"), std::string("\xf0\x9f"),
        std::string("\xed\xa0\x80"), std::string("\0\0", 2)}) {
    CHECK(found(pattern_of("ok", {"utf"}), junk + "ok" + junk, 1));
    CHECK(found(pattern_of("(*UTF)ok"), junk + "ok" + junk));
    CHECK_FALSE(found(pattern_of("^ok$", {"utf"}), junk + "ko" + junk));
    std::string large(BodyMatcher::kWindow - 1, 'x');
    CHECK(found(pattern_of("ok", {"utf"}), large + junk + large + "ok"));
  }
  const std::string ends(3 * BodyMatcher::kWindow, '\x80');
  CHECK(found(pattern_of("ok", {"utf"}), ends + "ok"));
  CHECK_FALSE(found(pattern_of("(?<=ab)ok", {"utf"}), ends + "ok"));
}

TEST_CASE("nothing at all", "[regex]") {
  CHECK(found(pattern_of("^$"), ""));
  CHECK_FALSE(found(pattern_of("."), ""));
}

TEST_CASE("each word of regex_options means what PCRE2 says", "[regex]") {
  CHECK(found(pattern_of("a b # comment", {"extended"}), "ab"));
  CHECK(found(pattern_of("a.b", {"dotall"}), "a\nb"));
  CHECK_FALSE(found(pattern_of("b$", {"dollar_endonly"}), "ab\n"));
  CHECK(found(pattern_of("a+?b", {"ungreedy"}), "aab"));
  CHECK_FALSE(found(pattern_of("b", {"firstline"}), "a\nb"));
  CHECK(found(pattern_of("(a)?\\1b", {"match_unset_backref"}), "b"));
  CHECK(found(pattern_of("[]a", {"allow_empty_class", "no_start_optimize"}), "]a") == false);
  CHECK(found(pattern_of("(?<n>a)(?<n>b)", {"dupnames"}), "ab"));
  for (const auto name : regex_option_names()) CHECK(found(pattern_of("ab", {name}), "xaby", 1));
}

TEST_CASE("random bodies, patterns and cuts: the same as in one piece", "[regex]") {
  std::mt19937 random(7);
  const std::vector<std::string> patterns{"ab+a",   "(?<=b)a{2,}b",    "a.{3}b$",
                                          "^b.*a",  "(a|ab)(c|bcd)?b", "\\bab",
                                          "b(?!a)", "(ab)+c",          "a[^c]{1,30}c"};
  for (int round = 0; round < 300; ++round) {
    std::string body;
    const std::size_t size = random() % 2000;
    for (std::size_t i = 0; i < size; ++i) body += "ababab \n"[random() % 8];
    if (random() % 2 == 0) body += 'c';
    BodyPattern pattern = pattern_of(patterns[random() % patterns.size()]);
    if (random() % 2 == 0) pattern.min_offset = static_cast<std::uint32_t>(random() % 1000);
    if (random() % 2 == 0) pattern.max_offset = static_cast<std::uint32_t>(random() % 1000);
    const bool whole = found(pattern, body);
    // Behind padding the same text lies across windows.
    const std::size_t padding = BodyMatcher::kWindow * (1 + random() % 2) - random() % 2000;
    BodyPattern moved = pattern;
    moved.min_offset += static_cast<std::uint32_t>(padding);
    if (moved.max_offset) *moved.max_offset += static_cast<std::uint32_t>(padding);
    CAPTURE(pattern.pattern, body.size(), padding);
    CHECK(found(pattern, body, 1 + random() % 50) == whole);
    if (pattern.pattern[0] != '^') {
      CHECK(found(moved, std::string(padding, '\n') + body, 1 + random() % 5000) == whole);
    }
  }
}

TEST_CASE("checks that look for the same share what is compiled", "[regex]") {
  PatternStore store;
  const auto first = store.get(pattern_of("a"));
  CHECK(store.get(pattern_of("a")) == first);
  CHECK(store.get(pattern_of("a", {"caseless"})) != first);
  CHECK(store.get(pattern_of("b")) != first);
}

}  // namespace
}  // namespace understudy::checkers
