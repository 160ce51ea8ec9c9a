// Numbers nobody can guess.
#pragma once

#include <sys/random.h>

#include <type_traits>

namespace understudy::checkers {

/// A number from the kernel's random source, so that whoever is not on the way to a server cannot
/// answer in its place.
template <typename Number>
[[nodiscard]] Number random_number() {
  static_assert(std::is_unsigned_v<Number>);
  Number number = 0;
  // Small requests are neither cut short nor interrupted (getrandom(2)).
  if (getrandom(&number, sizeof number, 0) < 0) return 0;
  return number;
}

}  // namespace understudy::checkers
