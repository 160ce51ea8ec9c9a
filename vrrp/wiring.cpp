#include "vrrp/wiring.hpp"

#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace understudy::vrrp {

namespace {

using Kind = KnownLink::Kind;

/// The protocol's addresses, but for family and VRID.
constexpr MacAddress kProtocolMac{{0x00, 0x00, 0x5e, 0x00, 0x00, 0x00}};

bool elsewhere(const InstanceConfig& config, const VirtualAddress& address) {
  return !address.device->empty() && *address.device != config.interface;
}

/// Applies `f` to every address of an instance.
template <typename Config, typename F>
void for_each_address(Config& config, F f) {
  for (auto* list : {&config.addresses, &config.excluded}) {
    for (auto& address : *list) f(address);
  }
}

bool has_other_family(const InstanceConfig& config) {
  return std::ranges::any_of(config.excluded, [&](const VirtualAddress& address) {
    return address.address.family() != config.family;
  });
}

/// Gives names, and collects what has to be made.
class Namer {
 public:
  Namer(VrrpConfig& config, const VirtualNamePrefixes& prefixes,
        const std::vector<KnownLink>& known)
      : config_(config), prefixes_(prefixes), known_(known) {
    if (prefixes_.instances.empty()) prefixes_.instances = "vrrp";
    if (prefixes_.addresses.empty()) prefixes_.addresses = prefixes_.instances;
    for (const KnownLink& link : known_) {
      by_name_.emplace(link.name, &link);
      if (link.kind == Kind::private_macvlan) by_mac_.emplace(Key{link.base, link.mac}, &link);
    }
    for (const InstanceConfig& instance : config_.instances) {
      if (!own_interface(instance).empty()) claimed_.insert(own_interface(instance));
    }
  }

  Wiring run() {
    for (InstanceConfig& instance : config_.instances) {
      if (instance.vmac->used) name_vmac(instance);
      if (instance.ipvlan->used) name_ipvlan(instance);
      // As the original: an instance's addresses before the next instance.
      for_each_address(instance,
                       [&](VirtualAddress& address) { name_address_vmac(instance, address); });
    }
    return std::move(out_);
  }

 private:
  /// What a macvlan is known by: the interface below and its address.
  using Key = std::pair<std::string, MacAddress>;

  /// A macvlan on a macvlan is made on the interface below that.
  [[nodiscard]] std::string root_of(const std::string& name) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end() || found->second->base.empty()) return name;
    return found->second->base;
  }

  template <typename... Args>
  void say(const InstanceConfig& instance, fmt::format_string<Args...> format, Args&&... args) {
    out_.lines.push_back(
        fmt::format("({}) {}", instance.name, fmt::format(format, std::forward<Args>(args)...)));
  }

  /// The first of PREFIX.VRID, PREFIX6.VRID (IPv6), PREFIX1.VRID … that nobody has.
  std::string free_name(const std::string& prefix, VirtualRouterId vrid, Family family) {
    constexpr unsigned kForIpv6 = 6;
    const auto name = [&](const std::string& number) {
      const std::string end = fmt::format("{}.{}", number, vrid.value());
      return prefix.substr(0, IFNAMSIZ - 1 - std::min<std::size_t>(end.size(), IFNAMSIZ - 1)) + end;
    };
    const auto is_free = [&](const std::string& candidate) {
      return !claimed_.contains(candidate) && !by_name_.contains(candidate);
    };
    std::string candidate = name("");
    if (!is_free(candidate) && family == Family::ipv6) candidate = name(std::to_string(kForIpv6));
    for (unsigned number = 1; !is_free(candidate); ++number) {
      if (family == Family::ipv6 && number == kForIpv6) continue;
      candidate = name(std::to_string(number));
    }
    claimed_.insert(candidate);
    return candidate;
  }

  /// An interface that fits is there: what becomes of the configured name?
  void adopt_name(const InstanceConfig& instance, const KnownLink& found, std::string& name) {
    if (!name.empty() && name != found.name && found.ours) return;
    say(instance, "Found matching interface {}", found.name);
    if (!name.empty() && name != found.name) {
      say(instance, "vmac name mismatch {} <=> {}. changing to {}.", name, found.name, found.name);
      claimed_.erase(name);
    }
    name = found.name;
    claimed_.insert(name);
  }

  /// The configured name belongs to an interface that does not fit.
  void settle_name(const InstanceConfig& instance, const char* type, std::string& name) {
    const auto found = by_name_.find(name);
    if (name.empty() || found == by_name_.end()) return;
    if (found->second->kind != Kind::other) {
      say(instance, "{} {} already exists but is incompatible. It will be deleted/updated", type,
          name);
      return;
    }
    say(instance,
        "{} interface name {} already exists as a non {} interface. ignoring configured "
        "name",
        type, name, type);
    claimed_.erase(name);
    name.clear();
  }

  void name_vmac(InstanceConfig& instance) {
    VirtualMac& vmac = instance.vmac.edit();
    VirtualLink link;
    link.base = instance.interface;
    link.mac = virtual_mac(instance, instance.family);
    link.family = instance.family;
    link.ipv6 = instance.family == Family::ipv6 || has_other_family(instance);
    link.link_local = instance.family == Family::ipv6 && !vmac.transmit_on_base;
    if (!instance.mcast_source->empty()) link.source = *instance.mcast_source;
    link.group = vmac.group;
    link.netlink_notify = vmac.netlink_notify;
    link.instance = instance.name;
    const Key key{root_of(link.base), link.mac};
    if (const auto made = made_.find(key); made != made_.end()) {
      vmac.name = out_.links[made->second].name;
      return;
    }
    const auto found = by_mac_.find(key);
    if (found != by_mac_.end()) {
      adopt_name(instance, *found->second, vmac.name);
    } else {
      settle_name(instance, "VMAC", vmac.name);
    }
    if (vmac.name.empty()) {
      vmac.name = free_name(prefixes_.instances, instance.vrid, instance.family);
    }
    link.name = vmac.name;
    made_.emplace(key, out_.links.size());
    out_.links.push_back(std::move(link));
  }

  [[nodiscard]] bool fits(const KnownLink& known, const InstanceConfig& instance) const {
    const Ipvlan& ipvlan = *instance.ipvlan;
    if (known.kind != Kind::l2_ipvlan || known.base != root_of(instance.interface)) return false;
    if (known.mode != ipvlan.mode) return false;
    if (ipvlan.name.empty() && !ipvlan.address) return false;
    if (!ipvlan.name.empty() && ipvlan.name != known.name) return false;
    if (!ipvlan.address) return true;
    const IpAddress& address = ipvlan.address->address;
    return address == (address.is_v4() ? known.ipv4 : known.ipv6);
  }

  void name_ipvlan(InstanceConfig& instance) {
    Ipvlan& ipvlan = instance.ipvlan.edit();
    const auto found =
        std::ranges::find_if(known_, [&](const KnownLink& known) { return fits(known, instance); });
    if (found != known_.end()) {
      adopt_name(instance, *found, ipvlan.name);
    } else {
      settle_name(instance, "IPVLAN", ipvlan.name);
    }
    if (ipvlan.name.empty()) {
      ipvlan.name = free_name(prefixes_.instances, instance.vrid, instance.family);
    }
    VirtualLink link;
    link.kind = VirtualLink::Kind::ipvlan;
    link.name = ipvlan.name;
    link.base = instance.interface;
    link.mode = ipvlan.mode;
    link.group = ipvlan.group;
    link.family = instance.family;
    link.ipv6 = instance.family == Family::ipv6 || has_other_family(instance);
    link.address = ipvlan.address;
    link.instance = instance.name;
    out_.links.push_back(std::move(link));
  }

  void name_address_vmac(const InstanceConfig& instance, VirtualAddress& address) {
    if (!needs_address_vmac(instance, address)) return;
    const Family family = address.address.family();
    VirtualLink link;
    link.base = base_of(instance, address);
    link.mac = virtual_mac(instance, family);
    link.family = family;
    link.ipv6 = link.link_local = family == Family::ipv6;
    link.instance = instance.name;
    const Key key{root_of(link.base), link.mac};
    if (const auto made = made_.find(key); made != made_.end()) {
      address.vmac = out_.links[made->second].name;
      return;
    }
    const auto found = by_mac_.find(key);
    link.name = found != by_mac_.end() ? found->second->name
                                       : free_name(prefixes_.addresses, instance.vrid, family);
    claimed_.insert(link.name);
    address.vmac = link.name;
    made_.emplace(key, out_.links.size());
    out_.links.push_back(std::move(link));
  }

  VrrpConfig& config_;
  VirtualNamePrefixes prefixes_;
  const std::vector<KnownLink>& known_;
  std::unordered_map<std::string, const KnownLink*> by_name_;
  std::map<Key, const KnownLink*> by_mac_;
  /// Names of virtual interfaces, configured or given.
  std::unordered_set<std::string> claimed_;
  /// Positions in the result.
  std::map<Key, std::size_t> made_;
  Wiring out_;
};

}  // namespace

bool needs_wiring(const VrrpConfig& config) {
  return std::ranges::any_of(config.instances, [](const InstanceConfig& instance) {
    bool needed = instance.vmac->used || instance.ipvlan->used;
    for_each_address(instance, [&](const VirtualAddress& address) {
      needed = needed || needs_address_vmac(instance, address);
    });
    return needed;
  });
}

Wiring wire(VrrpConfig& config, const VirtualNamePrefixes& prefixes,
            const std::vector<KnownLink>& known) {
  return Namer(config, prefixes, known).run();
}

const std::string& own_interface(const InstanceConfig& config) {
  return config.vmac->used ? config.vmac->name : config.ipvlan->name;
}

const std::string& advert_interface(const InstanceConfig& config) {
  const std::string& own = own_interface(config);
  return own.empty() || config.vmac->transmit_on_base ? config.interface : own;
}

const std::string& interface_of(const InstanceConfig& config, const VirtualAddress& address) {
  if (!address.vmac->empty()) return *address.vmac;
  const bool same_family = address.address.family() == config.family;
  if (config.vmac->used && same_family && !elsewhere(config, address)) return config.vmac->name;
  return base_of(config, address);
}

const std::string& source_interface(const InstanceConfig& config) {
  return config.family == Family::ipv6 ? advert_interface(config) : config.interface;
}

const std::string& base_of(const InstanceConfig& config, const VirtualAddress& address) {
  return address.device->empty() ? config.interface : *address.device;
}

bool needs_address_vmac(const InstanceConfig& config, const VirtualAddress& address) {
  const bool same_family = address.address.family() == config.family;
  const bool here = !elsewhere(config, address);
  if (here && same_family && config.vmac->used) return false;
  return address.use_vmac || (config.vmac->for_addresses && (!here || !same_family));
}

MacAddress virtual_mac(const InstanceConfig& config, Family family) {
  if (config.vmac->address) return MacAddress{*config.vmac->address};
  MacAddress mac = kProtocolMac;
  mac.bytes[4] = family == Family::ipv6 ? 2 : 1;
  mac.bytes[5] = config.vrid.value();
  return mac;
}

}  // namespace understudy::vrrp
