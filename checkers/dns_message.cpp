#include "checkers/dns_message.hpp"

#include <algorithm>

namespace understudy::checkers {
namespace {

/*
   Header, RFC 1035 section 4.1.1:
                                     1  1  1  1  1  1
       0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5
     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
     |                      ID                       |
     |QR|   Opcode  |AA|TC|RD|RA|   Z    |   RCODE   |
     |                    QDCOUNT                    |
     |                    ANCOUNT                    |
     |                    NSCOUNT                    |
     |                    ARCOUNT                    |
     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
*/
constexpr std::size_t kHeaderLength = 12;
constexpr unsigned kResponse = 0x8000;
constexpr unsigned kOpcodeMask = 0x7800;
constexpr unsigned kTruncated = 0x0200;
constexpr unsigned kRecursionDesired = 0x0100;
constexpr unsigned kCodeMask = 0x000f;
constexpr std::uint16_t kClassInternet = 1;

// Section 2.3.4.
constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestName = 255;
// Section 4.1.4: the first two bits of a label's length.
constexpr unsigned kLabelKind = 0xc0;
constexpr unsigned kPointer = 0xc0;

struct Header {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::uint16_t questions = 0;
  /// Of all three sections after the question.
  std::uint32_t records = 0;
};

Header read_header(ByteReader& reader) {
  Header header;
  header.id = reader.u16();
  header.flags = reader.u16();
  header.questions = reader.u16();
  for (int section = 0; section < 3; ++section) header.records += reader.u16();
  return header;
}

std::uint8_t lower(std::uint8_t octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<std::uint8_t>(octet - 'A' + 'a') : octet;
}

/// Servers may change the case of letters. No length or type of ours has the value of one that
/// differs from another only so: lengths are below 'A', and our types and class begin with zero.
bool same_question(ByteView a, ByteView b) { return std::ranges::equal(a, b, {}, lower, lower); }

bool skip_name(ByteReader& reader) {
  std::size_t length = 0;
  while (reader.ok() && length <= kLongestName) {
    const unsigned octet = reader.u8();
    if (octet == 0) return reader.ok();
    if ((octet & kLabelKind) == kPointer) {
      reader.u8();
      return reader.ok();
    }
    if ((octet & kLabelKind) != 0) return false;
    reader.bytes(octet);
    length += octet + 1;
  }
  return false;
}

/// Section 4.1.3. Where a compressed name points to is nobody's business here.
bool skip_record(ByteReader& reader) {
  if (!skip_name(reader)) return false;
  reader.u16();
  reader.u16();
  reader.u32();
  reader.bytes(reader.u16());
  return reader.ok();
}

bool append_name(ByteWriter& writer, std::string_view name) {
  const std::size_t start = writer.view().size();
  if (name.ends_with('.')) name.remove_suffix(1);
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('.'), name.size());
    if (end == 0 || end > kLongestLabel) return false;
    writer.u8(static_cast<std::uint8_t>(end));
    for (const char c : name.substr(0, end)) writer.u8(static_cast<std::uint8_t>(c));
    // What ends in a dot here had two.
    if (end + 1 == name.size()) return false;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  writer.u8(0);
  return writer.view().size() - start <= kLongestName;
}

}  // namespace

std::optional<Bytes> encode_query(std::uint16_t id, std::string_view name, DnsType type) {
  ByteWriter writer;
  writer.u16(id);
  writer.u16(kRecursionDesired);
  writer.u16(1);
  for (int section = 0; section < 3; ++section) writer.u16(0);
  if (!append_name(writer, name)) return std::nullopt;
  writer.u16(static_cast<std::uint16_t>(type));
  writer.u16(kClassInternet);
  return writer.take();
}

DnsAnswer read_answer(ByteView datagram, ByteView query) {
  using Kind = DnsAnswer::Kind;
  ByteReader reader(datagram);
  const Header header = read_header(reader);
  const bool answers = (header.flags & (kResponse | kOpcodeMask)) == kResponse;
  ByteReader asked(query);
  if (!reader.ok() || !answers || header.id != asked.u16()) return {};
  // A server that does not understand the question need not repeat it.
  if (const unsigned code = header.flags & kCodeMask; code != 0) return {Kind::refused, code};
  const ByteView question = query.subspan(kHeaderLength);
  const ByteView repeated = reader.bytes(question.size());
  if (header.questions != 1 || !reader.ok()) return {Kind::malformed, 0};
  if (!same_question(repeated, question)) return {};
  // What does not fit into a datagram is asked for again over TCP by who wants to know it.
  if ((header.flags & kTruncated) != 0) return {Kind::good, 0};
  for (std::uint32_t i = 0; i < header.records; ++i) {
    if (!skip_record(reader)) return {Kind::malformed, 0};
  }
  return {Kind::good, 0};
}

}  // namespace understudy::checkers
