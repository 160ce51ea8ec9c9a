// Sends gratuitous ARP and unsolicited neighbour advertisements at the pace of their schedule.
#pragma once

#include <map>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/global/config.hpp"
#include "daemon/netlink/monitor.hpp"
#include "vrrp/action.hpp"
#include "vrrp/garp_schedule.hpp"
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

  /// Paces announcements as the configuration says from now on.
  void configure(const GlobalConfig& global, const VrrpConfig& config);
  /// Queues what the machine wants announced; it begins to leave when the adverts that are due now
  /// have left.
  void announce(const Instance& instance, const Announce& action);
  void announce(const Instance& instance, const AnnounceInterfaces& action);
  /// An address came or changed: it may have been found unique.
  void address_changed(const netlink::InterfaceAddress& address);
  /// What the instance has not sent yet is dropped. To be called before the instance ends, too.
  void cancel(const Instance& instance);

 private:
  /// Whether an interface forwards IPv6, and when that was read.
  struct Forwarding {
    bool on = false;
    TimePoint read;
  };

  /// What waits for its address to be found unique.
  struct Parked {
    Announcement announcement;
    unsigned repeat = 0;
  };

  [[nodiscard]] bool is_there(const Announcement& announcement) const;
  [[nodiscard]] bool unique(const Announcement& announcement) const;
  void queue(const Instance& instance, std::vector<Announcement> announcements, unsigned repeat);
  void send_due();
  void tell(const Instance& instance, const Announcement& announcement);
  void arm();
  void send(const Announcement& announcement);
  [[nodiscard]] bool forwards_v6(const netlink::Link& link);

  Loop& loop_;
  Log& log_;
  const KernelObjects& kernel_;
  const netlink::Monitor& monitor_;
  FrameSocket frames_;
  GarpSchedule schedule_;
  std::multimap<GarpSchedule::Owner, Parked> parked_;
  /// Only of interfaces that neighbour advertisements left through.
  std::map<InterfaceIndex, Forwarding> forwarding_;
  /// Fires when something may leave.
  Timer timer_;
};

}  // namespace understudy::vrrp
