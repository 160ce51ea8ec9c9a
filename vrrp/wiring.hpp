// Which interfaces a virtual router uses: for its adverts, for its addresses, and those that have
// to be made for it (use_vmac, use_vmac_addr, use_ipvlan).
//
// Pure. wire() runs once on a configuration that has been read, with the interfaces there are; it
// writes the names of virtual interfaces into the configuration, so that afterwards every question
// is answered by the configuration alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/address.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// vmac_prefix and vmac_addr_prefix of global_defs; empty: "vrrp", and as the first.
struct VirtualNamePrefixes {
  std::string instances;
  std::string addresses;
};

/// An interface of the kernel, as far as names and wiring depend on it.
struct KnownLink {
  enum class Kind : std::uint8_t { other, private_macvlan, other_macvlan, l2_ipvlan, other_ipvlan };
  std::string name;
  Kind kind = Kind::other;
  /// Of a macvlan or ipvlan: the interface below; empty: in another network namespace.
  std::string base;
  MacAddress mac;
  /// Of an l2_ipvlan.
  Ipvlan::Mode mode = Ipvlan::Mode::bridge;
  /// Of a macvlan or ipvlan: its first addresses.
  IpAddress ipv4;
  IpAddress ipv6;
  /// We made it, or our predecessor did.
  bool ours = false;
};

/// An interface that has to be there for virtual routers.
struct VirtualLink {
  enum class Kind : std::uint8_t { macvlan, ipvlan };
  Kind kind = Kind::macvlan;
  std::string name;
  /// The interface it is made on, as configured.
  std::string base;
  /// Of a macvlan.
  MacAddress mac;
  /// Of an ipvlan.
  Ipvlan::Mode mode = Ipvlan::Mode::bridge;
  /// Interface group; nullopt: that of the base.
  std::optional<std::uint32_t> group;
  /// Of the virtual router.
  Family family = Family::ipv4;
  /// IPv6 is to work on it.
  bool ipv6 = false;
  /// It needs a link-local IPv6 address that is not made of its MAC address (RFC 9568 section 7.4):
  /// `source`, else the base's.
  bool link_local = false;
  IpAddress source;
  /// Of an ipvlan: its address.
  std::optional<Prefix> address;
  /// The base is to be announced to listeners of netlink after the making.
  bool netlink_notify = false;
  /// The first instance that needs it, for messages.
  std::string instance;
  bool operator==(const VirtualLink&) const = default;
};

/// What wire() found.
struct Wiring {
  /// To be made, each once, in the order of the configuration.
  std::vector<VirtualLink> links;
  /// For the log.
  std::vector<std::string> lines;
};

/// Whether any instance or address needs an interface of its own: only then wire() has work.
[[nodiscard]] bool needs_wiring(const VrrpConfig& config);
/// Names the virtual interfaces as the original does: an interface that is there and fits keeps its
/// name; else the configured name; else PREFIX.VRID, PREFIX6.VRID for IPv6, PREFIX1.VRID … when
/// those are taken. `known` are all interfaces of the network namespace.
Wiring wire(VrrpConfig& config, const VirtualNamePrefixes& prefixes,
            const std::vector<KnownLink>& known);

// After wire():

/// The instance's VMAC or ipvlan; empty: it has none.
[[nodiscard]] const std::string& own_interface(const InstanceConfig& config);
/// Where its adverts leave and arrive; empty: any (unicast without interface).
[[nodiscard]] const std::string& advert_interface(const InstanceConfig& config);
/// Where an address of it goes.
[[nodiscard]] const std::string& interface_of(const InstanceConfig& config,
                                              const VirtualAddress& address);
/// The address whose presence makes the source of its adverts is looked for here: the configured
/// interface; for IPv6 adverts from a VMAC or ipvlan that interface itself.
[[nodiscard]] const std::string& source_interface(const InstanceConfig& config);
/// The interface address goes to before use_vmac_addr and use_vmac are looked at.
[[nodiscard]] const std::string& base_of(const InstanceConfig& config,
                                         const VirtualAddress& address);
/// Whether that address needs a VMAC that is not the instance's own.
[[nodiscard]] bool needs_address_vmac(const InstanceConfig& config, const VirtualAddress& address);
/// MAC address of a virtual router's macvlan: the configured one, or the protocol's (RFC 9568
/// section 7.3) for `family`.
[[nodiscard]] MacAddress virtual_mac(const InstanceConfig& config, Family family);

}  // namespace understudy::vrrp
