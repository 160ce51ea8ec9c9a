// How often an address that somebody keeps deleting is put back.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"

namespace understudy::vrrp {

/// Per address: the first time at once; lost again soon, only after a wait that doubles from
/// kShortest to kLongest, until the address has stayed for twice that wait. So a network manager
/// that clears an interface costs nothing, and one that fights for ever costs a line a minute.
class RestoreLimit {
 public:
  static constexpr Duration kShortest = std::chrono::seconds(1);
  static constexpr Duration kLongest = std::chrono::seconds(60);

  /// The address is gone. True: put it back now. False: due() will have it.
  [[nodiscard]] bool lost(const IpAddress& address, TimePoint now);
  /// Addresses whose wait is over.
  [[nodiscard]] std::vector<IpAddress> due(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    TimePoint restored;
    Duration wait = kShortest;
    bool waiting = false;
  };
  std::map<IpAddress, Entry> entries_;
};

}  // namespace understudy::vrrp
