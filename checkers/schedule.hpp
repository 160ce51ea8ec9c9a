// When things are due, for tens of thousands of checks: one timer of the loop serves them all, and
// each costs 16 octets while it waits.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "daemon/base/loop.hpp"

namespace understudy::checkers {

class Schedule;

/// Something that waits for a time. Not copyable: the schedule knows where it is.
class Appointment {
 public:
  Appointment() = default;
  Appointment(const Appointment&) = delete;
  Appointment& operator=(const Appointment&) = delete;
  virtual ~Appointment() = default;
  /// It is due; it waits no more until it is armed again.
  virtual void on_due() = 0;

 private:
  friend class Schedule;
  static constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t place_ = kNowhere;
  /// Which of those for the same time is first; it wraps around.
  std::uint32_t turn_ = 0;
};

/// Appointments by time. One is kept per wake-up of the timer, so that the loop decides what comes
/// between two of them. It outlives what waits in it.
class Schedule {
 public:
  explicit Schedule(Loop& loop) : timer_(loop, [this] { keep_first(); }) {}
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;

  /// It is due once at `when`, after those that were armed for the same time before; replaces an
  /// earlier time.
  void arm(Appointment& appointment, TimePoint when);
  /// It waits no more.
  void disarm(Appointment& appointment);

 private:
  struct Waiting {
    TimePoint when;
    Appointment* whose = nullptr;
    [[nodiscard]] bool before(const Waiting& other) const;
  };

  void keep_first();
  void put(std::uint32_t place, const Waiting& waiting);
  /// Where `waiting` belongs, beginning at a place that is free: what is in its way moves there.
  void sift_up(std::uint32_t place, const Waiting& waiting);
  void sift_down(std::uint32_t place, const Waiting& waiting);
  void take_out(std::uint32_t place);
  /// The timer follows the first.
  void wind();

  /// A binary heap.
  std::vector<Waiting> heap_;
  std::uint32_t turns_ = 0;
  Timer timer_;
};

}  // namespace understudy::checkers
