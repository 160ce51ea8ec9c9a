// Which packet of the announcements a machine wants now leaves when: gratuitous ARP and unsolicited
// neighbour advertisements, paced per family so that a thousand addresses neither flood a switch
// nor keep an advert waiting. When a machine wants them (garp_master_delay) says AnnouncementPlan.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"

namespace understudy::vrrp {

/// One address to be announced on one interface.
struct Announcement {
  IpAddress address;
  std::string interface;
  auto operator<=>(const Announcement&) const = default;
};

/// The announcements of one instance that wait to be sent. Rounds go through all addresses before
/// any is repeated, as the original does.
class GarpSchedule {
 public:
  /// `arp_interval` and `na_interval`: at least so much between two packets of that family
  /// (garp_interval, gna_interval); 0: as many as due() gives at a time.
  explicit GarpSchedule(Duration arp_interval = {}, Duration na_interval = {});

  /// Adds `repeat` rounds over `announcements`. One that already waits is not sent more often than
  /// the larger of what is left and `repeat`.
  void queue(const std::vector<Announcement>& announcements, unsigned repeat, TimePoint now);
  /// Takes what may be sent now, at most `limit` announcements; call again at deadline().
  [[nodiscard]] std::vector<Announcement> due(TimePoint now, std::size_t limit);
  /// When due() has something; nullopt: nothing waits.
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  /// Drops everything; the pace is kept.
  void cancel();

 private:
  /// The announcements of one family: their order, and how often each is still to be sent.
  struct Lane {
    Duration interval{};
    TimePoint next;
    std::deque<Announcement> order;
    std::map<Announcement, unsigned> left;
  };
  static void take(Lane& lane, TimePoint now, std::size_t limit, std::vector<Announcement>& taken);

  std::array<Lane, 2> lanes_;
};

}  // namespace understudy::vrrp
