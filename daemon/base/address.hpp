// Network addresses as values: IP address, prefix, endpoint, link-layer address.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/base/types.hpp"

namespace understudy {

/// Address family; `none` is a default-constructed address.
enum class Family : std::uint8_t { none, ipv4, ipv6 };

/// AF_UNSPEC, AF_INET or AF_INET6.
[[nodiscard]] int to_af(Family family);

/// An IPv4 or IPv6 address in network byte order.
class IpAddress {
 public:
  constexpr IpAddress() = default;
  explicit IpAddress(in_addr address);
  explicit IpAddress(const in6_addr& address);
  /// From 4 or 16 bytes in network order; any other size gives an empty address.
  explicit IpAddress(std::span<const std::uint8_t> bytes);

  /// Strict text form as inet_pton(3) takes it; nullopt for anything else.
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] Family family() const { return family_; }
  [[nodiscard]] bool empty() const { return family_ == Family::none; }
  [[nodiscard]] bool is_v4() const { return family_ == Family::ipv4; }
  [[nodiscard]] bool is_v6() const { return family_ == Family::ipv6; }
  [[nodiscard]] bool is_multicast() const;
  [[nodiscard]] bool is_link_local() const;
  /// 4, 16 or 0 bytes in network order.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const;
  [[nodiscard]] in_addr v4() const;
  [[nodiscard]] in6_addr v6() const;
  /// 32 or 128; 0 when empty.
  [[nodiscard]] std::uint8_t max_prefix() const;
  /// inet_ntop(3) form; "" when empty.
  [[nodiscard]] std::string to_string() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  Family family_ = Family::none;
  std::array<std::uint8_t, 16> bytes_{};
};

/// An address with its prefix length, "10.0.0.1/24".
struct Prefix {
  IpAddress address;
  std::uint8_t length = 0;
  [[nodiscard]] std::string to_string() const;
  /// Whether `other` lies in this network.
  [[nodiscard]] bool contains(const IpAddress& other) const;
  auto operator<=>(const Prefix&) const = default;
};

/// An address and a port; what connect(2) and bind(2) want.
struct Endpoint {
  IpAddress address;
  Port port;
  /// keepalived's form: "[10.0.0.1]:tcp:80" when a protocol name is given, else "[10.0.0.1]:80".
  [[nodiscard]] std::string to_string(std::string_view protocol = {}) const;
  /// Fills `storage`, returns its length; 0 for an empty address.
  socklen_t to_sockaddr(sockaddr_storage& storage) const;
  static Endpoint from_sockaddr(const sockaddr_storage& storage);
  auto operator<=>(const Endpoint&) const = default;
};

/// Ethernet address.
struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const MacAddress&) const = default;
};

/// An interface's address of whatever length its kind has: Ethernet 6 octets, InfiniBand 20.
class HardwareAddress {
 public:
  /// The kernel has none that is longer (MAX_ADDR_LEN).
  static constexpr std::size_t kLongest = 32;

  constexpr HardwareAddress() = default;
  /// Longer ones give an empty address.
  explicit HardwareAddress(std::span<const std::uint8_t> bytes);
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  auto operator<=>(const HardwareAddress&) const = default;

 private:
  std::array<std::uint8_t, kLongest> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace understudy
