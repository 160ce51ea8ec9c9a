// The interfaces that virtual routers use: what the kernel says of them, and who runs there. Their
// sockets are Transport's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/netlink/monitor.hpp"
#include "vrrp/instance.hpp"

namespace understudy::vrrp {

/// One interface in use. It may not exist at the moment: then it has no index.
struct Interface {
  std::string name;
  InterfaceIndex index;
  bool up = false;
  /// First IPv4 address that is not a virtual one: the source of adverts. Empty: none.
  IpAddress primary;
  /// The virtual routers on it.
  std::vector<Instance*> instances;
};

/// All interfaces in use, following the kernel.
class Interfaces {
 public:
  /// Whether an address is one of the virtual ones.
  using IsVirtual = std::function<bool(const netlink::InterfaceAddress&)>;

  Interfaces(const netlink::Monitor& monitor, IsVirtual is_virtual);

  /// The interface, looked up if it was not in use. It is kept once an instance is attached.
  Interface& use(const std::string& name);
  /// The instance runs on its interface from now on.
  void attach(Instance& instance);
  /// It does not any more. `config` is what it was attached with.
  void detach(const Instance& instance, const InstanceConfig& config);
  /// A used interface; it must have been attached to.
  [[nodiscard]] Interface& of(const InstanceConfig& config);
  /// nullptr when nobody uses it.
  [[nodiscard]] Interface* find(const std::string& name);
  /// Takes over a change of the kernel's link. Returns the interface concerned, if it is used.
  Interface* link_changed(const netlink::Link& link, bool removed);
  /// Looks up the primary address anew; true when it changed.
  bool refresh_primary(Interface& interface);

 private:
  const netlink::Monitor& monitor_;
  IsVirtual is_virtual_;
  std::map<std::string, std::unique_ptr<Interface>> interfaces_;
};

}  // namespace understudy::vrrp
