// When a master announces its addresses again after the first time: once more after a delay, then
// at every refresh, once more after it heard a lesser master (garp_master_*), and now and then on
// its further interfaces (garp_extra_if). Part of the machine: it says when; the packets of one
// such batch are paced by GarpSchedule.
#pragma once

#include <optional>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/deadline.hpp"
#include "daemon/base/rare.hpp"
#include "daemon/base/types.hpp"
#include "vrrp/action.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// The announcements still to come of one master. Empty, and no larger than a pointer, for a router
/// that has none to come.
class AnnouncementPlan {
 public:
  /// All addresses were announced at `now` on becoming master, or anew after a stall.
  void announced_all(const InstanceConfig& config, TimePoint now);
  /// Addresses were added and announced at `now`.
  void announced_some(const InstanceConfig& config, const std::vector<IpAddress>& addresses,
                      TimePoint now);
  /// A lesser master was heard at `now`, and all addresses were announced.
  void announced_over_lesser(const InstanceConfig& config, TimePoint now);
  /// A reload of a master: what recurs begins, goes on, or ends as `config` says.
  void reconfigure(const InstanceConfig& config, TimePoint now);

  /// What is due at `now`: Announce and AnnounceInterfaces; what recurs is scheduled again.
  [[nodiscard]] Actions due(const InstanceConfig& config, TimePoint now);
  /// When due() has something; nullopt: never.
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  /// Mastership is lost: nothing is to come.
  void cancel() { *this = AnnouncementPlan{}; }

 private:
  struct Pending {
    Deadline second;
    /// What the second announcement is about; empty: all addresses.
    std::vector<IpAddress> second_only;
    Deadline refresh;
    Deadline over_lesser;
    /// Of the further interfaces.
    Deadline extra;
    bool operator==(const Pending&) const = default;
  };
  /// Nothing that is empty takes room.
  void store(Pending pending);

  Rare<Pending> pending_;
};

}  // namespace understudy::vrrp
