// The interfaces that virtual routers use: their sockets, their state, who listens there.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/netlink/monitor.hpp"
#include "vrrp/instance.hpp"
#include "vrrp/socket.hpp"

namespace understudy::vrrp {

/// One interface in use. It may not exist at the moment: then it has no socket.
struct Interface {
  std::string name;
  InterfaceIndex index;
  MacAddress mac;
  bool up = false;
  /// First IPv4 address that is not a virtual one: the source of adverts. Empty: none.
  IpAddress primary;
  std::unique_ptr<AdvertSocket> socket;
  std::unique_ptr<Watch> watch;
  /// Which groups are wanted, and by how many.
  std::map<IpAddress, unsigned> groups;
  /// Instances by virtual router identifier; nullptr: none of ours.
  std::array<Instance*, 256> instances{};
  /// When a malformed packet was last complained of.
  TimePoint complained;
};

/// All interfaces in use, following the kernel: one that is deleted loses its socket and gets a new
/// one when it comes again.
class Interfaces {
 public:
  /// Called with each packet received, IPv4 header included.
  using PacketHandler = std::function<void(Interface&, ByteView)>;
  /// Whether an address is one of the virtual ones.
  using IsVirtual = std::function<bool(const netlink::InterfaceAddress&)>;

  Interfaces(Loop& loop, Log& log, const netlink::Monitor& monitor, IsVirtual is_virtual,
             PacketHandler on_packet);

  /// The interface, used from now on.
  Interface& use(const std::string& name);
  /// The instance listens on its interface from now on.
  void attach(Instance& instance);
  /// As if it never had. `config` is what it was attached with.
  void detach(const InstanceConfig& config);
  /// The instance's configuration names another group than `before`.
  void regroup(const Instance& instance, const IpAddress& before);
  /// A used interface; it must have been attached to.
  [[nodiscard]] Interface& of(const InstanceConfig& config);
  /// nullptr when nobody uses it.
  [[nodiscard]] Interface* find(const std::string& name);
  /// Reads at most `limit` waiting adverts; true when there may be more.
  bool drain(Interface& interface, unsigned limit);
  /// Takes over a change of the kernel's link. Returns the interface concerned, if it is used.
  Interface* link_changed(const netlink::Link& link, bool removed);
  /// Looks up the primary address anew; true when it changed.
  bool refresh_primary(Interface& interface);

 private:
  void open(Interface& interface, const netlink::Link& link);
  static void close(Interface& interface);
  void join(Interface& interface, const IpAddress& group);
  static void leave(Interface& interface, const IpAddress& group);

  Loop& loop_;
  Log& log_;
  const netlink::Monitor& monitor_;
  IsVirtual is_virtual_;
  PacketHandler on_packet_;
  std::map<std::string, std::unique_ptr<Interface>> interfaces_;
};

}  // namespace understudy::vrrp
