#include "daemon/base/bytes.hpp"

#include <cassert>

namespace understudy {

void ByteWriter::u8(std::uint8_t value) { buffer_.push_back(value); }

void ByteWriter::u16(std::uint16_t value) {
  u8(static_cast<std::uint8_t>(value >> 8U));
  u8(static_cast<std::uint8_t>(value & 0xffU));
}

void ByteWriter::u32(std::uint32_t value) {
  // In one piece: a large configuration has millions of them.
  const std::uint8_t octets[] = {
      static_cast<std::uint8_t>(value >> 24U), static_cast<std::uint8_t>(value >> 16U & 0xffU),
      static_cast<std::uint8_t>(value >> 8U & 0xffU), static_cast<std::uint8_t>(value & 0xffU)};
  bytes(octets);
}

void ByteWriter::u64(std::uint64_t value) {
  u32(static_cast<std::uint32_t>(value >> 32U));
  u32(static_cast<std::uint32_t>(value & 0xffffffffU));
}

void ByteWriter::bytes(ByteView data) { buffer_.insert(buffer_.end(), data.begin(), data.end()); }

void ByteWriter::patch_u16(std::size_t offset, std::uint16_t value) {
  assert(offset + 2 <= buffer_.size());
  buffer_[offset] = static_cast<std::uint8_t>(value >> 8U);
  buffer_[offset + 1] = static_cast<std::uint8_t>(value & 0xffU);
}

std::uint8_t ByteReader::u8() {
  if (rest_.empty()) {
    ok_ = false;
    return 0;
  }
  const std::uint8_t value = rest_.front();
  rest_ = rest_.subspan(1);
  return value;
}

std::uint16_t ByteReader::u16() {
  const unsigned high = u8();
  const unsigned low = u8();
  return static_cast<std::uint16_t>((high << 8U) | low);
}

std::uint32_t ByteReader::u32() {
  const std::uint32_t high = u16();
  const std::uint32_t low = u16();
  return (high << 16U) | low;
}

std::uint64_t ByteReader::u64() {
  const std::uint64_t high = u32();
  const std::uint64_t low = u32();
  return (high << 32U) | low;
}

ByteView ByteReader::bytes(std::size_t count) {
  if (count > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const ByteView taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

std::uint32_t checksum_add(std::uint32_t sum, ByteView data) {
  for (std::size_t i = 0; i + 1 < data.size(); i += 2) {
    sum += (static_cast<std::uint32_t>(data[i]) << 8U) | data[i + 1];
  }
  if (data.size() % 2 != 0) sum += static_cast<std::uint32_t>(data.back()) << 8U;
  return (sum & 0xffffU) + (sum >> 16U);
}

std::uint16_t checksum_finish(std::uint32_t sum) {
  while ((sum >> 16U) != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum & 0xffffU);
}

}  // namespace understudy
