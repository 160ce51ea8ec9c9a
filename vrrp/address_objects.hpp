// Addresses in the kernel: what should be there, what is there, and only the difference sent.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/netlink/monitor.hpp"
#include "daemon/netlink/socket.hpp"
#include "daemon/run/handover.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// An address and the interface it is to be on. Valid while the configuration it points into lives.
struct PlacedAddress {
  const std::string* interface = nullptr;
  const VirtualAddress* address = nullptr;
};

/// The addresses of all who want some: instances that are master, and the static ones. Each that we
/// put is recorded in the page before, so that a successor knows it for ours; an address that was
/// there before us and that no record names is not ours to take away where its holder says so.
///
/// Thousands of addresses are usual: they are kept once, in the configuration; here there are
/// pointers to them.
class AddressObjects {
 public:
  /// What a holder wants: the addresses of an instance, or the static ones of a configuration.
  using Wish =
      std::variant<std::shared_ptr<const InstanceConfig>, std::shared_ptr<const VrrpConfig>>;
  /// A loss: one who wants it, and what.
  struct Loss {
    std::string holder;
    IpAddress address;
  };

  AddressObjects(Log& log, netlink::Socket& socket, const netlink::Monitor& monitor,
                 run::HandoverPage& page);

  /// The holder wants these and nothing else from now on.
  void want(const std::string& holder, Wish wish);
  void release(const std::string& holder);
  /// The instance whose addresses a holder wants; nullptr: it wants none of an instance.
  [[nodiscard]] const InstanceConfig* wish_of(const std::string& holder) const;
  void rename(const std::string& before, const std::string& after);
  /// Puts back those of the holder with this address, if they are gone.
  void restore(const std::string& holder, const IpAddress& address);
  /// The address, if nobody wants it, should not be there.
  void sweep(const PlacedAddress& which);
  /// The same for every address a record names.
  void sweep_records();

  /// Sends at most `limit` changes to the kernel; true when more are left.
  bool reconcile(unsigned limit);
  [[nodiscard]] bool pending() const { return !queue_.empty(); }

  /// Whether an address is there, as far as the kernel has answered, and is to stay.
  [[nodiscard]] bool settled(const std::string& interface, const IpAddress& address,
                             std::uint8_t prefix_length) const;

  /// The kernel tells that an address came, changed or went. Returns who has lost it to somebody
  /// else and minds.
  [[nodiscard]] std::vector<Loss> changed(const netlink::InterfaceAddress& address, bool removed,
                                          bool ours);
  /// An interface came (its wanted addresses are put on it) or went (they are gone with it).
  void interface_changed(const netlink::Link& link, bool removed);

 private:
  using InterfaceId = std::uint32_t;
  struct Key {
    InterfaceId interface = 0;
    IpAddress address;
    std::uint8_t prefix_length = 0;
    auto operator<=>(const Key&) const = default;
  };
  using Holders = std::map<std::string, Wish>;
  struct Object {
    /// Who wants it; nullptr: nobody. One of them where there are several (`shared`).
    const Holders::value_type* holder = nullptr;
    /// How it is to look.
    const VirtualAddress* form = nullptr;
    /// Deletions we asked for whose notifications have not come yet.
    std::uint16_t expected_removals = 0;
    bool shared : 1 = false;
    bool present : 1 = false;
    /// It was there before us and is not ours to take away.
    bool foreign : 1 = false;
    bool queued : 1 = false;
    /// It is there in another form (label, scope …) and has to be put anew.
    bool replace : 1 = false;
    /// That the kernel refuses it has been said.
    bool complained : 1 = false;
    /// Within want(): the new wish has it.
    bool marked : 1 = false;
  };
  using Objects = std::map<Key, Object>;

  /// Work of one reconcile(): the requests and what each is about.
  struct Batch;

  InterfaceId id_of(const std::string& interface);
  [[nodiscard]] const std::string& name_of(const Key& key) const { return *names_[key.interface]; }
  [[nodiscard]] std::string record_of(const Key& key) const;
  Key key_of(const PlacedAddress& which);
  Object& object(const Key& key);
  void take(const Holders::value_type& holder, const PlacedAddress& which);
  void drop(const Holders::value_type& holder, const Key& key);
  void enqueue(const Key& key, Object& entry);
  void plan(const Key& key, Object& entry, Batch& batch);
  void plan_removal(const Key& key, const Object& entry, InterfaceIndex index, Batch& batch);
  void settle(const Batch& batch);
  void complain(const Key& key, Object& entry, bool add, const std::string& why);
  void say_duplicate(const Key& key, const Object& entry) const;
  void forget_if_idle(const Key& key);
  void sweep_key(const Key& key);

  Log& log_;
  netlink::Socket& socket_;
  const netlink::Monitor& monitor_;
  run::HandoverPage& page_;
  Objects objects_;
  Holders holders_;
  std::deque<Key> queue_;
  /// Numbers of interface names, and the names by number.
  std::map<std::string, InterfaceId, std::less<>> ids_;
  std::vector<const std::string*> names_;
  bool page_full_reported_ = false;
};

}  // namespace understudy::vrrp
