#include "vrrp/interfaces.hpp"

#include <linux/rtnetlink.h>

#include <utility>

namespace understudy::vrrp {

Interfaces::Interfaces(const netlink::Monitor& monitor, IsVirtual is_virtual)
    : monitor_(monitor), is_virtual_(std::move(is_virtual)) {}

Interface& Interfaces::use(const std::string& name) {
  auto& slot = interfaces_[name];
  if (slot) return *slot;
  slot = std::make_unique<Interface>();
  slot->name = name;
  const netlink::Link* link = monitor_.link(name);
  if (link != nullptr) {
    slot->index = link->index;
    slot->up = link->up();
  }
  refresh_primary(*slot);
  return *slot;
}

void Interfaces::attach(Instance& instance) {
  use(instance.config().interface).instances.push_back(&instance);
}

void Interfaces::detach(const Instance& instance, const InstanceConfig& config) {
  const auto found = interfaces_.find(config.interface);
  if (found == interfaces_.end()) return;
  std::erase(found->second->instances, &instance);
  if (found->second->instances.empty()) interfaces_.erase(found);
}

Interface& Interfaces::of(const InstanceConfig& config) {
  return *interfaces_.at(config.interface);
}

Interface* Interfaces::find(const std::string& name) {
  const auto found = interfaces_.find(name);
  return found == interfaces_.end() ? nullptr : found->second.get();
}

Interface* Interfaces::link_changed(const netlink::Link& link, bool removed) {
  Interface* interface = find(link.name);
  if (interface == nullptr) return nullptr;
  if (removed) {
    // The news of an old interface must not take away its successor.
    if (interface->index != link.index) return interface;
    interface->index = InterfaceIndex();
    interface->up = false;
    return interface;
  }
  interface->index = link.index;
  interface->up = link.up();
  return interface;
}

bool Interfaces::refresh_primary(Interface& interface) {
  IpAddress primary;
  if (interface.index != InterfaceIndex()) {
    for (const auto& address : monitor_.addresses(interface.index)) {
      if (!address.address.is_v4() || address.scope == RT_SCOPE_HOST || is_virtual_(address)) {
        continue;
      }
      primary = address.address;
      break;
    }
  }
  return std::exchange(interface.primary, primary) != primary;
}

}  // namespace understudy::vrrp
