// What gRPC servers that mean harm say. The first octet's lower bits say in pieces of which size
// the rest arrives; what is made of it must not depend on that. Its highest bit: the rest is the
// body of a response whose frames are in order, else all that the server says in HTTP/2.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "checkers/grpc.hpp"

namespace {

using namespace understudy;
using namespace understudy::checkers;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Reading {
  bool answered = false;
  GrpcHealthReply::Verdict verdict;
  bool operator==(const Reading&) const = default;
};

template <typename Take>
void in_pieces(ByteView data, std::size_t piece, Take take) {
  while (!data.empty()) {
    const auto size = std::min(data.size(), piece);
    if (!take(data.first(size))) return;
    data = data.subspan(size);
  }
}

Reading read_connection(ByteView data, std::size_t piece) {
  GrpcCheck check;
  check.virtualhost = "localhost";
  GrpcDialogue dialogue(grpc_request(check), check.tls);
  require(!dialogue.take_output().empty());
  in_pieces(data, piece, [&](ByteView part) {
    dialogue.receive(part);
    dialogue.take_output();
    return !dialogue.over();
  });
  if (!dialogue.over()) dialogue.end();
  require(dialogue.over());
  if (!dialogue.answered()) return {};
  return {true, dialogue.verdict()};
}

/// nghttp2 counts a CONTINUATION frame again for each piece its head arrives in, and gives up at
/// the ninth: with such frames what is read does depend on the pieces.
bool has_continuation(ByteView frames) {
  constexpr std::size_t kHead = 9;
  constexpr std::uint8_t kContinuation = 9;
  while (frames.size() > 3) {
    if (frames[3] == kContinuation) return true;
    const std::size_t length =
        std::size_t{frames[0]} << 16U | std::size_t{frames[1]} << 8U | frames[2];
    frames = frames.subspan(std::min(frames.size(), kHead + length));
  }
  return false;
}

Reading read_body(ByteView data, std::size_t piece) {
  GrpcHealthReply reply;
  reply.take_field(":status", "200");
  reply.take_field("content-type", "application/grpc");
  in_pieces(data, piece, [&](ByteView part) {
    reply.take_data(part);
    return true;
  });
  reply.take_field("grpc-status", "0");
  return {true, reply.verdict()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView said(data + 1, size - 1);
  const std::size_t piece = (data[0] & 0x7fU) + std::size_t{1};
  const auto read = (data[0] & 0x80U) != 0 ? read_body : read_connection;
  const Reading whole = read(said, said.size() + 1);
  const Reading in_parts = read(said, piece);
  require(whole == in_parts || (read == read_connection && has_continuation(said)));
  const std::string& reason = whole.verdict.reason;
  require(!whole.answered || whole.verdict.serving == reason.empty());
  require(std::ranges::all_of(reason, [](unsigned char c) { return c >= ' ' && c < 0x7f; }));
  if (whole.verdict.serving && read == read_body) {
    require(decode_health_response(said.subspan(5)) == 1U);
  }
  return 0;
}
