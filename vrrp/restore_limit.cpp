#include "vrrp/restore_limit.hpp"

#include <algorithm>

namespace understudy::vrrp {

bool RestoreLimit::lost(const IpAddress& address, TimePoint now) {
  const auto [position, is_new] = entries_.try_emplace(address);
  Entry& entry = position->second;
  if (entry.waiting) return false;
  if (is_new || now - entry.restored >= 2 * entry.wait) {
    entry = Entry{now};
    return true;
  }
  entry.waiting = true;
  return false;
}

std::vector<IpAddress> RestoreLimit::due(TimePoint now) {
  std::vector<IpAddress> addresses;
  for (auto& [address, entry] : entries_) {
    if (!entry.waiting || entry.restored + entry.wait > now) continue;
    entry = Entry{now, std::min(2 * entry.wait, kLongest)};
    addresses.push_back(address);
  }
  return addresses;
}

std::optional<TimePoint> RestoreLimit::deadline() const {
  std::optional<TimePoint> first;
  for (const auto& [address, entry] : entries_) {
    if (!entry.waiting) continue;
    const TimePoint due = entry.restored + entry.wait;
    if (!first || due < *first) first = due;
  }
  return first;
}

}  // namespace understudy::vrrp
