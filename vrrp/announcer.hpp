// Sends gratuitous ARP and unsolicited neighbour advertisements at the pace of their schedules.
#pragma once

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/netlink/monitor.hpp"
#include "vrrp/action.hpp"
#include "vrrp/instance.hpp"
#include "vrrp/kernel_objects.hpp"
#include "vrrp/socket.hpp"

namespace understudy::vrrp {

/// The announcements of all virtual routers. Many are cut into slices with timers in between, so
/// that no advert waits for them.
class Announcer {
 public:
  Announcer(Loop& loop, Log& log, const KernelObjects& kernel, const netlink::Monitor& monitor,
            FrameSocket frames);

  /// Queues what the machine wants announced, and begins with it.
  void announce(Instance& instance, const Announce& action);
  /// Sends the instance's announcements that are due.
  void send_due(Instance& instance);
  /// What the instance has not sent yet is dropped.
  static void cancel(Instance& instance);

 private:
  void send(const Instance& instance, const Announcement& announcement);

  Loop& loop_;
  Log& log_;
  const KernelObjects& kernel_;
  const netlink::Monitor& monitor_;
  FrameSocket frames_;
};

}  // namespace understudy::vrrp
