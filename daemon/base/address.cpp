#include "daemon/base/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace understudy {

int to_af(Family family) {
  switch (family) {
    case Family::ipv4:
      return AF_INET;
    case Family::ipv6:
      return AF_INET6;
    case Family::none:
      break;
  }
  return AF_UNSPEC;
}

IpAddress::IpAddress(in_addr address) : family_(Family::ipv4) {
  std::memcpy(bytes_.data(), &address, sizeof address);
}

IpAddress::IpAddress(const in6_addr& address) : family_(Family::ipv6) {
  std::memcpy(bytes_.data(), &address, sizeof address);
}

IpAddress::IpAddress(std::span<const std::uint8_t> bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) return;
  family_ = bytes.size() == 4 ? Family::ipv4 : Family::ipv6;
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  if (terminated.size() != std::strlen(terminated.c_str())) return std::nullopt;
  in_addr four{};
  if (inet_pton(AF_INET, terminated.c_str(), &four) == 1) return IpAddress(four);
  in6_addr six{};
  if (inet_pton(AF_INET6, terminated.c_str(), &six) == 1) return IpAddress(six);
  return std::nullopt;
}

bool IpAddress::is_multicast() const {
  if (is_v4()) return (bytes_[0] & 0xf0U) == 0xe0;
  return is_v6() && bytes_[0] == 0xff;
}

bool IpAddress::is_link_local() const {
  if (is_v4()) return bytes_[0] == 169 && bytes_[1] == 254;
  return is_v6() && bytes_[0] == 0xfe && (bytes_[1] & 0xc0U) == 0x80;
}

std::span<const std::uint8_t> IpAddress::bytes() const {
  return std::span(bytes_).first(empty() ? 0 : is_v4() ? 4 : 16);
}

in_addr IpAddress::v4() const {
  in_addr result{};
  std::memcpy(&result, bytes_.data(), sizeof result);
  return result;
}

in6_addr IpAddress::v6() const {
  in6_addr result{};
  std::memcpy(&result, bytes_.data(), sizeof result);
  return result;
}

std::uint8_t IpAddress::max_prefix() const { return static_cast<std::uint8_t>(bytes().size() * 8); }

std::string IpAddress::to_string() const {
  if (empty()) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(to_af(family_), bytes_.data(), text.data(), text.size());
  return text.data();
}

std::string Prefix::to_string() const { return fmt::format("{}/{}", address.to_string(), length); }

bool Prefix::contains(const IpAddress& other) const {
  if (other.family() != address.family()) return false;
  const auto ours = address.bytes();
  const auto theirs = other.bytes();
  unsigned left = length;
  for (std::size_t i = 0; i < ours.size() && left > 0; ++i) {
    const unsigned bits = std::min(left, 8U);
    const unsigned mask = 0xffU & (0xffU << (8U - bits));
    if ((ours[i] & mask) != (theirs[i] & mask)) return false;
    left -= bits;
  }
  return true;
}

std::string Endpoint::to_string(std::string_view protocol) const {
  if (protocol.empty()) return fmt::format("[{}]:{}", address.to_string(), port.value());
  return fmt::format("[{}]:{}:{}", address.to_string(), protocol, port.value());
}

socklen_t Endpoint::to_sockaddr(sockaddr_storage& storage) const {
  storage = {};
  if (address.is_v4()) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port.value());
    four.sin_addr = address.v4();
    std::memcpy(&storage, &four, sizeof four);
    return sizeof four;
  }
  if (address.is_v6()) {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port.value());
    six.sin6_addr = address.v6();
    std::memcpy(&storage, &six, sizeof six);
    return sizeof six;
  }
  return 0;
}

Endpoint Endpoint::from_sockaddr(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &storage, sizeof four);
    return {IpAddress(four.sin_addr), Port(ntohs(four.sin_port))};
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &storage, sizeof six);
    return {IpAddress(six.sin6_addr), Port(ntohs(six.sin6_port))};
  }
  return {};
}

std::string MacAddress::to_string() const {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", bytes[0], bytes[1], bytes[2],
                     bytes[3], bytes[4], bytes[5]);
}

HardwareAddress::HardwareAddress(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > kLongest) return;
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  size_ = static_cast<std::uint8_t>(bytes.size());
}

}  // namespace understudy
