// What the page remembers of a route or rule we put: as much as it takes to delete it, also by a
// successor whose configuration knows nothing of it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "daemon/netlink/message.hpp"
#include "vrrp/routing_config.hpp"

namespace understudy::vrrp {

/// A prefix in a fixed room.
struct PrefixRecord {
  std::array<std::uint8_t, 16> address{};
  std::uint8_t length = 0;
};

/// A route.
struct RouteRecord {
  std::uint8_t ipv6 = 0;
  std::uint8_t type = 0;
  std::uint8_t tos = 0;
  std::uint8_t protocol = 0;
  std::uint8_t has_metric = 0;
  PrefixRecord destination;
  PrefixRecord source;
  std::uint32_t table = 0;
  std::uint32_t metric = 0;
};

/// A rule.
struct RuleRecord {
  std::uint8_t ipv6 = 0;
  std::uint8_t inverted = 0;
  std::uint8_t tos = 0;
  std::uint8_t protocol = 0;
  std::uint8_t action = 0;
  PrefixRecord from;
  PrefixRecord to;
  std::uint32_t preference = 0;
  std::uint32_t table = 0;
  std::array<char, 16> input_device{};
  std::array<char, 16> output_device{};
};

/// `table` is that of the route's VRF where it has one.
[[nodiscard]] RouteRecord record_of(const Route& route, std::uint32_t table);
[[nodiscard]] RuleRecord record_of(const Rule& rule);
/// The requests that take away what a record names.
[[nodiscard]] netlink::Message removal_of(const RouteRecord& record);
[[nodiscard]] netlink::Message removal_of(const RuleRecord& record);
/// Keys of the records of what has this identity_of().
[[nodiscard]] std::string route_key(std::uint64_t identity);
[[nodiscard]] std::string rule_key(std::uint64_t identity);
inline constexpr std::string_view kRouteKeyPrefix = "route ";
inline constexpr std::string_view kRuleKeyPrefix = "rule ";

}  // namespace understudy::vrrp
