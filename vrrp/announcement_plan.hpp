// When a master announces its addresses again after the first time: once more after a delay, then
// at every refresh, and once more after it heard a lesser master (garp_master_*). Part of the
// machine: it says when; the packets of one such batch are paced by GarpSchedule.
#pragma once

#include <optional>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"
#include "vrrp/action.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// The announcements still to come of one master. Empty for a router that is not master.
class AnnouncementPlan {
 public:
  /// All addresses were announced at `now` on becoming master, or anew after a stall.
  void announced_all(const GarpTiming& timing, TimePoint now);
  /// Addresses were added and announced at `now`.
  void announced_some(const GarpTiming& timing, const std::vector<IpAddress>& addresses,
                      TimePoint now);
  /// A lesser master was heard at `now`, and all addresses were announced.
  void announced_over_lesser(const GarpTiming& timing, TimePoint now);

  /// What is due at `now`; the refresh is scheduled again.
  [[nodiscard]] std::vector<Announce> due(const GarpTiming& timing, TimePoint now);
  /// When due() has something; nullopt: never.
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  /// Mastership is lost: nothing is to come.
  void cancel() { *this = AnnouncementPlan{}; }

 private:
  std::optional<TimePoint> second_;
  /// What the second announcement is about; empty: all addresses.
  std::vector<IpAddress> second_only_;
  std::optional<TimePoint> refresh_;
  std::optional<TimePoint> over_lesser_;
};

}  // namespace understudy::vrrp
