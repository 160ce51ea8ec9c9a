#include "vrrp/script_state.hpp"

#include <algorithm>
#include <utility>

namespace understudy::vrrp {
namespace {

/// How often a script must fail from its best score until it is down, and succeed until it is up.
unsigned best_score(const TrackScript& config) { return config.rise + config.fall - 1; }

bool count_success(const TrackScript& config, ScriptState& state) {
  const bool was_up = state.known && state.score >= config.rise;
  const bool first = !std::exchange(state.known, true);
  if (state.score + 1 < config.rise) {
    ++state.score;
    return first;
  }
  state.score = best_score(config);
  return !was_up;
}

bool count_failure(const TrackScript& config, ScriptState& state) {
  const bool first = !std::exchange(state.known, true);
  if (state.score > config.rise) {
    --state.score;
    return first;
  }
  const bool was_up = state.score == config.rise;
  state.score = 0;
  return was_up || first;
}

}  // namespace

ScriptHealth health(const TrackScript& config, const ScriptState& state) {
  if (!state.known) return state.presumed_up ? ScriptHealth::presumed_up : ScriptHealth::pending;
  return state.score >= config.rise ? ScriptHealth::up : ScriptHealth::down;
}

ScriptState initial_state(const TrackScript& config, bool at_reload) {
  if (config.init_fail) return ScriptState{0, true, false, 0, false};
  // One success is enough the first time.
  return ScriptState{config.rise - 1, false, at_reload, 0, false};
}

ScriptState rescaled(const ScriptState& state, const TrackScript& before,
                     const TrackScript& after) {
  ScriptState result = state;
  if (state.score == best_score(before)) {
    result.score = best_score(after);
  } else if (state.score >= before.rise) {
    result.score = std::min(after.rise + (state.score - before.rise), best_score(after));
  } else if (state.score > 0) {
    const unsigned missing = before.rise - state.score;
    result.score = after.rise > missing ? after.rise - missing : 0;
  }
  return result;
}

ScriptState adopted(const TrackScript& config, const ScriptState& state) {
  ScriptState result = state;
  result.score = std::min(state.score, best_score(config));
  return result;
}

bool count(const TrackScript& config, const ScriptResult& result, ScriptState& state) {
  return result.success() ? count_success(config, state) : count_failure(config, state);
}

}  // namespace understudy::vrrp
