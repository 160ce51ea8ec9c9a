// Building and taking apart netlink messages: values in, octets out, and back. No socket.
//
// netlink/ talks rtnetlink with the kernel. message, link, link_request, address_message, route
// (with tunnel) and rule are pure; socket owns sequence numbers, acknowledgements and timeouts;
// monitor keeps a picture of links and addresses and tells of changes. It may not know what VRRP
// is. Start with monitor.hpp.
#pragma once

#include <linux/netlink.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "daemon/base/bytes.hpp"

namespace understudy::netlink {

/// A netlink message, header first (netlink(7)). Sequence number and port are the socket's to fill
/// in.
using Message = Bytes;

/// Attributes one after the other, as they stand in a message or inside another attribute.
class AttributeWriter {
 public:
  /// Appends an attribute, padded to four octets.
  void attribute(std::uint16_t type, ByteView value);
  // Numbers in host byte order.
  void attribute(std::uint16_t type, std::uint8_t value);
  void attribute(std::uint16_t type, std::uint16_t value);
  void attribute(std::uint16_t type, std::uint32_t value);
  /// Appends a text with its terminating zero.
  void attribute(std::uint16_t type, std::string_view value);
  /// What was written.
  [[nodiscard]] ByteView octets() const { return octets_; }

 protected:
  void append(const void* data, std::size_t size);
  Bytes octets_;
};

/// Puts a message together: the protocol's fixed header, then attributes.
class MessageBuilder : public AttributeWriter {
 public:
  /// `type` is nlmsg_type, `flags` nlmsg_flags without NLM_F_REQUEST and NLM_F_ACK; `fixed` is the
  /// protocol's own header (ifinfomsg, ifaddrmsg …).
  MessageBuilder(std::uint16_t type, std::uint16_t flags, std::span<const std::byte> fixed);
  /// Begins an attribute that is made of those appended until end_nested() gets what this returned.
  [[nodiscard]] std::size_t begin_nested(std::uint16_t type);
  void end_nested(std::size_t start);
  /// The finished message.
  [[nodiscard]] Message take();
};

/// The header of a message; nullopt when there are not even octets for it.
[[nodiscard]] std::optional<nlmsghdr> header_of(ByteView message);

/// Attributes of a message by type; of several with one type the last counts.
class Attributes {
 public:
  /// Highest attribute type that is kept.
  static constexpr std::uint16_t kHighest = 63;

  /// Reads the attributes behind a fixed header of `fixed_size` octets; what is malformed ends the
  /// reading.
  Attributes(ByteView message, std::size_t fixed_size);
  /// Those inside the value of another one.
  [[nodiscard]] static Attributes nested(ByteView value) {
    Attributes attributes;
    attributes.take(value);
    return attributes;
  }
  /// The value of an attribute; empty when absent.
  [[nodiscard]] ByteView get(std::uint16_t type) const;
  [[nodiscard]] bool has(std::uint16_t type) const { return get(type).data() != nullptr; }
  /// A number in host byte order; nullopt when absent or of another size.
  [[nodiscard]] std::optional<std::uint32_t> u32(std::uint16_t type) const {
    return number<std::uint32_t>(type);
  }
  [[nodiscard]] std::optional<std::uint16_t> u16(std::uint16_t type) const {
    return number<std::uint16_t>(type);
  }
  [[nodiscard]] std::optional<std::uint8_t> u8(std::uint16_t type) const {
    return number<std::uint8_t>(type);
  }
  /// A number or structure as it stands there; nullopt when absent or of another size.
  template <typename T>
  [[nodiscard]] std::optional<T> number(std::uint16_t type) const {
    const ByteView value = get(type);
    T number{};
    if (value.size() != sizeof number) return std::nullopt;
    __builtin_memcpy(&number, value.data(), sizeof number);
    return number;
  }
  /// A text without its terminating zero; empty when absent.
  [[nodiscard]] std::string_view text(std::uint16_t type) const;

 private:
  Attributes() = default;
  void take(ByteView attributes);

  std::array<ByteView, kHighest + 1> values_{};
};

/// Copies a fixed header out of a message; nullopt when the message is shorter.
template <typename Fixed>
[[nodiscard]] std::optional<Fixed> fixed_part(ByteView message) {
  if (message.size() < NLMSG_HDRLEN + sizeof(Fixed)) return std::nullopt;
  Fixed fixed;
  __builtin_memcpy(&fixed, message.data() + NLMSG_HDRLEN, sizeof fixed);
  return fixed;
}

}  // namespace understudy::netlink
