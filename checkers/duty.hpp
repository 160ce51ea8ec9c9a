// What a check says of a real server besides whether it works: its weight, and what it is to do.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace understudy::checkers {

/// serve: take connections. drain: keep those it has, take no new ones. maintain: out of the table.
enum class Duty : std::uint8_t { serve, drain, maintain };

/// What a check says of a real server's weight. It means something only together with the weight
/// configured, which a reload may change.
class WeightWord {
 public:
  enum class Kind : std::uint8_t { add, set, percent };

  /// The configured weight.
  constexpr WeightWord() = default;
  constexpr WeightWord(Kind kind, std::int32_t value) : value_(value), kind_(kind) {}
  /// So much more than the configured weight; less if negative.
  [[nodiscard]] static constexpr WeightWord add(std::int32_t value) { return {Kind::add, value}; }
  /// So much, whatever is configured.
  [[nodiscard]] static constexpr WeightWord set(std::int32_t value) { return {Kind::set, value}; }
  /// A share of the configured weight; not 0 unless the share is.
  [[nodiscard]] static constexpr WeightWord percent(std::int32_t value) {
    return {Kind::percent, value};
  }

  /// What it adds to the configured weight, at most what an int holds.
  [[nodiscard]] constexpr std::int64_t addition(std::int64_t configured) const {
    switch (kind_) {
      case Kind::add:
        break;
      case Kind::set:
        return value_ - configured;
      case Kind::percent: {
        const std::int64_t least = value_ > 0 && configured > 0 ? 1 : 0;
        const std::int64_t share = std::max(configured * value_ / 100, least);
        return std::min<std::int64_t>(share, std::numeric_limits<std::int32_t>::max()) - configured;
      }
    }
    return value_;
  }

  [[nodiscard]] constexpr Kind kind() const { return kind_; }
  [[nodiscard]] constexpr std::int32_t value() const { return value_; }
  constexpr bool operator==(const WeightWord&) const = default;

 private:
  std::int32_t value_ = 0;
  Kind kind_ = Kind::add;
};

}  // namespace understudy::checkers
