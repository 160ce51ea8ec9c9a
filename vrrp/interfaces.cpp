#include "vrrp/interfaces.hpp"

#include <linux/rtnetlink.h>
#include <sys/epoll.h>

#include <utility>

namespace understudy::vrrp {
namespace {

/// Adverts read before timers have their turn again.
constexpr unsigned kPerTurn = 64;

}  // namespace

Interfaces::Interfaces(Loop& loop, Log& log, const netlink::Monitor& monitor, IsVirtual is_virtual,
                       PacketHandler on_packet)
    : loop_(loop),
      log_(log),
      monitor_(monitor),
      is_virtual_(std::move(is_virtual)),
      on_packet_(std::move(on_packet)) {}

Interface& Interfaces::use(const std::string& name) {
  auto& slot = interfaces_[name];
  if (slot) return *slot;
  slot = std::make_unique<Interface>();
  slot->name = name;
  const netlink::Link* link = monitor_.link(name);
  if (link != nullptr) open(*slot, *link);
  refresh_primary(*slot);
  return *slot;
}

void Interfaces::attach(Instance& instance) {
  const InstanceConfig& config = instance.config();
  Interface& interface = use(config.interface);
  interface.instances[config.vrid.value()] = &instance;
  if (interface.groups[config.mcast_group]++ == 0) join(interface, config.mcast_group);
}

void Interfaces::detach(const InstanceConfig& config) {
  const auto found = interfaces_.find(config.interface);
  if (found == interfaces_.end()) return;
  Interface& interface = *found->second;
  interface.instances[config.vrid.value()] = nullptr;
  leave(interface, config.mcast_group);
  if (interface.groups.empty()) interfaces_.erase(found);
}

void Interfaces::leave(Interface& interface, const IpAddress& group) {
  const auto found = interface.groups.find(group);
  if (found == interface.groups.end() || --found->second > 0) return;
  interface.groups.erase(found);
  if (interface.socket) interface.socket->leave(group);
}

void Interfaces::regroup(const Instance& instance, const IpAddress& before) {
  const IpAddress& group = instance.config().mcast_group;
  Interface& interface = of(instance.config());
  if (interface.groups[group]++ == 0) join(interface, group);
  leave(interface, before);
}

Interface& Interfaces::of(const InstanceConfig& config) {
  return *interfaces_.at(config.interface);
}

Interface* Interfaces::find(const std::string& name) {
  const auto found = interfaces_.find(name);
  return found == interfaces_.end() ? nullptr : found->second.get();
}

void Interfaces::join(Interface& interface, const IpAddress& group) {
  if (!interface.socket) return;
  const auto done = interface.socket->join(group);
  if (!done) {
    log_.error("{}: {} ({})", interface.name, done.error().message, group.to_string());
  }
}

void Interfaces::open(Interface& interface, const netlink::Link& link) {
  interface.index = link.index;
  interface.mac = link.mac;
  interface.up = link.up();
  auto socket = AdvertSocket::open(link.name, link.index);
  if (!socket) {
    log_.error("{}: {}", link.name, socket.error().message);
    return;
  }
  interface.socket = std::make_unique<AdvertSocket>(std::move(*socket));
  for (const auto& [group, count] : interface.groups) join(interface, group);
  interface.watch =
      std::make_unique<Watch>(loop_, interface.socket->fd(), EPOLLIN,
                              [this, at = &interface](std::uint32_t) { drain(*at, kPerTurn); });
}

void Interfaces::close(Interface& interface) {
  interface.watch.reset();
  interface.socket.reset();
  interface.index = InterfaceIndex();
  interface.up = false;
}

bool Interfaces::drain(Interface& interface, unsigned limit) {
  if (!interface.socket) return false;
  return interface.socket->receive(limit, [&](ByteView packet) { on_packet_(interface, packet); });
}

Interface* Interfaces::link_changed(const netlink::Link& link, bool removed) {
  Interface* interface = find(link.name);
  if (interface == nullptr) return nullptr;
  if (removed) {
    // The news of an old interface must not take the socket of its successor.
    if (interface->index == link.index) close(*interface);
    return interface;
  }
  if (interface->index != link.index || !interface->socket) {
    close(*interface);
    open(*interface, link);
  }
  interface->mac = link.mac;
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
