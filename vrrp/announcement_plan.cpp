#include "vrrp/announcement_plan.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "vrrp/announcements.hpp"

namespace understudy::vrrp {
namespace {

/// Whether `deadline` has come; it is over then.
bool take(Deadline& deadline, TimePoint now) {
  if (!deadline || *deadline > now) return false;
  deadline.reset();
  return true;
}

/// A recurring deadline after a reload: one that still recurs keeps its time unless that is further
/// away than the new interval.
void follow(Deadline& deadline, Duration interval, TimePoint now) {
  if (interval.count() == 0) {
    deadline.reset();
  } else if (!deadline || *deadline > now + interval) {
    deadline = now + interval;
  }
}

}  // namespace

void AnnouncementPlan::store(Pending pending) {
  pending_ = pending == Pending{} ? Rare<Pending>() : Rare<Pending>(std::move(pending));
}

void AnnouncementPlan::announced_all(const InstanceConfig& config, TimePoint now) {
  const GarpTiming& timing = *config.garp;
  Pending pending;
  if (timing.delay.count() > 0) pending.second = now + timing.delay;
  if (timing.refresh.count() > 0) pending.refresh = now + timing.delay + timing.refresh;
  if (const auto extra = extra_interval(config); extra.count() > 0) {
    pending.extra = now + timing.delay + extra;
  }
  store(std::move(pending));
}

void AnnouncementPlan::announced_some(const InstanceConfig& config,
                                      const std::vector<IpAddress>& addresses, TimePoint now) {
  if (config.garp->delay.count() == 0) return;
  // What is coming anyway is about all addresses; putting it off would harm the others.
  if (pending_->second && pending_->second_only.empty()) return;
  Pending& pending = pending_.edit();
  pending.second = now + config.garp->delay;
  auto& only = pending.second_only;
  only.insert(only.end(), addresses.begin(), addresses.end());
  std::sort(only.begin(), only.end());
  only.erase(std::unique(only.begin(), only.end()), only.end());
}

void AnnouncementPlan::announced_over_lesser(const InstanceConfig& config, TimePoint now) {
  if (config.garp->lower_prio_delay.count() == 0 || pending_->over_lesser) return;
  pending_.edit().over_lesser = now + config.garp->lower_prio_delay;
}

void AnnouncementPlan::reconfigure(const InstanceConfig& config, TimePoint now) {
  Pending pending = *pending_;
  follow(pending.refresh, config.garp->refresh, now);
  follow(pending.extra, extra_interval(config), now);
  store(std::move(pending));
}

Actions AnnouncementPlan::due(const InstanceConfig& config, TimePoint now) {
  const auto first = deadline();
  if (!first || *first > now) return {};
  const GarpTiming& timing = *config.garp;
  Pending pending = *pending_;
  Actions actions;
  const auto announce = [&](unsigned repeat, std::vector<IpAddress> only) {
    if (repeat > 0) actions.emplace_back(Announce{repeat, std::move(only)});
  };
  if (take(pending.second, now)) announce(timing.repeat, std::exchange(pending.second_only, {}));
  if (take(pending.over_lesser, now)) announce(timing.lower_prio_repeat, {});
  if (take(pending.refresh, now)) {
    announce(timing.refresh_repeat, {});
    if (timing.refresh.count() > 0) pending.refresh = now + timing.refresh;
  }
  if (take(pending.extra, now)) {
    actions.emplace_back(AnnounceInterfaces{});
    if (const auto extra = extra_interval(config); extra.count() > 0) pending.extra = now + extra;
  }
  store(std::move(pending));
  return actions;
}

std::optional<TimePoint> AnnouncementPlan::deadline() const {
  Deadline first;
  for (const Deadline candidate :
       {pending_->second, pending_->refresh, pending_->over_lesser, pending_->extra}) {
    if (*candidate < *first) first = candidate;
  }
  return first.optional();
}

}  // namespace understudy::vrrp
