// The interfaces that adverts of virtual routers come from: whether they are there, and their
// addresses. Sockets are Transport's, ups and downs LinkWatch's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/netlink/monitor.hpp"
#include "vrrp/instance.hpp"
#include "vrrp/wiring.hpp"

namespace understudy::vrrp {

/// One interface in use. It may not exist at the moment: then it has no index.
struct Interface {
  std::string name;
  InterfaceIndex index;
  /// First IPv4 address, and first link-local IPv6 address, that are not virtual ones: the sources
  /// of adverts. Empty: none.
  IpAddress ipv4;
  IpAddress ipv6;
  /// The virtual routers whose adverts leave here, or have their source address here.
  std::vector<Instance*> instances;
  [[nodiscard]] const IpAddress& primary(Family family) const {
    return family == Family::ipv6 ? ipv6 : ipv4;
  }
};

/// All interfaces in use, following the kernel.
class Interfaces {
 public:
  /// Whether an address is one of the virtual ones.
  using IsVirtual = std::function<bool(const netlink::InterfaceAddress&)>;

  Interfaces(const netlink::Monitor& monitor, IsVirtual is_virtual);

  /// The instance depends on its advert_interface() and its source_interface() from now on.
  void attach(Instance& instance);
  /// It does not any more. `config` is what it was attached with.
  void detach(const Instance& instance, const InstanceConfig& config);
  /// nullptr when nobody uses it.
  [[nodiscard]] Interface* find(const std::string& name);
  /// Takes over a change of the kernel's link. Returns the interface concerned, if it is used.
  Interface* link_changed(const netlink::Link& link, bool removed);
  /// Looks up the addresses anew; true when a source changed.
  bool refresh(Interface& interface);

  /// Source of the adverts of an instance, attached or not: the configured one (with track_src_ip
  /// only while it is there), else its interface's. Empty: there is none.
  [[nodiscard]] IpAddress source_of(const InstanceConfig& config);
  /// Whether the interface it sends on is there; an instance without interface needs none.
  [[nodiscard]] bool is_there(const InstanceConfig& config) const;
  /// First link-local IPv6 address of an interface that is no virtual one; empty: none.
  [[nodiscard]] IpAddress link_local(InterfaceIndex index) const;

 private:
  void leave(const std::string& name, const Instance& instance);
  [[nodiscard]] std::unique_ptr<Interface> look_up(const std::string& name);
  [[nodiscard]] bool has_address(const InstanceConfig& config, const IpAddress& address) const;

  const netlink::Monitor& monitor_;
  IsVirtual is_virtual_;
  std::map<std::string, std::unique_ptr<Interface>> interfaces_;
};

}  // namespace understudy::vrrp
