// Which virtual servers of a text are, word for word, those of the text before it: at a reload of
// thousands with one change the others need not be read again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/role_text.hpp"

namespace understudy {

/// The pass of virtual servers.
inline constexpr parser::Pass kVirtualServers{parser::Stage::checkers, true};

/// What two texts have in common; both must outlive it.
class Reuse {
 public:
  /// Of a unit in whose place nothing can be kept.
  static constexpr std::uint32_t kNone = 0xffffffff;

  /// `places`: for each unit of `before` that has virtual servers, the index of the one it has, or
  /// kNone. nullopt: what is not a virtual server is not the same, or what virtual servers refer to
  /// is among it; all of `now` has to be read.
  [[nodiscard]] static std::optional<Reuse> of(const ReadText& before,
                                               std::span<const std::uint32_t> places,
                                               const ReadText& now);

  /// Where the virtual server of a unit of `now` was before; nullopt: it was not, or not so.
  [[nodiscard]] std::optional<std::uint32_t> place_of(const parser::Unit& unit) const;

 private:
  struct Known {
    parser::LineRange lines;
    std::uint32_t place = kNone;
  };
  Reuse(const ReadText& before, const ReadText& now) : before_(&before), now_(&now) {}

  const ReadText* before_;
  const ReadText* now_;
  /// By their first line.
  std::unordered_map<std::string_view, Known> known_;
};

}  // namespace understudy
