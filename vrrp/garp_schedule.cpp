#include "vrrp/garp_schedule.hpp"

#include <algorithm>
#include <utility>

namespace understudy::vrrp {

GarpSchedule::GarpSchedule(Duration arp_interval, Duration na_interval) {
  lanes_[0].interval = arp_interval;
  lanes_[1].interval = na_interval;
}

void GarpSchedule::queue(const std::vector<Announcement>& announcements, unsigned repeat,
                         TimePoint now) {
  if (repeat == 0) return;
  for (const Announcement& announcement : announcements) {
    Lane& lane = lanes_[announcement.address.is_v6() ? 1 : 0];
    // An idle lane may send at once, but not sooner after its last packet than its interval.
    if (lane.order.empty()) lane.next = std::max(lane.next, now);
    const auto [position, is_new] = lane.left.try_emplace(announcement, repeat);
    if (is_new) {
      lane.order.push_back(announcement);
    } else {
      position->second = std::max(position->second, repeat);
    }
  }
}

std::vector<Announcement> GarpSchedule::due(TimePoint now, std::size_t limit) {
  std::vector<Announcement> taken;
  for (Lane& lane : lanes_) take(lane, now, limit, taken);
  return taken;
}

void GarpSchedule::take(Lane& lane, TimePoint now, std::size_t limit,
                        std::vector<Announcement>& taken) {
  while (!lane.order.empty() && lane.next <= now && taken.size() < limit) {
    Announcement announcement = std::move(lane.order.front());
    lane.order.pop_front();
    const auto position = lane.left.find(announcement);
    if (--position->second == 0) {
      lane.left.erase(position);
    } else {
      lane.order.push_back(announcement);
    }
    taken.push_back(std::move(announcement));
    // Late or not, the next one keeps its distance: what was missed is not made up for in a burst.
    lane.next = lane.interval.count() > 0 ? now + lane.interval : lane.next;
  }
}

std::optional<TimePoint> GarpSchedule::deadline() const {
  std::optional<TimePoint> first;
  for (const Lane& lane : lanes_) {
    if (lane.order.empty()) continue;
    if (!first || lane.next < *first) first = lane.next;
  }
  return first;
}

void GarpSchedule::cancel() {
  for (Lane& lane : lanes_) {
    lane.order.clear();
    lane.left.clear();
  }
}

}  // namespace understudy::vrrp
