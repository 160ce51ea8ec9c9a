#include "vrrp/link_layer.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "vrrp/settings_writer.hpp"

namespace understudy::vrrp {

namespace {

/// Who holds the setting of promote_secondaries.
const std::string kPromotion = "promote_secondaries";

/// Reports of membership in 224.0.0.x, which no switch needs (RFC 4541 section 2.1.2).
const std::string kLocalIgmp = "net/ipv4/igmp_link_local_mcast_reports";

std::string promotion_of(const std::string& interface) {
  return "net/ipv4/conf/" + interface + "/promote_secondaries";
}

/// A virtual interface has the delays of the one it is made on.
std::vector<InterfaceDelay> delays_of(const VrrpConfig& config,
                                      const std::vector<VirtualLink>& links) {
  std::vector<InterfaceDelay> delays = config.interface_delays;
  if (delays.empty()) return delays;
  for (const VirtualLink& link : links) {
    const auto base =
        std::ranges::find(config.interface_delays, link.base, &InterfaceDelay::interface);
    if (base != config.interface_delays.end()) {
      delays.push_back({link.name, base->down, base->up});
    }
  }
  return delays;
}

/// linkbeat_interfaces; with linkbeat_use_polling the interface of every instance.
std::vector<LinkbeatInterface> polled_of(const GlobalConfig& global, const VrrpConfig& config,
                                         const netlink::Monitor& monitor) {
  std::vector<LinkbeatInterface> polled = config.linkbeat_interfaces;
  if (global.linkbeat_use_polling) {
    std::set<std::string> names;
    for (const LinkbeatInterface& one : polled) names.insert(one.interface);
    for (const InstanceConfig& instance : config.instances) {
      if (instance.interface.empty() || !names.insert(instance.interface).second) continue;
      polled.push_back({instance.interface});
    }
  }
  // The kernel tells of these reliably.
  std::erase_if(polled, [&](const LinkbeatInterface& one) {
    const netlink::Link* link = monitor.link(one.interface);
    return link != nullptr && link->is_virtual();
  });
  return polled;
}

}  // namespace

LinkLayer::LinkLayer(Loop& loop, Log& log, netlink::Socket& commands, netlink::Monitor& monitor,
                     run::HandoverPage& page, Handlers handlers)
    : monitor_(monitor),
      handlers_(std::move(handlers)),
      sysctls_(log, page, settings_writer(commands, monitor)),
      interfaces_(monitor, handlers_.is_virtual),
      virtual_(loop, log, commands, monitor, page, sysctls_,
               {[this](InterfaceIndex index) { return interfaces_.link_local(index); },
                [this](const std::string& name) { look_again(name); }}),
      watch_(loop, log, monitor, handlers_.on_link) {}

void LinkLayer::configure(const GlobalConfig& global, const VrrpConfig& config,
                          const std::vector<VirtualLink>& links, bool at_start) {
  virtual_.make(links, at_start);
  watch_.configure(delays_of(config, links), polled_of(global, config, monitor_));
  promote_secondaries(config);
  if (global.disable_local_igmp) {
    sysctls_.hold(kLocalIgmp, 0, kLocalIgmp);
  } else {
    sysctls_.release(kLocalIgmp, kLocalIgmp);
  }
}

void LinkLayer::promote_secondaries(const VrrpConfig& config) {
  const auto before = std::exchange(promoting_, {});
  for (const InstanceConfig& instance : config.instances) {
    if (instance.promote_secondaries && !instance.interface.empty()) {
      promoting_.insert(instance.interface);
    }
  }
  for (const std::string& interface : promoting_) promote_on(interface);
  for (const std::string& interface : before) {
    if (!promoting_.contains(interface)) sysctls_.release(promotion_of(interface), kPromotion);
  }
}

void LinkLayer::promote_on(const std::string& interface) {
  if (monitor_.link(interface) != nullptr) sysctls_.hold(promotion_of(interface), 1, kPromotion);
}

void LinkLayer::clean_up() {
  virtual_.remove_others();
  sysctls_.sweep();
}

void LinkLayer::remove_all() {
  virtual_.remove_all();
  sysctls_.restore_all();
}

void LinkLayer::link_changed(const netlink::Link& link, bool removed) {
  if (removed) {
    const auto renamed = monitor_.links().find(link.index);
    if (renamed != monitor_.links().end()) {
      sysctls_.rename_interface(link.name, renamed->second.name);
    } else {
      sysctls_.forget_interface(link.name);
    }
  }
  if (!removed && promoting_.contains(link.name)) promote_on(link.name);
  virtual_.link_changed(link, removed);
  Interface* interface = interfaces_.link_changed(link, removed);
  if (virtual_.hides(link.name)) return;
  watch_.changed(link, removed);
  if (interface != nullptr) {
    interfaces_.refresh(*interface);
    handlers_.on_interface(*interface);
  }
}

void LinkLayer::look_again(const std::string& name) {
  const netlink::Link* link = monitor_.link(name);
  netlink::Link missing;
  missing.name = name;
  watch_.changed(link != nullptr ? *link : missing, link == nullptr);
  Interface* interface = interfaces_.find(name);
  if (interface == nullptr) return;
  interfaces_.refresh(*interface);
  handlers_.on_interface(*interface);
}

bool LinkLayer::hides(const netlink::InterfaceAddress& address) const {
  const auto link = monitor_.links().find(address.index);
  return link != monitor_.links().end() && virtual_.hides(link->second.name);
}

void LinkLayer::address_changed(const netlink::InterfaceAddress& address) {
  virtual_.address_changed(address);
  if (handlers_.is_virtual(address)) return;
  const auto link = monitor_.links().find(address.index);
  if (link == monitor_.links().end() || hides(address)) return;
  Interface* interface = interfaces_.find(link->second.name);
  if (interface == nullptr) return;
  interfaces_.refresh(*interface);
  // Also without another first address: one that is configured as source may have come or gone.
  handlers_.on_interface(*interface);
}

}  // namespace understudy::vrrp
