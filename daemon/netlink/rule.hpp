// A routing policy rule as the kernel describes it (linux/fib_rules.h, RTM_*RULE).
#pragma once

#include <linux/fib_rules.h>

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/address.hpp"
#include "daemon/base/routing.hpp"
#include "daemon/netlink/message.hpp"

namespace understudy::netlink {

/// FRA_FWMARK with FRA_FWMASK.
struct RuleMark {
  static constexpr std::uint32_t kAllBits = 0xffffffff;
  std::uint32_t mark = 0;
  std::uint32_t mask = kAllBits;
  bool operator==(const RuleMark&) const = default;
};

/// A rule, in the one form each has: equal rules are the same rule to the kernel.
struct Rule {
  Family family = Family::ipv4;
  /// FIB_RULE_INVERT.
  bool inverted = false;
  /// Empty: any; never of length 0.
  Prefix from;
  Prefix to;
  std::string input_interface;
  std::string output_interface;
  std::uint8_t tos = 0;
  std::optional<RuleMark> mark;
  std::optional<NumberRange<std::uint32_t>> users;
  /// 0: any.
  std::uint8_t ip_protocol = 0;
  std::optional<NumberRange<std::uint16_t>> source_ports;
  std::optional<NumberRange<std::uint16_t>> destination_ports;
  /// 0: any.
  std::uint64_t tunnel_id = 0;
  std::uint32_t preference = 0;
  /// FR_ACT_TO_TBL …
  std::uint8_t action = FR_ACT_UNSPEC;
  /// 0: none.
  std::uint32_t table = 0;
  bool l3mdev = false;
  /// 0: none.
  std::uint32_t goto_target = 0;
  std::optional<std::uint32_t> suppress_prefix_length;
  std::optional<std::uint32_t> suppress_group;
  /// 0: none.
  std::uint32_t realms = 0;
  std::uint8_t protocol = 0;
  bool operator==(const Rule&) const = default;
};

/// RTM_NEWRULE or RTM_DELRULE.
struct RuleMessage {
  bool removed = false;
  Rule rule;
  /// As in AddressMessage.
  std::uint32_t origin_port = 0;
};

/// Puts a rule; EEXIST when it is there.
[[nodiscard]] Message add_rule(const Rule& rule);
/// Takes it away; ENOENT when it is not there.
[[nodiscard]] Message delete_rule(const Rule& rule);
/// Asks for all rules of both families.
[[nodiscard]] Message dump_rules();
/// nullopt for anything that is not a well-formed message about a rule of IPv4 or IPv6.
[[nodiscard]] std::optional<RuleMessage> decode_rule(ByteView message);

}  // namespace understudy::netlink
