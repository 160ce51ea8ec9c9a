// Any octets as a name server's answer, and as the name to ask for.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "checkers/dns_message.hpp"

using namespace understudy;
using namespace understudy::checkers;

namespace {

constexpr std::size_t kHeaderLength = 12;
constexpr std::size_t kAfterName = 4;  // type and class
constexpr std::size_t kLongestName = 255;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz target: %s\n", what);
  std::abort();
}

/// What the corpus answers.
Bytes query() { return encode_query(0x1234, "example.com", DnsType::a).value(); }

void answers_must_hold(ByteView datagram) {
  using Kind = DnsAnswer::Kind;
  const Bytes asked = query();
  const DnsAnswer answer = read_answer(datagram, asked);
  require((answer.code != 0) == (answer.kind == Kind::refused), "a code without a refusal");
  require(answer.code <= 15, "an RCODE of more than four bits");
  if (answer.kind != Kind::stray) {
    require(datagram.size() >= kHeaderLength, "an answer without a header");
    require(datagram[0] == asked[0] && datagram[1] == asked[1], "somebody else's answer");
    require((datagram[2] & 0x80U) != 0, "a query taken for an answer");
  }
  if (answer.kind != Kind::good) return;
  require(datagram.size() >= asked.size(), "a good answer that repeats no question");
  // What follows a whole answer changes nothing.
  Bytes longer(datagram.begin(), datagram.end());
  longer.insert(longer.end(), 7, 0xff);
  require(read_answer(longer, asked) == answer, "octets behind the end change the answer");
}

/// The labels of an encoded name, each with a dot behind it.
std::string decoded(ByteView name) {
  std::string text;
  for (std::size_t at = 0; name[at] != 0; at += name[at] + std::size_t{1}) {
    text.append(reinterpret_cast<const char*>(&name[at + 1]), name[at]);
    text += '.';
  }
  return text;
}

void names_must_hold(const std::string& name) {
  const auto encoded = encode_query(1, name, DnsType::txt);
  if (!encoded) return;
  require(encoded->size() > kHeaderLength + kAfterName, "a query without a name");
  require(encoded->size() <= kHeaderLength + kLongestName + kAfterName, "a name too long");
  const std::string text = decoded(ByteView(*encoded).subspan(kHeaderLength));
  const bool root = name.empty() || name == ".";
  require(text == (root ? "" : name.ends_with('.') ? name : name + "."), "another name");
  // The query itself must never do as its answer.
  require(read_answer(*encoded, *encoded) == DnsAnswer{}, "an echo taken for an answer");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  answers_must_hold({data, size});
  names_must_hold(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
