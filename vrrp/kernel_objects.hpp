// The virtual addresses in the kernel: what should be there, what is there, and only the difference
// sent.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/netlink/monitor.hpp"
#include "daemon/netlink/socket.hpp"
#include "daemon/run/handover.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// Addresses of all instances. Each that we put is recorded in the page before, so that a successor
/// knows it for ours; an address that was there before us and that no record names is never ours to
/// take away while its owner (priority 255) wants it.
class KernelObjects {
 public:
  KernelObjects(Log& log, netlink::Socket& socket, const netlink::Monitor& monitor,
                run::HandoverPage& page);

  /// The instance is master: its addresses should be there, and no others of its own.
  void want(const InstanceConfig& config);
  /// The instance is not: they should not.
  void release(const std::string& instance);
  /// The instance has another name from now on.
  void rename(const std::string& before, const std::string& after);
  /// Puts back one address of the instance that somebody deleted.
  void restore(const std::string& instance, const IpAddress& address);
  /// Every address that a record of ours names, or that one of the instances is configured with,
  /// and that nobody wants now, should not be there.
  void sweep(const std::vector<InstanceConfig>& instances);

  /// Sends at most `limit` changes to the kernel; true when more are left.
  bool reconcile(unsigned limit);
  /// Something is left for reconcile().
  [[nodiscard]] bool pending() const { return !queue_.empty(); }

  /// The kernel tells that an address came or went. Returns the instances that have lost it to
  /// somebody else.
  [[nodiscard]] std::vector<std::string> changed(const netlink::InterfaceAddress& address,
                                                 bool removed, bool ours);
  /// An interface came (its wanted addresses are put on it) or went (they are gone with it).
  void interface_changed(const netlink::Link& link, bool removed);
  /// Whether the address belongs to one of our instances, wanted or not: then it is no source
  /// address of an interface.
  [[nodiscard]] bool is_ours(const netlink::InterfaceAddress& address) const;
  /// Makes the configured addresses known to is_ours(); replaces those made known before.
  void set_configured(const std::vector<InstanceConfig>& instances);

 private:
  struct Key {
    std::string interface;
    IpAddress address;
    std::uint8_t prefix_length = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Object {
    /// Instances that want it.
    std::set<std::string> wanted_by;
    /// How it is to look; without an index, which may change.
    netlink::InterfaceAddress form;
    bool present = false;
    /// It was there before us and is not ours to take away.
    bool foreign = false;
    bool queued = false;
    /// It is there in another form (label, scope …) and has to be put anew.
    bool replace = false;
    /// Deletions we asked for whose notifications have not come yet.
    unsigned expected_removals = 0;
  };
  using Objects = std::map<Key, Object>;

  /// Work of one reconcile(): the requests and what each is about.
  struct Batch;

  static Key key_of(const InstanceConfig& config, const VirtualAddress& address);
  static std::string record_of(const Key& key);
  Object& object(const Key& key);
  void want_one(const InstanceConfig& config, const VirtualAddress& address, std::set<Key>& wanted);
  void enqueue(const Key& key);
  void plan(const Key& key, Object& object, Batch& batch);
  void plan_removal(const Key& key, const Object& object, InterfaceIndex index, Batch& batch);
  void settle(const Batch& batch);
  void forget_if_idle(const Key& key);
  [[nodiscard]] std::string interface_name(InterfaceIndex index) const;
  void sweep_one(const Key& key);

  Log& log_;
  netlink::Socket& socket_;
  const netlink::Monitor& monitor_;
  run::HandoverPage& page_;
  Objects objects_;
  /// Keys wanted by each instance.
  std::map<std::string, std::set<Key>> by_instance_;
  std::deque<Key> queue_;
  std::set<IpAddress> configured_;
  bool page_full_reported_ = false;
};

}  // namespace understudy::vrrp
