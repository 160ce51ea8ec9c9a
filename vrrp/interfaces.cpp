#include "vrrp/interfaces.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <utility>

namespace understudy::vrrp {

namespace {

/// Not before duplicate address detection has passed (RFC 4862 section 5.4).
bool is_usable(const netlink::InterfaceAddress& address) {
  return (address.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0;
}

}  // namespace

Interfaces::Interfaces(const netlink::Monitor& monitor, IsVirtual is_virtual)
    : monitor_(monitor), is_virtual_(std::move(is_virtual)) {}

std::unique_ptr<Interface> Interfaces::look_up(const std::string& name) {
  auto interface = std::make_unique<Interface>();
  interface->name = name;
  const netlink::Link* link = monitor_.link(name);
  if (link != nullptr) interface->index = link->index;
  refresh(*interface);
  return interface;
}

void Interfaces::attach(Instance& instance) {
  const InstanceConfig& config = instance.config();
  for (const std::string* name : {&source_interface(config), &advert_interface(config)}) {
    if (name->empty()) continue;
    auto& slot = interfaces_[*name];
    if (!slot) slot = look_up(*name);
    if (std::ranges::find(slot->instances, &instance) == slot->instances.end()) {
      slot->instances.push_back(&instance);
    }
  }
}

void Interfaces::detach(const Instance& instance, const InstanceConfig& config) {
  leave(source_interface(config), instance);
  leave(advert_interface(config), instance);
}

void Interfaces::leave(const std::string& name, const Instance& instance) {
  const auto found = interfaces_.find(name);
  if (found == interfaces_.end()) return;
  std::erase(found->second->instances, &instance);
  if (found->second->instances.empty()) interfaces_.erase(found);
}

Interface* Interfaces::find(const std::string& name) {
  const auto found = interfaces_.find(name);
  return found == interfaces_.end() ? nullptr : found->second.get();
}

Interface* Interfaces::link_changed(const netlink::Link& link, bool removed) {
  Interface* interface = find(link.name);
  if (interface == nullptr) return nullptr;
  // The news of an old interface must not take away its successor.
  if (removed && interface->index != link.index) return interface;
  interface->index = removed ? InterfaceIndex() : link.index;
  return interface;
}

bool Interfaces::refresh(Interface& interface) {
  IpAddress ipv4;
  IpAddress ipv6;
  if (interface.index != InterfaceIndex()) {
    for (const auto& one : monitor_.addresses(interface.index)) {
      const bool wanted = one.address.is_v4() ? ipv4.empty() && one.scope != RT_SCOPE_HOST
                                              : ipv6.empty() && one.address.is_link_local();
      if (!wanted || !is_usable(one) || is_virtual_(one)) continue;
      (one.address.is_v4() ? ipv4 : ipv6) = one.address;
    }
  }
  const bool ipv4_changed = std::exchange(interface.ipv4, ipv4) != ipv4;
  const bool ipv6_changed = std::exchange(interface.ipv6, ipv6) != ipv6;
  return ipv4_changed || ipv6_changed;
}

IpAddress Interfaces::source_of(const InstanceConfig& config) {
  if (!config.mcast_source->empty()) {
    if (config.track_source && !has_address(config, *config.mcast_source)) return {};
    return *config.mcast_source;
  }
  const std::string& name = source_interface(config);
  if (name.empty()) return {};
  if (const Interface* used = find(name)) return used->primary(config.family);
  return look_up(name)->primary(config.family);
}

bool Interfaces::has_address(const InstanceConfig& config, const IpAddress& address) const {
  const auto has = [&](InterfaceIndex index) {
    const auto all = monitor_.addresses(index);
    return std::ranges::any_of(all, [&](const netlink::InterfaceAddress& one) {
      return one.address == address && is_usable(one);
    });
  };
  // An ipvlan has its own; a VMAC borrows that of the interface below.
  const std::string& name = config.ipvlan->used ? own_interface(config) : config.interface;
  if (name.empty()) {
    return std::ranges::any_of(monitor_.links(), [&](const auto& one) { return has(one.first); });
  }
  const netlink::Link* link = monitor_.link(name);
  return link != nullptr && has(link->index);
}

bool Interfaces::is_there(const InstanceConfig& config) const {
  const std::string& name = advert_interface(config);
  return name.empty() || monitor_.link(name) != nullptr;
}

IpAddress Interfaces::link_local(InterfaceIndex index) const {
  for (const auto& one : monitor_.addresses(index)) {
    if (one.address.is_v6() && one.address.is_link_local() && is_usable(one) && !is_virtual_(one)) {
      return one.address;
    }
  }
  return {};
}

}  // namespace understudy::vrrp
