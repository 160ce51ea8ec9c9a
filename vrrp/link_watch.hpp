// Which interfaces are up, as virtual routers are told of it: what the kernel says, after delays,
// or what polling says.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/netlink/monitor.hpp"
#include "vrrp/link_delays.hpp"
#include "vrrp/linkbeat.hpp"

namespace understudy::vrrp {

/// Follows the kernel's links and tells what routers shall know of them.
class LinkWatch {
 public:
  /// Not told twice in a row of one that has a delay or is polled; else whenever the kernel says
  /// something of it.
  using OnFact = std::function<void(const std::string& interface, bool up)>;

  LinkWatch(Loop& loop, Log& log, const netlink::Monitor& monitor, OnFact on_fact);

  /// A configuration: delays, and interfaces whose link is polled. Tells what changes by that.
  void configure(const std::vector<InterfaceDelay>& delays,
                 const std::vector<LinkbeatInterface>& polled);
  /// The kernel tells of a link.
  void changed(const netlink::Link& link, bool removed);
  /// What routers are told of an interface now; one that does not exist is down.
  [[nodiscard]] bool up(const std::string& interface) const;

 private:
  void tell(const LinkNews& news);
  void take_beat(const std::string& interface, bool up);

  Loop& loop_;
  Log& log_;
  const netlink::Monitor& monitor_;
  OnFact on_fact_;
  LinkDelays delays_;
  std::unique_ptr<Linkbeat> linkbeat_;
  /// Those that are polled, and those of them that are up.
  std::set<std::string> polled_;
  std::set<std::string> beating_;
  Timer timer_;
};

}  // namespace understudy::vrrp
