#include "vrrp/announcement_plan.hpp"

#include <algorithm>
#include <chrono>

namespace understudy::vrrp {

void AnnouncementPlan::announced_all(const GarpTiming& timing, TimePoint now) {
  cancel();
  if (timing.delay.count() > 0) second_ = now + timing.delay;
  if (timing.refresh.count() > 0) refresh_ = now + timing.delay + timing.refresh;
}

void AnnouncementPlan::announced_some(const GarpTiming& timing,
                                      const std::vector<IpAddress>& addresses, TimePoint now) {
  if (timing.delay.count() == 0) return;
  // What is coming anyway is about all addresses; putting it off would harm the others.
  if (second_ && second_only_.empty()) return;
  second_ = now + timing.delay;
  second_only_.insert(second_only_.end(), addresses.begin(), addresses.end());
  std::sort(second_only_.begin(), second_only_.end());
  second_only_.erase(std::unique(second_only_.begin(), second_only_.end()), second_only_.end());
}

void AnnouncementPlan::announced_over_lesser(const GarpTiming& timing, TimePoint now) {
  if (timing.lower_prio_delay.count() == 0 || over_lesser_) return;
  over_lesser_ = now + timing.lower_prio_delay;
}

std::vector<Announce> AnnouncementPlan::due(const GarpTiming& timing, TimePoint now) {
  std::vector<Announce> announcements;
  const auto take = [now](std::optional<TimePoint>& deadline) {
    if (!deadline || *deadline > now) return false;
    deadline.reset();
    return true;
  };
  if (take(second_)) {
    announcements.push_back(Announce{timing.repeat, std::move(second_only_)});
    second_only_.clear();
  }
  if (take(over_lesser_)) announcements.push_back(Announce{timing.lower_prio_repeat, {}});
  if (take(refresh_)) {
    announcements.push_back(Announce{timing.refresh_repeat, {}});
    if (timing.refresh.count() > 0) refresh_ = now + timing.refresh;
  }
  std::erase_if(announcements, [](const Announce& announce) { return announce.repeat == 0; });
  return announcements;
}

std::optional<TimePoint> AnnouncementPlan::deadline() const {
  std::optional<TimePoint> first;
  for (const auto& candidate : {second_, refresh_, over_lesser_}) {
    if (candidate && (!first || *candidate < *first)) first = candidate;
  }
  return first;
}

}  // namespace understudy::vrrp
