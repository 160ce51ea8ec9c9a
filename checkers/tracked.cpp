#include "checkers/tracked.hpp"

#include <algorithm>
#include <limits>

namespace understudy::checkers {

CheckState file_state(const FileCheck& check, std::int64_t number) {
  using Limits = std::numeric_limits<std::int32_t>;
  CheckState state;
  if (check.weight == 0) {
    state.up = (number == 0) != check.reverse;
    return state;
  }
  // Neither factor has more than 32 bits.
  const std::int64_t weight = number * check.weight * (check.reverse ? -1 : 1);
  state.up = weight > Limits::min();
  if (state.up) {
    state.weight =
        WeightWord::add(static_cast<std::int32_t>(std::min<std::int64_t>(weight, Limits::max())));
  }
  return state;
}

}  // namespace understudy::checkers
