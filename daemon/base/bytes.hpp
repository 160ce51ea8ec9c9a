// Reading and writing octets in network order, within bounds; the Internet checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace understudy {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Appends integers in network byte order.
class ByteWriter {
 public:
  void u8(std::uint8_t value);
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void bytes(ByteView data);
  /// Makes room for `count` octets more: large ones are then written without being moved.
  void reserve(std::size_t count) { buffer_.reserve(buffer_.size() + count); }
  /// Overwrites two octets written before; `offset + 2` must be within what was written.
  void patch_u16(std::size_t offset, std::uint16_t value);
  [[nodiscard]] const Bytes& view() const { return buffer_; }
  [[nodiscard]] Bytes take() { return std::move(buffer_); }

 private:
  Bytes buffer_;
};

/// Takes integers in network byte order off the front. Reading past the end gives zeros and makes
/// ok() false, so a decoder checks once, at its end.
class ByteReader {
 public:
  explicit ByteReader(ByteView data) : rest_(data) {}
  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  /// The next `count` octets; empty when there are not so many.
  ByteView bytes(std::size_t count);
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  ByteView rest_;
  bool ok_ = true;
};

/// One's complement sum of 16-bit words, to be continued; an odd last octet is padded with zero
/// (RFC 1071).
[[nodiscard]] std::uint32_t checksum_add(std::uint32_t sum, ByteView data);
/// Folds and complements a sum: the value that goes into a header.
[[nodiscard]] std::uint16_t checksum_finish(std::uint32_t sum);

}  // namespace understudy
