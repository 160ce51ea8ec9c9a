// Addresses, routes and rules as one line each, in the words of keepalived's -d.
#pragma once

#include <string>

#include "vrrp/routing_config.hpp"

namespace understudy::vrrp {

/// Where an address goes, and whether it is there.
struct AddressPlace {
  /// The interface's name as it is shown.
  std::string device;
  /// The address is in the kernel.
  bool set = false;
  /// Of static addresses; empty: none.
  std::string track_group;
};

/// "10.0.0.100/24 dev eth0 scope global".
[[nodiscard]] std::string dump_text(const VirtualAddress& address, const AddressPlace& place);
/// "prepend 192.168.110.0/24 via inet 10.0.0.254 dev eth0 proto 18".
[[nodiscard]] std::string dump_text(const Route& route);
/// "from 10.0.0.100 priority 500 tos 0x0 protocol 18 lookup 10".
[[nodiscard]] std::string dump_text(const Rule& rule);

}  // namespace understudy::vrrp
