// Random numbers of a run; the same on every platform, unlike std's distributions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "daemon/base/types.hpp"

namespace understudy::vrrp::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// 0 … limit - 1.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
  bool one_in(std::size_t odds) { return below(odds) == 0; }
  bool percent(unsigned chance) { return chance > 0 && below(100) < chance; }
  Duration between(Duration low, Duration high) {
    const auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
    return low + Duration(static_cast<std::int64_t>(engine_() % span));
  }
  template <typename T>
  const T& of(const std::vector<T>& values) {
    return values[below(values.size())];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace understudy::vrrp::simulation
