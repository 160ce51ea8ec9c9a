#include "vrrp/garp_schedule.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace understudy::vrrp {
namespace {

/// Until another look whether an announcement is ready.
constexpr std::chrono::microseconds kHoldUp(200);

}  // namespace

void GarpSchedule::Waiting::add(const Announcement& announcement, unsigned repeat) {
  if (turn_ > 0) {
    // What comes after the others comes before those that have had their turn.
    std::rotate(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(turn_),
                entries_.end());
    turn_ = 0;
    std::erase_if(entries_, [](const Entry& entry) { return entry.left == 0; });
  }
  entries_.push_back({announcement, true, repeat});
}

void GarpSchedule::Waiting::unite() {
  if (entries_.size() < 2) return;
  std::vector<Entry*> sorted;
  sorted.reserve(entries_.size());
  for (Entry& entry : entries_) sorted.push_back(&entry);
  std::ranges::stable_sort(
      sorted, {}, [](const Entry* entry) -> auto& { return entry->announcement; });
  Entry* kept = sorted.front();
  for (Entry* entry : std::span(sorted).subspan(1)) {
    if (entry->announcement != kept->announcement) {
      kept = entry;
      continue;
    }
    kept->left = std::max(kept->left, std::exchange(entry->left, 0));
    kept->first = true;
  }
  std::erase_if(entries_, [](const Entry& entry) { return entry.left == 0; });
}

bool GarpSchedule::Waiting::pop_front() {
  Entry& entry = entries_[turn_++];
  --entry.left;
  const bool first = std::exchange(entry.first, false);
  if (turn_ == entries_.size()) {
    turn_ = 0;
    std::erase_if(entries_, [](const Entry& sent) { return sent.left == 0; });
  }
  return first;
}

void GarpSchedule::configure(const Pause& common, const std::vector<GarpGroup>& groups) {
  common_ = common;
  grouped_.clear();
  for (const GarpGroup& group : groups) {
    if (group.interfaces.empty()) continue;
    const Pause pause{group.garp_interval.value_or(std::chrono::microseconds(0)),
                      group.gna_interval.value_or(std::chrono::microseconds(0))};
    for (const std::string& interface : group.interfaces) {
      grouped_[interface] = {pause, group.interfaces.front()};
    }
  }
}

GarpSchedule::Lane& GarpSchedule::lane_of(const Announcement& announcement) {
  const auto group = grouped_.find(announcement.base);
  const Pause& pause = group == grouped_.end() ? common_ : group->second.first;
  const InterfaceName& name = group == grouped_.end() ? announcement.base : group->second.second;
  const bool v6 = announcement.address.is_v6();
  const Duration least = v6 ? pause.na : pause.arp;
  if (least.count() == 0) return unpaced_;
  auto& lane = lanes_[v6 ? 1 : 0][name];
  if (!lane) lane = std::make_unique<Lane>();
  lane->pause = least;
  return *lane;
}

void GarpSchedule::schedule(Lane& lane, TimePoint when) {
  lane.next = when;
  ready_.emplace(when, &lane);
}

void GarpSchedule::queue(Owner owner, const std::vector<Announcement>& announcements,
                         unsigned repeat, TimePoint now) {
  if (repeat == 0) return;
  std::set<Waiting*> touched;
  for (const Announcement& announcement : announcements) {
    Lane& lane = lane_of(announcement);
    // An idle lane may send at once, but not sooner after its last packet than its pause.
    if (lane.owners == 0) schedule(lane, std::max(lane.next, now));
    const auto [position, first] = waiting_.try_emplace({owner, &lane});
    if (first) {
      ++lane.owners;
      lane.turns.push_back(owner);
    }
    position->second.add(announcement, repeat);
    touched.insert(&position->second);
  }
  for (Waiting* waiting : touched) waiting->unite();
}

GarpSchedule::WaitingMap::iterator GarpSchedule::next(Lane& lane) {
  for (;;) {
    const auto found = waiting_.find({lane.turns.front(), &lane});
    if (found != waiting_.end()) return found;
    lane.turns.pop_front();
  }
}

GarpSchedule::Due GarpSchedule::take(Lane& lane) {
  const auto found = next(lane);
  lane.turns.pop_front();
  Waiting& waiting = found->second;
  Due due{found->first.first, waiting.front(), false};
  due.first = waiting.pop_front();
  if (waiting.empty()) {
    waiting_.erase(found);
    --lane.owners;
  } else {
    lane.turns.push_back(due.owner);
  }
  return due;
}

std::vector<GarpSchedule::Due> GarpSchedule::due(TimePoint now, std::size_t limit,
                                                 const Ready& ready) {
  std::vector<Due> taken;
  while (!ready_.empty() && ready_.begin()->first <= now && taken.size() < limit) {
    Lane& lane = *ready_.begin()->second;
    ready_.erase(ready_.begin());
    const bool paced = lane.pause.count() > 0;
    bool held_up = false;
    bool more = true;
    while (more) {
      held_up = ready && !ready(next(lane)->second.front());
      if (!held_up) taken.push_back(take(lane));
      more = !held_up && !paced && lane.owners > 0 && taken.size() < limit;
    }
    if (held_up) {
      lane.next = now + kHoldUp;
    } else if (paced) {
      // Late or not, the next one keeps its distance: what was missed is not made up for in a
      // burst.
      lane.next = now + lane.pause;
    }
    if (lane.owners > 0) schedule(lane, lane.next);
  }
  return taken;
}

std::optional<TimePoint> GarpSchedule::deadline() const {
  if (ready_.empty()) return std::nullopt;
  return ready_.begin()->first;
}

void GarpSchedule::cancel(Owner owner) {
  auto position = waiting_.lower_bound({owner, nullptr});
  while (position != waiting_.end() && position->first.first == owner) {
    Lane& lane = *position->first.second;
    position = waiting_.erase(position);
    if (--lane.owners > 0) continue;
    lane.turns.clear();
    ready_.erase({lane.next, &lane});
  }
}

}  // namespace understudy::vrrp
