#include "vrrp/link_delays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace understudy::vrrp {

LinkNews LinkDelays::configure(const std::vector<InterfaceDelay>& delays, TimePoint now) {
  LinkNews news;
  auto before = std::exchange(states_, {});
  for (const InterfaceDelay& delay : delays) {
    if (delay.down.count() == 0 && delay.up.count() == 0) continue;
    State& state = states_[delay.interface];
    const auto known = before.find(delay.interface);
    if (known != before.end()) {
      state = known->second;
      before.erase(known);
    }
    state.down = delay.down;
    state.up = delay.up;
    // A delay that has become shorter does not wait for the longer one.
    if (state.change_at) {
      state.change_at = std::min(*state.change_at, now + (state.told ? state.down : state.up));
    }
  }
  for (const auto& [interface, state] : before) {
    if (state.change_at) news.changes.push_back({interface, !state.told});
  }
  return news;
}

LinkNews LinkDelays::observe(const std::string& interface, bool up, TimePoint now) {
  const auto found = states_.find(interface);
  if (found == states_.end()) return {{{interface, up}}, {}};
  State& state = found->second;
  if (up == state.told) {
    if (!std::exchange(state.change_at, std::nullopt)) return {};
    return {{}, {fmt::format("Delay timer for {} cancelled", interface)}};
  }
  if (state.change_at) return {};
  const Duration delay = up ? state.up : state.down;
  if (state.seen_up && delay > Duration::zero()) {
    state.change_at = now + delay;
    const auto length = std::chrono::duration_cast<std::chrono::microseconds>(delay);
    return {{},
            {fmt::format("{}: Adding flags change to {} delay by {}", interface, up ? "up" : "down",
                         length.count())}};
  }
  state.told = up;
  state.seen_up = state.seen_up || up;
  return {{{interface, up}}, {}};
}

LinkNews LinkDelays::vanished(const std::string& interface) {
  const auto found = states_.find(interface);
  if (found != states_.end()) {
    State& state = found->second;
    state.told = state.seen_up = false;
    state.change_at.reset();
  }
  return {{{interface, false}}, {}};
}

std::optional<bool> LinkDelays::told(const std::string& interface) const {
  const auto found = states_.find(interface);
  if (found == states_.end()) return std::nullopt;
  return found->second.told;
}

std::optional<TimePoint> LinkDelays::deadline() const {
  std::optional<TimePoint> first;
  for (const auto& [interface, state] : states_) {
    if (state.change_at && (!first || *state.change_at < *first)) first = state.change_at;
  }
  return first;
}

LinkNews LinkDelays::expire(TimePoint now) {
  LinkNews news;
  for (auto& [interface, state] : states_) {
    if (!state.change_at || *state.change_at > now) continue;
    state.change_at.reset();
    state.told = !state.told;
    news.changes.push_back({interface, state.told});
  }
  return news;
}

}  // namespace understudy::vrrp
