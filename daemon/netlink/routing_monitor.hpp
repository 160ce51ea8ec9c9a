// Tells which routes and rules are deleted, of those that can be ours.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/base/loop.hpp"
#include "daemon/base/result.hpp"
#include "daemon/netlink/route.hpp"
#include "daemon/netlink/rule.hpp"
#include "daemon/netlink/socket.hpp"

namespace understudy::netlink {

/// Follows RTM_DELROUTE and RTM_DELRULE notifications. A filter in the kernel lets nothing through
/// but deletions, and of routes only those of given protocols: a router that learns a million of
/// them by another protocol costs nothing here.
class RoutingMonitor {
 public:
  /// What is listened to.
  struct Interest {
    /// RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE …
    std::vector<int> groups;
    /// rtm_protocol of our routes, at most kMostProtocols.
    std::vector<std::uint8_t> protocols;
    bool operator==(const Interest&) const = default;
  };
  struct Handlers {
    std::function<void(const RouteMessage& message)> on_route;
    std::function<void(const RuleMessage& message)> on_rule;
    /// The kernel had more to tell than the socket holds: anything may be gone.
    std::function<void()> on_overrun;
  };
  static constexpr std::size_t kMostProtocols = 64;

  static Result<std::unique_ptr<RoutingMonitor>> start(Loop& loop, const Interest& interest,
                                                       Handlers handlers);

 private:
  RoutingMonitor(Socket socket, Handlers handlers);
  void read();

  Socket socket_;
  Handlers handlers_;
  std::unique_ptr<Watch> watch_;
};

}  // namespace understudy::netlink
