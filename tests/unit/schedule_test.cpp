// Many appointments behind one timer, against a plain list of them.
#include "checkers/schedule.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;

struct Note : Appointment {
  explicit Note(std::vector<const Note*>& kept) : kept_(kept) {}
  void on_due() override {
    kept_.push_back(this);
    when.reset();
  }
  std::vector<const Note*>& kept_;
  std::optional<TimePoint> when;
};

void run_until_quiet(Loop& loop) {
  for (int turn = 0; turn < 1000; ++turn) loop.run_once(0s);
}

}  // namespace

TEST_CASE("appointments are kept in the order of their times, each once", "[schedule]") {
  std::mt19937 dice(7);
  Loop loop;
  Schedule schedule(loop);
  std::vector<const Note*> kept;
  std::vector<std::unique_ptr<Note>> notes;
  for (int i = 0; i < 200; ++i) notes.push_back(std::make_unique<Note>(kept));
  // All in the past or far away: nothing depends on how fast this runs.
  const auto past = [&] { return TimePoint(Duration(dice() % 1000)); };
  for (int step = 0; step < 2000; ++step) {
    Note& note = *notes[dice() % notes.size()];
    switch (dice() % 4) {
      case 0:
        schedule.disarm(note);
        note.when.reset();
        break;
      case 1:
        note.when = loop.now() + 1h;
        schedule.arm(note, *note.when);
        break;
      default:
        note.when = past();
        schedule.arm(note, *note.when);
    }
  }
  std::vector<TimePoint> due;
  for (const auto& note : notes) {
    if (note->when && *note->when < loop.now()) due.push_back(*note->when);
  }
  REQUIRE(due.size() > 50);
  std::ranges::sort(due);
  std::vector<std::pair<const Note*, TimePoint>> times;
  for (const auto& note : notes) times.emplace_back(note.get(), note->when.value_or(TimePoint{}));
  run_until_quiet(loop);
  std::vector<TimePoint> order;
  for (const Note* note : kept) {
    order.push_back(std::ranges::find(times, note, &decltype(times)::value_type::first)->second);
  }
  CHECK(order == due);
}

TEST_CASE("appointments for the same time are kept in the order they were made", "[schedule]") {
  Loop loop;
  Schedule schedule(loop);
  std::vector<const Note*> kept;
  std::vector<std::unique_ptr<Note>> notes;
  std::vector<const Note*> made;
  for (int i = 0; i < 100; ++i) {
    made.push_back(notes.emplace_back(std::make_unique<Note>(kept)).get());
    schedule.arm(*notes.back(), TimePoint{});
  }
  schedule.arm(*notes[10], TimePoint{});
  std::rotate(made.begin() + 10, made.begin() + 11, made.end());
  run_until_quiet(loop);
  CHECK(kept == made);
}

TEST_CASE("an appointment may be made again, and others dropped, while one is kept", "[schedule]") {
  struct Chain : Appointment {
    Chain(Schedule& its_schedule, Appointment& its_other)
        : schedule(its_schedule), other(its_other) {}
    void on_due() override {
      schedule.disarm(other);
      if (++count < 3) schedule.arm(*this, TimePoint{});
    }
    Schedule& schedule;
    Appointment& other;
    int count = 0;
  };
  Loop loop;
  Schedule schedule(loop);
  std::vector<const Note*> kept;
  Note note(kept);
  Chain chain(schedule, note);
  schedule.arm(chain, TimePoint{});
  schedule.arm(note, TimePoint{} + 1us);
  run_until_quiet(loop);
  CHECK(chain.count == 3);
  CHECK(kept.empty());
}

}  // namespace understudy::checkers
