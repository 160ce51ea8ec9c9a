// Responses of servers that mean harm. The first octet says in pieces of which size the rest
// arrives; what the reader makes of it must not depend on that.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "checkers/http_message.hpp"

namespace {

using understudy::ByteView;
using understudy::checkers::Digest;
using understudy::checkers::HttpReader;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Reading {
  HttpReader::State state;
  unsigned status;
  std::optional<std::uint64_t> content_length;
  std::uint64_t body_octets;
  Digest::Value digest;
  std::optional<Digest::Value> chunks;
  bool operator==(const Reading&) const = default;
};

Reading read(ByteView data, std::size_t piece) {
  HttpReader reader(true);
  while (!data.empty()) {
    const auto size = data.size() < piece ? data.size() : piece;
    reader.feed(data.first(size));
    data = data.subspan(size);
  }
  reader.end();
  return {reader.state(),       reader.status(), reader.content_length(),
          reader.body_octets(), reader.digest(), reader.chunks_digest()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView response(data + 1, size - 1);
  const Reading whole = read(response, response.size() + 1);
  require(whole.state == HttpReader::State::complete || whole.state == HttpReader::State::refused);
  require(whole.status <= 999);
  require(whole.body_octets <= response.size());
  require(!whole.content_length || whole.body_octets <= *whole.content_length);
  require(whole == read(response, static_cast<std::size_t>(data[0]) + 1));
  return 0;
}
