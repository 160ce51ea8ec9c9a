#include "ipvs/attributes.hpp"

#include <linux/ip_vs.h>

namespace understudy::ipvs {

std::optional<Parsed> parse(ByteView attributes, Policy policy) {
  // libnl takes what it reads as not constant, but does not write to it.
  auto* first = reinterpret_cast<nlattr*>(const_cast<std::uint8_t*>(attributes.data()));
  return Parsed::from(first, static_cast<int>(attributes.size()), policy);
}

std::optional<Parsed> parse_nested(ByteView attributes, int type, Policy policy) {
  std::array<nla_policy, IPVS_CMD_ATTR_MAX + 1> outer_policy{};
  outer_policy[IPVS_CMD_ATTR_SERVICE] = kNest;
  outer_policy[IPVS_CMD_ATTR_DEST] = kNest;
  outer_policy[IPVS_CMD_ATTR_DAEMON] = kNest;
  const auto outer = parse(attributes, outer_policy);
  if (!outer || !outer->has(static_cast<std::size_t>(type))) return std::nullopt;
  auto* nest = outer->nest(static_cast<std::size_t>(type));
  return Parsed::from(static_cast<nlattr*>(nla_data(nest)), nla_len(nest), policy);
}

}  // namespace understudy::ipvs
