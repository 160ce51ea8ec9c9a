#include "daemon/netlink/rule.hpp"

#include <endian.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace understudy::netlink {
namespace {

/// The widest table number that fits the fixed header.
constexpr std::uint32_t kLargestOctetTable = 255;
/// Of FRA_SUPPRESS_PREFIXLEN and FRA_SUPPRESS_IFGROUP: nothing is suppressed.
constexpr std::uint32_t kNone = 0xffffffff;

template <typename T>
ByteView octets_of(const T& value) {
  return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

void write_selectors(AttributeWriter& writer, const Rule& rule) {
  if (rule.from.length > 0) writer.attribute(FRA_SRC, rule.from.address.bytes());
  if (rule.to.length > 0) writer.attribute(FRA_DST, rule.to.address.bytes());
  if (!rule.input_interface.empty()) {
    writer.attribute(FRA_IIFNAME, std::string_view(rule.input_interface));
  }
  if (!rule.output_interface.empty()) {
    writer.attribute(FRA_OIFNAME, std::string_view(rule.output_interface));
  }
  if (rule.mark) {
    writer.attribute(FRA_FWMARK, rule.mark->mark);
    if (rule.mark->mask != RuleMark::kAllBits) writer.attribute(FRA_FWMASK, rule.mark->mask);
  }
  if (rule.users) {
    writer.attribute(FRA_UID_RANGE,
                     octets_of(fib_rule_uid_range{rule.users->first, rule.users->last}));
  }
  if (rule.ip_protocol != 0) writer.attribute(FRA_IP_PROTO, rule.ip_protocol);
  if (rule.source_ports) {
    writer.attribute(FRA_SPORT_RANGE, octets_of(fib_rule_port_range{rule.source_ports->first,
                                                                    rule.source_ports->last}));
  }
  if (rule.destination_ports) {
    writer.attribute(FRA_DPORT_RANGE, octets_of(fib_rule_port_range{rule.destination_ports->first,
                                                                    rule.destination_ports->last}));
  }
  if (rule.tunnel_id != 0) {
    const std::uint64_t id = htobe64(rule.tunnel_id);
    writer.attribute(FRA_TUN_ID, octets_of(id));
  }
}

void write_action(AttributeWriter& writer, const Rule& rule) {
  if (rule.table > kLargestOctetTable) writer.attribute(FRA_TABLE, rule.table);
  if (rule.l3mdev) writer.attribute(FRA_L3MDEV, std::uint8_t{1});
  if (rule.goto_target != 0) writer.attribute(FRA_GOTO, rule.goto_target);
  if (rule.suppress_prefix_length) {
    writer.attribute(FRA_SUPPRESS_PREFIXLEN, *rule.suppress_prefix_length);
  }
  if (rule.suppress_group) writer.attribute(FRA_SUPPRESS_IFGROUP, *rule.suppress_group);
  if (rule.realms != 0) writer.attribute(FRA_FLOW, rule.realms);
}

Message rule_message(std::uint16_t type, std::uint16_t flags, const Rule& rule) {
  fib_rule_hdr fixed{};
  fixed.family = static_cast<__u8>(to_af(rule.family));
  fixed.src_len = rule.from.length;
  fixed.dst_len = rule.to.length;
  fixed.tos = rule.tos;
  fixed.table = rule.table <= kLargestOctetTable ? static_cast<__u8>(rule.table)
                                                 : static_cast<__u8>(RT_TABLE_UNSPEC);
  fixed.action = rule.action;
  fixed.flags = rule.inverted ? FIB_RULE_INVERT : 0;
  MessageBuilder builder(type, flags, std::as_bytes(std::span(&fixed, 1)));
  builder.attribute(FRA_PRIORITY, rule.preference);
  write_selectors(builder, rule);
  write_action(builder, rule);
  if (rule.protocol != 0) builder.attribute(FRA_PROTOCOL, rule.protocol);
  return builder.take();
}

Prefix read_selector(const Attributes& attributes, std::uint16_t type, std::uint8_t length) {
  if (length == 0) return {};
  return {IpAddress(attributes.get(type)), length};
}

template <typename N, typename Kernel>
std::optional<NumberRange<N>> read_range(const Attributes& attributes, std::uint16_t type) {
  const auto range = attributes.number<Kernel>(type);
  if (!range) return std::nullopt;
  return NumberRange<N>{range->start, range->end};
}

std::optional<std::uint32_t> unless_none(std::optional<std::uint32_t> value) {
  return value == kNone ? std::nullopt : value;
}

void read_selectors(const Attributes& attributes, Rule& rule) {
  rule.input_interface = attributes.text(FRA_IIFNAME);
  rule.output_interface = attributes.text(FRA_OIFNAME);
  if (const auto mark = attributes.u32(FRA_FWMARK)) {
    rule.mark = RuleMark{*mark, attributes.u32(FRA_FWMASK).value_or(RuleMark::kAllBits)};
  }
  rule.users = read_range<std::uint32_t, fib_rule_uid_range>(attributes, FRA_UID_RANGE);
  rule.ip_protocol = attributes.u8(FRA_IP_PROTO).value_or(0);
  rule.source_ports = read_range<std::uint16_t, fib_rule_port_range>(attributes, FRA_SPORT_RANGE);
  rule.destination_ports =
      read_range<std::uint16_t, fib_rule_port_range>(attributes, FRA_DPORT_RANGE);
  rule.tunnel_id = be64toh(attributes.number<std::uint64_t>(FRA_TUN_ID).value_or(0));
}

}  // namespace

Message add_rule(const Rule& rule) {
  return rule_message(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule);
}

Message delete_rule(const Rule& rule) { return rule_message(RTM_DELRULE, 0, rule); }

Message dump_rules() {
  const fib_rule_hdr fixed{};
  MessageBuilder builder(RTM_GETRULE, NLM_F_DUMP, std::as_bytes(std::span(&fixed, 1)));
  return builder.take();
}

std::optional<RuleMessage> decode_rule(ByteView message) {
  const auto header = header_of(message);
  if (!header) return std::nullopt;
  if (header->nlmsg_type != RTM_NEWRULE && header->nlmsg_type != RTM_DELRULE) return std::nullopt;
  const auto fixed = fixed_part<fib_rule_hdr>(message);
  if (!fixed || (fixed->family != AF_INET && fixed->family != AF_INET6)) return std::nullopt;
  const Attributes attributes(message, sizeof *fixed);
  RuleMessage result;
  result.removed = header->nlmsg_type == RTM_DELRULE;
  result.origin_port = header->nlmsg_pid;
  Rule& rule = result.rule;
  rule.family = fixed->family == AF_INET ? Family::ipv4 : Family::ipv6;
  rule.inverted = (fixed->flags & FIB_RULE_INVERT) != 0;
  rule.from = read_selector(attributes, FRA_SRC, fixed->src_len);
  rule.to = read_selector(attributes, FRA_DST, fixed->dst_len);
  rule.tos = fixed->tos;
  read_selectors(attributes, rule);
  rule.preference = attributes.u32(FRA_PRIORITY).value_or(0);
  rule.action = fixed->action;
  rule.table = attributes.u32(FRA_TABLE).value_or(fixed->table);
  rule.l3mdev = attributes.u8(FRA_L3MDEV).value_or(0) != 0;
  rule.goto_target = attributes.u32(FRA_GOTO).value_or(0);
  rule.suppress_prefix_length = unless_none(attributes.u32(FRA_SUPPRESS_PREFIXLEN));
  rule.suppress_group = unless_none(attributes.u32(FRA_SUPPRESS_IFGROUP));
  rule.realms = attributes.u32(FRA_FLOW).value_or(0);
  rule.protocol = attributes.u8(FRA_PROTOCOL).value_or(0);
  return result;
}

}  // namespace understudy::netlink
