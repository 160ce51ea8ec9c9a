// Attributes of IPVS messages (linux/ip_vs.h), written and read with libnl. For the codecs only.
#pragma once

#include <arpa/inet.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>

#include "daemon/base/address.hpp"
#include "daemon/base/bytes.hpp"

namespace understudy::ipvs {

/// union nf_inet_addr: what the kernel gives and takes for an address of either family.
inline constexpr std::size_t kAddressSize = 16;

/// Builds attributes in a libnl message, whose own header is not used.
class Attributes {
 public:
  Attributes() : message_(nlmsg_alloc(), nlmsg_free) {
    if (!message_) throw std::bad_alloc();
  }
  void u8(int type, std::uint8_t value) { check(nla_put_u8(message_.get(), type, value)); }
  void u16(int type, std::uint16_t value) { check(nla_put_u16(message_.get(), type, value)); }
  void u32(int type, std::uint32_t value) { check(nla_put_u32(message_.get(), type, value)); }
  /// Network order, as the kernel wants ports.
  void port(int type, Port port) { u16(type, htons(port.value())); }
  void text(int type, const std::string& value) {
    check(nla_put_string(message_.get(), type, value.c_str()));
  }
  void raw(int type, const void* data, std::size_t size) {
    check(nla_put(message_.get(), type, static_cast<int>(size), data));
  }
  void address(int type, const IpAddress& address) {
    std::array<std::uint8_t, kAddressSize> padded{};
    std::ranges::copy(address.bytes(), padded.begin());
    raw(type, padded.data(), padded.size());
  }
  nlattr* begin(int type) { return nla_nest_start(message_.get(), type); }
  void end(nlattr* nest) { nla_nest_end(message_.get(), nest); }
  [[nodiscard]] Bytes take() const {
    const auto* data = static_cast<const std::uint8_t*>(nlmsg_data(nlmsg_hdr(message_.get())));
    return {data, data + nlmsg_datalen(nlmsg_hdr(message_.get()))};
  }

 private:
  static void check(int status) {
    if (status < 0) throw std::bad_alloc();
  }
  std::unique_ptr<nl_msg, decltype(&nlmsg_free)> message_;
};

inline constexpr nla_policy kU8{NLA_U8, 0, 0};
inline constexpr nla_policy kU16{NLA_U16, 0, 0};
inline constexpr nla_policy kU32{NLA_U32, 0, 0};
inline constexpr nla_policy kNest{NLA_NESTED, 0, 0};
inline constexpr nla_policy kAddress{NLA_UNSPEC, 4, 0};
inline constexpr nla_policy kText{NLA_STRING, 0, 0};

using Policy = std::span<nla_policy>;

/// Attributes by type. Values are there or not; absent numbers read as zero.
class Parsed {
 public:
  static std::optional<Parsed> from(nlattr* first, int length, Policy policy) {
    assert(policy.size() <= kMostTypes);
    Parsed parsed;
    const int highest = static_cast<int>(policy.size()) - 1;
    if (nla_parse(parsed.found_.data(), highest, first, length, policy.data()) < 0) return {};
    return parsed;
  }
  [[nodiscard]] bool has(std::size_t type) const { return found_[type] != nullptr; }
  [[nodiscard]] nlattr* nest(std::size_t type) const { return found_[type]; }
  [[nodiscard]] std::uint8_t u8(std::size_t type) const {
    return has(type) ? nla_get_u8(found_[type]) : std::uint8_t{0};
  }
  [[nodiscard]] std::uint16_t u16(std::size_t type) const {
    return has(type) ? nla_get_u16(found_[type]) : std::uint16_t{0};
  }
  [[nodiscard]] std::uint32_t u32(std::size_t type) const {
    return has(type) ? nla_get_u32(found_[type]) : 0U;
  }
  [[nodiscard]] Port port(std::size_t type) const { return Port(ntohs(u16(type))); }
  [[nodiscard]] std::string text(std::size_t type) const {
    if (!has(type)) return {};
    const char* data = static_cast<const char*>(nla_data(found_[type]));
    return {data, strnlen(data, static_cast<std::size_t>(nla_len(found_[type])))};
  }
  /// Empty when it is too short for the family.
  [[nodiscard]] IpAddress address(std::size_t type, Family family) const {
    const std::size_t size = family == Family::ipv6 ? 16 : 4;
    if (!has(type) || static_cast<std::size_t>(nla_len(found_[type])) < size) return {};
    return IpAddress(std::span(static_cast<const std::uint8_t*>(nla_data(found_[type])), size));
  }

 private:
  /// More than any of IPVS has: no allocation for each of thousands of messages.
  static constexpr std::size_t kMostTypes = 24;
  std::array<nlattr*, kMostTypes> found_{};
};

/// Attributes that are in no nest; nullopt: they make no sense.
[[nodiscard]] std::optional<Parsed> parse(ByteView attributes, Policy policy);
/// The attributes inside `type`, one of IPVS_CMD_ATTR_*; nullopt: they make no sense.
[[nodiscard]] std::optional<Parsed> parse_nested(ByteView attributes, int type, Policy policy);

}  // namespace understudy::ipvs
