// How often a thing that somebody keeps deleting is put back.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"

namespace understudy::vrrp {

/// Per thing: the first time at once; lost again soon, only after a wait that doubles from
/// kShortest to kLongest, until it has stayed for twice that wait. So a network manager that clears
/// an interface costs nothing, and one that fights for ever costs a line a minute. Things that are
/// never lost take no room.
template <typename Thing>
class RestoreLimitOf {
 public:
  static constexpr Duration kShortest = std::chrono::seconds(1);
  static constexpr Duration kLongest = std::chrono::seconds(60);

  /// The thing is gone. True: put it back now. False: due() will have it.
  [[nodiscard]] bool lost(const Thing& thing, TimePoint now) {
    if (!entries_) entries_ = std::make_unique<Entries>();
    const auto [position, is_new] = entries_->try_emplace(thing);
    Entry& entry = position->second;
    if (entry.waiting) return false;
    if (is_new || now - entry.restored >= 2 * entry.wait) {
      entry = Entry{now};
      return true;
    }
    entry.waiting = true;
    return false;
  }

  /// Things whose wait is over.
  [[nodiscard]] std::vector<Thing> due(TimePoint now) {
    std::vector<Thing> things;
    if (!entries_) return things;
    for (auto& [thing, entry] : *entries_) {
      if (!entry.waiting || entry.restored + entry.wait > now) continue;
      entry = Entry{now, std::min(2 * entry.wait, kLongest)};
      things.push_back(thing);
    }
    return things;
  }

  [[nodiscard]] std::optional<TimePoint> deadline() const {
    std::optional<TimePoint> first;
    if (!entries_) return first;
    for (const auto& [thing, entry] : *entries_) {
      if (!entry.waiting) continue;
      const TimePoint due = entry.restored + entry.wait;
      if (!first || due < *first) first = due;
    }
    return first;
  }

  void clear() { entries_.reset(); }

 private:
  struct Entry {
    TimePoint restored;
    Duration wait = kShortest;
    bool waiting = false;
  };
  using Entries = std::map<Thing, Entry>;
  std::unique_ptr<Entries> entries_;
};

using RestoreLimit = RestoreLimitOf<IpAddress>;

}  // namespace understudy::vrrp
