// Responses of servers that mean harm, to checks that look for a pattern in the body. The first
// octet says in pieces of which size the rest arrives, the second which pattern is looked for, the
// third where and how often the body is repeated: what is found must not depend on the pieces.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "checkers/body_pattern.hpp"
#include "checkers/http_message.hpp"
#include "checkers/regex_options.hpp"

namespace {

using understudy::ByteView;
using understudy::checkers::BodyMatcher;
using understudy::checkers::BodyPattern;
using understudy::checkers::CompiledPattern;
using understudy::checkers::HttpReader;
using understudy::checkers::PatternStore;
using understudy::checkers::regex_option;

constexpr std::size_t kChoices = 3;
/// Bodies longer than a window are what partial matches are about.
constexpr std::size_t kMostRepeated = 3 * BodyMatcher::kWindow;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Choice {
  const char* pattern;
  const char* option;
};

constexpr std::array kPatterns{
    Choice{"ok", "caseless"},
    Choice{"^(a+)+$", "multiline"},
    Choice{"a[^b]*b", "dotall"},
    Choice{"(?<=a.)b", "utf"},
    Choice{"<h.*</h", "dotall"},
    Choice{"(*UTF)\\X{3}$", "dotall"},
    Choice{"\\bup\\b", "ucp"},
    Choice{"a(?!b)c?$", "multiline"},
    Choice{"(a|ab)(c|bcd)*\\1", "ungreedy"},
    Choice{"\\R\\R", "firstline"},
    Choice{"(?<![a-z]{3})x", "utf"},
    Choice{"^$", "dollar_endonly"},
};

struct Finding {
  BodyMatcher::Finding finding;
  std::string trouble;
  bool operator==(const Finding&) const = default;
};

Finding read(ByteView data, std::size_t piece, const BodyPattern& pattern, std::size_t times) {
  static PatternStore store;
  // Keeps what is compiled from one input to the next.
  static std::array<std::shared_ptr<const CompiledPattern>, kPatterns.size()> kept;
  const auto compiled = store.get(pattern);
  kept.at(pattern.pattern.size() % kept.size()) = compiled;
  BodyMatcher matcher(compiled, pattern);
  HttpReader::Observer observer;
  std::size_t fed = 0;
  observer.content = [&](ByteView content) {
    for (std::size_t i = 0; i < times && fed < kMostRepeated; ++i) {
      matcher.feed(content);
      fed += content.size();
    }
  };
  HttpReader reader(false, observer);
  while (!data.empty()) {
    const auto size = data.size() < piece ? data.size() : piece;
    reader.feed(data.first(size));
    data = data.subspan(size);
  }
  reader.end();
  matcher.end();
  return {matcher.finding(), matcher.trouble()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kChoices) return 0;
  const Choice& choice = kPatterns.at(data[1] % kPatterns.size());
  BodyPattern pattern;
  pattern.pattern = choice.pattern;
  pattern.options = regex_option(choice.option).value();
  if ((data[2] & 1U) != 0) pattern.min_offset = data[2];
  if ((data[2] & 2U) != 0) pattern.max_offset = data[2] * 97U;
  if ((data[2] & 4U) != 0) pattern.stack = std::pair(64U, 4096U);
  const ByteView response(data + kChoices, size - kChoices);
  const Finding whole = read(response, response.size() + 1, pattern, 1);
  require(whole.finding != BodyMatcher::Finding::open);
  require(whole == read(response, static_cast<std::size_t>(data[0]) + 1, pattern, 1));
  // A server may say the same for ever.
  const Finding repeated = read(response, response.size() + 1, pattern, kMostRepeated);
  require(repeated.finding != BodyMatcher::Finding::open);
  return 0;
}
