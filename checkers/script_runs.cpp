#include "checkers/script_runs.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace understudy::checkers {

ScriptRuns::ScriptRuns(std::string prefix, Send send)
    : prefix_(std::move(prefix)), send_(std::move(send)) {}

ScriptRuns::Place ScriptRuns::open(Done done) {
  auto free =
      std::ranges::find_if(slots_, [](const Slot& slot) { return !slot.open && !slot.running; });
  if (free == slots_.end()) free = slots_.emplace(slots_.end());
  *free = Slot{};
  free->done = std::move(done);
  free->open = true;
  return static_cast<Place>(free - slots_.begin());
}

void ScriptRuns::run(Place place, const ScriptCommand& command, Duration timeout) {
  using Microseconds = std::chrono::microseconds;
  TrackScriptRun wanted;
  wanted.name = prefix_ + std::to_string(place);
  wanted.command = command;
  wanted.timeout_us =
      static_cast<std::uint64_t>(std::chrono::duration_cast<Microseconds>(timeout).count());
  Slot& slot = slots_.at(place);
  if (slot.running) {
    slot.next = std::move(wanted);
  } else {
    send(place, wanted);
  }
}

void ScriptRuns::send(Place place, const TrackScriptRun& run) {
  slots_[place].running = true;
  slots_[place].abandoned = false;
  send_(run);
}

void ScriptRuns::abandon(Place place) {
  Slot& slot = slots_.at(place);
  slot.abandoned = slot.running;
  slot.next = {};
}

void ScriptRuns::close(Place place) {
  abandon(place);
  slots_[place].open = false;
  slots_[place].done = nullptr;
}

void ScriptRuns::on_result(const TrackScriptResult& result) {
  const std::string_view name = result.name;
  if (!name.starts_with(prefix_)) return;
  Place place = 0;
  const auto digits = name.substr(prefix_.size());
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), place);
  if (read.ec != std::errc() || place >= slots_.size() || !slots_[place].running) return;
  Slot& slot = slots_[place];
  slot.running = false;
  if (slot.abandoned) {
    if (!slot.next.command.argv.empty()) send(place, std::exchange(slot.next, {}));
  } else if (slot.done) {
    // It may open further places.
    const Done done = slot.done;
    done(result.end, result.code);
  }
}

}  // namespace understudy::checkers
