// What a route or rule says in the configuration as in the kernel: values that both sides use.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "daemon/base/address.hpp"

namespace understudy {

/// encap mpls (LWTUNNEL_ENCAP_MPLS): the labels, outermost first, each of 20 bits (RFC 3032 section
/// 2.1).
struct MplsEncapsulation {
  std::vector<std::uint32_t> labels;
  bool operator==(const MplsEncapsulation&) const = default;
};

/// encap ip and encap ip6 (LWTUNNEL_ENCAP_IP, LWTUNNEL_ENCAP_IP6). It has a destination or an id.
struct IpEncapsulation {
  /// ipv4 for ip, ipv6 for ip6.
  Family family = Family::ipv4;
  std::optional<std::uint64_t> id;
  /// Empty: not given.
  IpAddress destination;
  IpAddress source;
  /// TOS, or the traffic class.
  std::optional<std::uint8_t> tos;
  /// TTL, or the hop limit.
  std::optional<std::uint8_t> ttl;
  std::optional<std::uint16_t> flags;
  bool operator==(const IpEncapsulation&) const = default;
};

/// encap ila (LWTUNNEL_ENCAP_ILA): the locator, in host byte order.
struct IlaEncapsulation {
  std::uint64_t locator = 0;
  bool operator==(const IlaEncapsulation&) const = default;
};

/// What packets on a route are wrapped in.
using Encapsulation = std::variant<MplsEncapsulation, IpEncapsulation, IlaEncapsulation>;

/// Numbers from `first` to `last`, both included: ports, user ids.
template <typename N>
struct NumberRange {
  N first = 0;
  N last = 0;
  bool operator==(const NumberRange&) const = default;
};

}  // namespace understudy
