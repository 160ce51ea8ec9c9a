// Which packet of the announcements that machines want now leaves when: gratuitous ARP and
// unsolicited neighbour advertisements of all instances, paced per family and interface (or group
// of interfaces), so that a thousand addresses neither flood a switch nor keep an advert waiting.
// When a machine wants them (garp_master_delay …) says AnnouncementPlan.
//
// It holds something only for who waits: thousands of idle instances cost nothing.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/types.hpp"
#include "vrrp/announcements.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// At least so much between two packets (garp_interval, gna_interval); 0: none.
struct Pause {
  Duration arp{};
  Duration na{};
  bool operator==(const Pause&) const = default;
};

/// The announcements of all instances that wait to be sent. Rounds go through all addresses of an
/// instance before any is repeated, as the original does, and instances take turns.
class GarpSchedule {
 public:
  /// Who announces: anything that is unique among those that do.
  using Owner = const void*;

  /// `common` holds for each interface by itself that is in none of the `groups`; interfaces of a
  /// group share its pause. What waits keeps the pace it was queued with.
  void configure(const Pause& common, const std::vector<GarpGroup>& groups);

  /// Adds `repeat` rounds over `announcements`. One that already waits is not sent more often than
  /// the larger of what is left and `repeat`.
  void queue(Owner owner, const std::vector<Announcement>& announcements, unsigned repeat,
             TimePoint now);
  /// Whether an announcement can be sent already.
  using Ready = std::function<bool(const Announcement&)>;
  /// What is to be sent.
  struct Due {
    Owner owner = nullptr;
    Announcement announcement;
    /// It has not been sent since it was queued.
    bool first = false;
  };
  /// Takes what may be sent now, at most `limit` announcements; call again at deadline(). What is
  /// not `ready` holds up what comes after it at the same pace for a moment.
  [[nodiscard]] std::vector<Due> due(TimePoint now, std::size_t limit, const Ready& ready = {});
  /// When due() has something; nullopt: nothing waits.
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  /// Drops what the owner has waiting; the pace is kept.
  void cancel(Owner owner);

 private:
  /// What shares a pace: a family on an interface or group. The one without a pause serves all that
  /// have none.
  struct Lane {
    Duration pause{};
    TimePoint next;
    /// How many have something waiting; the lane is in ready_ while it is not 0.
    unsigned owners = 0;
    /// Whose turn it is; may name owners that have cancelled.
    std::deque<Owner> turns;
  };
  struct Entry {
    Announcement announcement;
    /// It has not been sent since it was queued.
    bool first = true;
    /// How often it is still to be sent.
    unsigned left = 0;
  };
  /// What one owner has waiting in one lane. Thousands of owners have one announcement each: a
  /// deque would take half a kilobyte of each.
  class Waiting {
   public:
    /// To be sent after what there is, each once: Entry::left is the larger of two.
    void add(const Announcement& announcement, unsigned repeat);
    /// Announcements that were added twice are one. After add(), before anything else.
    void unite();
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    /// What is sent next.
    [[nodiscard]] const Announcement& front() const { return entries_[turn_].announcement; }
    /// Takes it; the same again comes after the others. True: it is sent for the first time.
    bool pop_front();

   private:
    /// In the order of a round; those before `turn_` have been sent in this one.
    std::vector<Entry> entries_;
    std::size_t turn_ = 0;
  };
  using WaitingMap = std::map<std::pair<Owner, Lane*>, Waiting>;
  using Lanes = std::set<std::pair<TimePoint, Lane*>>;

  [[nodiscard]] Lane& lane_of(const Announcement& announcement);
  void schedule(Lane& lane, TimePoint when);
  /// Who has the next announcement of a lane in which somebody waits.
  WaitingMap::iterator next(Lane& lane);
  /// Takes it.
  Due take(Lane& lane);

  /// By family (IPv4 first) and by group's or interface's name.
  std::array<std::map<InterfaceName, std::unique_ptr<Lane>>, 2> lanes_;
  Lane unpaced_;
  Pause common_;
  /// Pause and name of its group, by interface.
  std::map<InterfaceName, std::pair<Pause, InterfaceName>> grouped_;
  /// Lanes in which somebody waits, by when they may send.
  Lanes ready_;
  WaitingMap waiting_;
};

}  // namespace understudy::vrrp
