// What goes with a virtual interface: settings of the kernel, and addresses that are no virtual
// router's.
#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <utility>

#include "daemon/netlink/address_message.hpp"
#include "daemon/netlink/link_request.hpp"
#include "vrrp/virtual_interfaces.hpp"

namespace understudy::vrrp {

namespace {

/// Holds what all virtual interfaces need.
const std::string kAll = "virtual interfaces";

std::string ipv4_setting(const std::string& interface, const char* name) {
  return fmt::format("net/ipv4/conf/{}/{}", interface, name);
}

/// fe80::/64 and the modified EUI-64 of a MAC address (RFC 4291 appendix A).
IpAddress link_local_of(const MacAddress& mac) {
  constexpr std::uint8_t kUniversal = 0x02;
  const auto& m = mac.bytes;
  const std::array<std::uint8_t, 16> bytes{
      0xfe, 0x80, 0,    0,    0,    0,    0,   0, static_cast<std::uint8_t>(m[0] ^ kUniversal),
      m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]};
  return IpAddress(std::span<const std::uint8_t>(bytes));
}

netlink::InterfaceAddress own_address(InterfaceIndex index, const Prefix& prefix,
                                      std::uint8_t scope) {
  netlink::InterfaceAddress address;
  address.index = index;
  address.address = prefix.address;
  address.prefix_length = prefix.length;
  address.scope = scope;
  return address;
}

}  // namespace

/// The kernel lowers the MTU of a macvlan together with that of the interface below, but does not
/// raise it again. One that somebody has given another MTU keeps it as long as the interface below
/// has the same.
void VirtualInterfaces::follow_mtu(Entry& entry, Requests& requests) {
  if (!std::exchange(entry.mtu_differs, false)) return;
  const netlink::Link& link = *monitor_.link(entry.wanted.name);
  const std::uint32_t mtu = monitor_.link(entry.wanted.base)->mtu;
  if (link.mtu == mtu) return;
  requests.add(nullptr, netlink::set_link_mtu(link.index, mtu));
  if (link.mtu >= netlink::kLeastIpv6Mtu || mtu < netlink::kLeastIpv6Mtu) return;
  // IPv6 begins anew on it, as on an interface that nobody has set up.
  requests.add(nullptr, netlink::disable_address_generation(link.index));
  const Prefix generated{link_local_of(link.mac), kLinkLocalLength};
  requests.add(nullptr, netlink::delete_address(own_address(link.index, generated, RT_SCOPE_LINK)));
}

void VirtualInterfaces::hold_settings(const Entry& entry) {
  const VirtualLink& wanted = entry.wanted;
  // IPv6 only where a virtual router has use for it. In a kernel without there is nothing to do.
  const std::string disable = fmt::format("net/ipv6/conf/{}/disable_ipv6", wanted.name);
  const int disabled = wanted.ipv6 ? 0 : 1;
  const auto now = run::read_sysctl(disable);
  if (now && *now != disabled) sysctls_.set(disable, disabled);
  if (wanted.kind != VirtualLink::Kind::macvlan || wanted.family != Family::ipv4) return;
  const netlink::Link* link = monitor_.link(wanted.name);
  const netlink::Link* base = link == nullptr ? nullptr : link_at(link->base);
  if (base == nullptr) return;
  // The interface below must not answer for addresses above it.
  sysctls_.hold(ipv4_setting(base->name, "arp_ignore"), 1, wanted.name);
  sysctls_.hold(ipv4_setting(base->name, "arp_filter"), 1, wanted.name);
}

/// A macvlan needs rp_filter 0, and the kernel takes the higher of the value for `all` and the
/// interface's: so `all` becomes 0, after every other interface has got what `all` had.
void VirtualInterfaces::allow_no_reverse_path_filter() {
  const std::string all = ipv4_setting("all", "rp_filter");
  const auto now = run::read_sysctl(all);
  const int before = sysctls_.original_of(all).value_or(now ? *now : 0);
  if (before == 0) return;
  // Tried before anything depends on it.
  if (*now != 0 && !sysctls_.set(all, *now)) {
    log_.warning("Adverts may be dropped on VMACs: net.ipv4.conf.all.rp_filter is {}", *now);
    return;
  }
  const auto raise = [&](const std::string& interface) {
    const std::string path = ipv4_setting(interface, "rp_filter");
    const auto value = run::read_sysctl(path);
    if (sysctls_.original_of(path) || (value && *value < before)) {
      sysctls_.hold(path, before, kAll);
      return value && *value < before;
    }
    return false;
  };
  if (*now != 0) {
    if (raise("default")) {
      log_.info("NOTICE: setting sysctl net.ipv4.conf.default.rp_filter to {}", before);
    }
    log_.info("NOTICE: setting sysctl net.ipv4.conf.all.rp_filter from {} to 0", before);
  } else {
    raise("default");
  }
  for (const auto& [index, link] : monitor_.links()) {
    if (!is_ours(link.name)) raise(link.name);
  }
  sysctls_.hold(all, 0, kAll);
}

IpAddress VirtualInterfaces::wanted_link_local(const Entry& entry) const {
  if (!entry.wanted.link_local) return {};
  if (!entry.wanted.source.empty()) return entry.wanted.source;
  const netlink::Link* base = monitor_.link(entry.wanted.base);
  if (base == nullptr) return {};
  const IpAddress own = handlers_.link_local(base->index);
  if (!own.empty()) return own;
  const netlink::Link* root = link_at(root_of(*base));
  return link_local_of(root == nullptr ? base->mac : root->mac);
}

void VirtualInterfaces::put_link_local(Entry& entry, const netlink::Link& link,
                                       Requests& requests) {
  const IpAddress wanted = wanted_link_local(entry);
  if (!entry.link_local.empty() && entry.link_local != wanted) {
    const Prefix before{entry.link_local, kLinkLocalLength};
    requests.add(nullptr, netlink::delete_address(own_address(link.index, before, RT_SCOPE_LINK)));
  }
  entry.link_local = wanted;
  if (wanted.empty() || monitor_.find(link.index, wanted, kLinkLocalLength) != nullptr) return;
  netlink::AddressOptions options;
  // Only adverts shall have it as their source.
  options.preferred_lifetime = 0;
  requests.add(nullptr,
               netlink::add_address(
                   own_address(link.index, {wanted, kLinkLocalLength}, RT_SCOPE_LINK), options));
}

void VirtualInterfaces::put_addresses(const Entries& entries) {
  Requests requests;
  for (Entry* entry : entries) {
    const netlink::Link* link = monitor_.link(entry->wanted.name);
    if (link == nullptr || (link->flags & IFF_UP) == 0) continue;
    put_link_local(*entry, *link, requests);
    const auto& address = entry->wanted.address;
    if (!address || monitor_.find(link->index, address->address, address->length) != nullptr) {
      continue;
    }
    requests.add(nullptr,
                 netlink::add_address(own_address(link->index, *address, RT_SCOPE_UNIVERSE)));
  }
  Entries unaffected;
  send(requests, unaffected, "address");
}

}  // namespace understudy::vrrp
