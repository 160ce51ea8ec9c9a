// What the meaning of a configuration depends on, of a network interface that exists.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/address.hpp"

namespace understudy {

/// An ordinary Ethernet interface unless it says otherwise.
struct InterfaceFacts {
  /// What it is made of; of macvlan and ipvlan interfaces only some modes can be a virtual
  /// router's.
  enum class Kind : std::uint8_t {
    ordinary,
    private_macvlan,
    other_macvlan,
    l2_ipvlan,
    other_ipvlan
  };
  Kind kind = Kind::ordinary;
  bool loopback = false;
  bool ethernet = true;
  bool multicast = true;
  std::uint32_t mtu = 1500;
  /// It is a VRF: a device that stands for a routing table.
  bool vrf = false;
  /// Of a macvlan or ipvlan: the interface below; empty: none, or in another namespace.
  std::string base;
  /// First addresses; the IPv6 one link-local. Empty: none.
  IpAddress ipv4;
  IpAddress ipv6;
  [[nodiscard]] bool is_vmac() const { return kind != Kind::ordinary; }
  bool operator==(const InterfaceFacts&) const = default;
};

}  // namespace understudy
