// What the packet filter has to do for virtual routers, and how nftables is told. Pure.
//
// - Traffic to and from virtual addresses whose instance does not accept it (vrrp_strict,
//   no_accept) is dropped, but for neighbour discovery (RFC 5798 section 8.2.4) and what stays on
//   this host.
// - A VMAC sends no membership reports and router solicitations of its own: switches would learn
//   from them that its MAC address is here. Reports leave by the interface below instead.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/base/address.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// What is to be filtered.
struct FilterPlan {
  /// A link-local address means something only together with its interface.
  struct LinkLocal {
    IpAddress address;
    std::string interface;
    std::uint32_t index = 0;
    bool operator==(const LinkLocal&) const = default;
  };
  /// A VMAC that is there.
  struct Vmac {
    std::string name;
    std::string base;
    std::uint32_t index = 0;
    std::uint32_t base_index = 0;
    /// The base's link-local address, which the VMAC must not advertise; empty: none.
    IpAddress base_address;
    bool ipv4 = false;
    bool ipv6 = false;
    bool operator==(const Vmac&) const = default;
  };
  std::vector<IpAddress> addresses;
  std::vector<LinkLocal> link_local;
  std::vector<Vmac> vmacs;
  [[nodiscard]] bool empty() const {
    return addresses.empty() && link_local.empty() && vmacs.empty();
  }
  bool operator==(const FilterPlan&) const = default;
};

/// What the kernel says of interfaces.
struct FilterFacts {
  /// 0: it is not there.
  std::function<std::uint32_t(const std::string& interface)> index;
  /// Empty: none.
  std::function<IpAddress(const std::string& interface)> link_local;
};

/// Addresses of an instance whose traffic is refused.
[[nodiscard]] std::vector<IpAddress> refused_by(const InstanceConfig& instance);
/// What this configuration wants. Addresses are filtered whoever is master: a backup has none of
/// them, and becoming master then has nothing slow to do.
[[nodiscard]] FilterPlan plan_filter(const VrrpConfig& config, const FilterFacts& facts);

/// How nftables does it (nftables, nftables_priority, nftables_counters, nftables_ifindex).
struct NftablesOptions {
  std::string table = "keepalived";
  std::int32_t priority = -1;
  bool counters = false;
  /// Interfaces are told by index, which is faster to compare, instead of by name.
  bool by_index = false;
  bool operator==(const NftablesOptions&) const = default;
};

/// The commands, one transaction, that replace the tables ip and ip6 of that name by what the plan
/// wants. With an empty plan the tables only go.
[[nodiscard]] std::string nftables_commands(const NftablesOptions& options, const FilterPlan& plan);

}  // namespace understudy::vrrp
