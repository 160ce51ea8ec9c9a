// A point in time or none, for what there are thousands of.
#pragma once

#include <optional>

#include "daemon/base/types.hpp"

namespace understudy {

/// Like an optional TimePoint, in the room of one.
class Deadline {
 public:
  constexpr Deadline() = default;
  // Implicit on purpose: what takes one takes a point in time, or none.
  constexpr Deadline(TimePoint when) : when_(when) {}  // NOLINT(google-explicit-constructor)
  constexpr Deadline(std::optional<TimePoint> when)    // NOLINT(google-explicit-constructor)
      : when_(when.value_or(TimePoint::max())) {}
  constexpr explicit operator bool() const { return when_ != TimePoint::max(); }
  /// Of none: later than any.
  constexpr TimePoint operator*() const { return when_; }
  constexpr void reset() { when_ = TimePoint::max(); }
  [[nodiscard]] constexpr std::optional<TimePoint> optional() const {
    return *this ? std::optional(when_) : std::nullopt;
  }
  constexpr bool operator==(const Deadline&) const = default;

 private:
  TimePoint when_ = TimePoint::max();
};

}  // namespace understudy
