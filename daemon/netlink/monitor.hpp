// A picture of the kernel's links and addresses that is kept up to date, and tells of changes.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/result.hpp"
#include "daemon/netlink/address_message.hpp"
#include "daemon/netlink/link.hpp"
#include "daemon/netlink/socket.hpp"

namespace understudy::netlink {

/// Follows RTM_*LINK and RTM_*ADDR notifications. Begins with one dump of each; after an overrun
/// (ENOBUFS) it dumps again and tells the difference, so its user never misses a change for good.
class Monitor {
 public:
  struct Handlers {
    /// An interface appeared or changed (`removed` false), or is gone.
    std::function<void(const Link& link, bool removed)> on_link;
    /// An address appeared or changed, or is gone. `ours`: a request of the command socket caused
    /// it.
    std::function<void(const InterfaceAddress& address, bool removed, bool ours)> on_address;
  };

  /// Subscribes, then reads everything; no handler is called for what is there already. `commands`
  /// is the socket that our own changes go through; it must outlive the monitor.
  static Result<std::unique_ptr<Monitor>> start(Loop& loop, Log& log, Socket& commands,
                                                Handlers handlers);

  /// nullptr when there is none of that name.
  [[nodiscard]] const Link* link(const std::string& name) const;
  [[nodiscard]] const std::map<InterfaceIndex, Link>& links() const { return links_; }
  /// Addresses of an interface in the order the kernel has them: the primary one first.
  [[nodiscard]] std::vector<InterfaceAddress> addresses(InterfaceIndex index) const;
  /// nullptr when that interface does not have it.
  [[nodiscard]] const InterfaceAddress* find(InterfaceIndex index, const IpAddress& address,
                                             std::uint8_t prefix_length) const;
  /// Takes in what the kernel has queued, now; at most `limit` notifications.
  void catch_up(unsigned limit);

 private:
  struct Key {
    InterfaceIndex index;
    IpAddress address;
    std::uint8_t prefix_length = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry : InterfaceAddress {
    Entry(InterfaceAddress known, std::uint32_t place)
        : InterfaceAddress(std::move(known)), order(place) {}
    /// Position in the kernel's order of arrival.
    std::uint32_t order;
  };
  struct ByKey {
    using is_transparent = void;
    bool operator()(const Entry& a, const Entry& b) const { return key_of(a) < key_of(b); }
    bool operator()(const Entry& a, const Key& b) const { return key_of(a) < b; }
    bool operator()(const Key& a, const Entry& b) const { return a < key_of(b); }
  };
  using Links = std::map<InterfaceIndex, Link>;
  using Addresses = std::set<Entry, ByKey>;

  Monitor(Loop& loop, Log& log, Socket& commands, Socket events, Handlers handlers);
  void forget_name(const Link& link);
  static Key key_of(const InterfaceAddress& address);
  Result<void> read_all(Links& links, Addresses& addresses);
  void resynchronise();
  void take(ByteView message);
  void take_link(const LinkMessage& message);
  void take_address(const InterfaceAddress& address, bool removed, bool ours);
  void apply_difference(const Links& links, const Addresses& addresses);

  Log& log_;
  Socket& commands_;
  Socket events_;
  Handlers handlers_;
  Links links_;
  std::map<std::string, InterfaceIndex, std::less<>> names_;
  Addresses addresses_;
  std::uint32_t next_order_ = 0;
  std::unique_ptr<Watch> watch_;
  /// Tries again where the kernel could not be read.
  Loop& loop_;
  Timer retry_;
};

}  // namespace understudy::netlink
