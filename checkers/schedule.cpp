#include "checkers/schedule.hpp"

#include <utility>

namespace understudy::checkers {

bool Schedule::Waiting::before(const Waiting& other) const {
  if (when != other.when) return when < other.when;
  return static_cast<std::int32_t>(whose->turn_ - other.whose->turn_) < 0;
}

void Schedule::put(std::uint32_t place, const Waiting& waiting) {
  heap_[place] = waiting;
  waiting.whose->place_ = place;
}

void Schedule::sift_up(std::uint32_t place, const Waiting& waiting) {
  while (place > 0) {
    const std::uint32_t above = (place - 1) / 2;
    if (!waiting.before(heap_[above])) break;
    put(std::exchange(place, above), heap_[above]);
  }
  put(place, waiting);
}

void Schedule::sift_down(std::uint32_t place, const Waiting& waiting) {
  for (;;) {
    std::uint32_t below = 2 * place + 1;
    if (below >= heap_.size()) break;
    if (below + 1 < heap_.size() && heap_[below + 1].before(heap_[below])) ++below;
    if (!heap_[below].before(waiting)) break;
    put(std::exchange(place, below), heap_[below]);
  }
  put(place, waiting);
}

void Schedule::arm(Appointment& appointment, TimePoint when) {
  if (appointment.place_ != Appointment::kNowhere) take_out(appointment.place_);
  appointment.turn_ = turns_++;
  heap_.push_back({});
  sift_up(static_cast<std::uint32_t>(heap_.size() - 1), {when, &appointment});
  wind();
}

void Schedule::disarm(Appointment& appointment) {
  if (appointment.place_ == Appointment::kNowhere) return;
  take_out(appointment.place_);
  wind();
}

void Schedule::take_out(std::uint32_t place) {
  heap_[place].whose->place_ = Appointment::kNowhere;
  const Waiting last = heap_.back();
  heap_.pop_back();
  if (place == heap_.size()) return;
  if (place > 0 && last.before(heap_[(place - 1) / 2])) {
    sift_up(place, last);
  } else {
    sift_down(place, last);
  }
}

void Schedule::wind() {
  if (heap_.empty()) return timer_.disarm();
  if (timer_.deadline() != heap_.front().when) timer_.arm(heap_.front().when);
}

void Schedule::keep_first() {
  Appointment& first = *heap_.front().whose;
  take_out(0);
  wind();
  first.on_due();
}

}  // namespace understudy::checkers
