// What VRRP holds in the kernel: addresses, routes and rules of instances that are master, and the
// static ones.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/netlink/monitor.hpp"
#include "daemon/netlink/routing_monitor.hpp"
#include "daemon/netlink/socket.hpp"
#include "daemon/run/handover.hpp"
#include "vrrp/address_objects.hpp"
#include "vrrp/config.hpp"
#include "vrrp/restore_limit.hpp"
#include "vrrp/routing_objects.hpp"

namespace understudy::vrrp {

/// One face for all of it. What is wanted is said at once and sent in slices with the loop in
/// between, so that no advert waits for a thousand addresses: routes and rules go before addresses,
/// and come after them. What others delete is put back; of an instance's addresses the machine
/// decides that (AddressLost, RestoreAddress), because it announces them again.
class KernelObjects {
 public:
  /// `commands` is the socket `monitor` knows as ours. All of them outlive this.
  KernelObjects(Loop& loop, Log& log, netlink::Socket& commands, const netlink::Monitor& monitor,
                run::HandoverPage& page);

  /// A configuration comes into force: its static addresses, routes and rules are wanted, those of
  /// the one before are not; is_ours() knows its virtual addresses.
  void configure(const std::shared_ptr<const VrrpConfig>& config);
  /// The instance is master: what it holds as such should be there, and nothing else of its own.
  void want(std::shared_ptr<const InstanceConfig> config);
  /// The instance is not.
  void release(const std::string& instance);
  /// An orderly stop: the static ones go too.
  void release_static();
  /// Names before and after.
  using Renames = std::vector<std::pair<std::string, std::string>>;
  /// Instances have other names from now on; they may have swapped them.
  void rename(const Renames& names);
  /// Puts back one address of the instance that somebody deleted.
  void restore(const std::string& instance, const IpAddress& address);
  /// Everything that a record of ours names, or that one of the instances is configured with, and
  /// that nobody wants now, should not be there.
  void sweep(const std::shared_ptr<const VrrpConfig>& config,
             const std::vector<const InstanceConfig*>& instances);

  /// Nothing is sent until resume() or finish(): what moves from one instance to another in between
  /// does not leave the kernel.
  void hold() { held_ = true; }
  void resume();
  /// Begins with what is left to be sent; goes on by itself.
  void work();
  /// Sends all that is left, however long it takes.
  void finish();
  /// Something is left to be sent.
  [[nodiscard]] bool pending() const { return addresses_.pending() || routing_.pending(); }
  /// Whether a wanted address is there, as far as the kernel has answered.
  [[nodiscard]] bool announceable(const std::string& interface, const IpAddress& address,
                                  std::uint8_t prefix_length) const {
    return addresses_.settled(interface, address, prefix_length);
  }

  /// The kernel tells that an address came or went. Returns the instances that have lost it to
  /// somebody else and mind.
  [[nodiscard]] std::vector<std::string> changed(const netlink::InterfaceAddress& address,
                                                 bool removed, bool ours);
  /// An interface came (what is wanted is put on it) or went (it is gone with it).
  void interface_changed(const netlink::Link& link, bool removed);
  /// Whether the address belongs to one of our instances, wanted or not: then it is no source
  /// address of an interface.
  [[nodiscard]] bool is_ours(const netlink::InterfaceAddress& address) const;

 private:
  /// Sends at most a slice of what is left; true when there is more.
  bool reconcile();
  void go_on();
  void watch_routing(const VrrpConfig& config);
  void share(const std::shared_ptr<const VrrpConfig>& config);
  void restore_static(const IpAddress& address);
  void arm();
  void expire();

  Loop& loop_;
  Log& log_;
  const std::uint32_t commands_port_;
  AddressObjects addresses_;
  RoutingObjects routing_;
  std::unique_ptr<netlink::RoutingMonitor> routing_monitor_;
  netlink::RoutingMonitor::Interest interest_;
  /// Virtual addresses of all instances but owners, ascending.
  std::vector<IpAddress> configured_;
  RestoreLimit static_limit_;
  bool held_ = false;
  Timer slice_;
  Timer timer_;
};

}  // namespace understudy::vrrp
