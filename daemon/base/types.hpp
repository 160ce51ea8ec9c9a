// Strong types and the small vocabulary every folder shares.
//
// base/ is the ground floor: it includes nothing else of this project. It may not know what VRRP,
// IPVS or a configuration file is. Start with types.hpp, then loop.hpp.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace understudy {

/// The only clock deadlines are measured with: CLOCK_MONOTONIC, the same in every process of a
/// boot, so a time point may be kept in shared memory.
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

/// A value of type T that cannot be mixed up with another quantity of the same type.
template <typename Tag, typename T>
class Strong {
 public:
  using value_type = T;
  constexpr Strong() = default;
  constexpr explicit Strong(T value) : value_(value) {}
  [[nodiscard]] constexpr T value() const { return value_; }
  constexpr auto operator<=>(const Strong&) const = default;

 private:
  T value_{};
};

/// Virtual router identifier, 1..255 (RFC 3768 section 5.3.3). 0 means "not configured".
using VirtualRouterId = Strong<struct VirtualRouterIdTag, std::uint8_t>;
/// VRRP priority, 1..255; 255 is the address owner, 0 on the wire means "leaving" (RFC 3768 5.3.4).
using Priority = Strong<struct PriorityTag, std::uint8_t>;
/// Kernel interface index; 0 means "no interface".
using InterfaceIndex = Strong<struct InterfaceIndexTag, std::uint32_t>;
/// Port in host byte order; 0 means "any" or "not configured".
using Port = Strong<struct PortTag, std::uint16_t>;

inline constexpr Priority kOwnerPriority{255};
inline constexpr Priority kLeavingPriority{0};

/// State of a virtual router (RFC 3768 section 6.4; fault and stop are keepalived's).
enum class RouterState : std::uint8_t { init, backup, master, fault, stop };

}  // namespace understudy
