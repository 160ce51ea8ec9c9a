// A line of virtual_rules or static_rules: selectors and one action, in any order.
#include <fmt/format.h>
#include <netdb.h>

#include <array>
#include <charconv>
#include <limits>

#include "parser/values.hpp"
#include "vrrp/routing_rows.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;
using Rows = Block<RuleReader>;

constexpr const char* kNoDevice = "WARNING - interface {} for rule doesn't exist";
constexpr std::uint32_t kLargestSigned = std::numeric_limits<std::int32_t>::max();

/// An option with words after it.
template <typename Take>
Row<RuleReader>& option(Rows& rows, parser::RowText names, parser::RowText doc,
                        parser::RowText syntax, Take take) {
  return rows.statement(names, doc, [take](RuleReader& entry, const Binding&) { take(entry); })
      .takes(syntax, 1, 1);
}

// --- selectors ---

auto take_network(Prefix Rule::*member, std::string invalid) {
  return [member, invalid](RuleReader& entry) {
    const auto network = entry.prefix(invalid);
    if (!network) return;
    if (!entry.join(network->address.family())) {
      return entry.fail("rule specification has mixed IPv4 and IPv6");
    }
    entry.rule.*member = *network;
  };
}

/// "MARK[/MASK]", each in any base; the part that is not there is 0.
std::optional<FirewallMark> parse_mark(std::string_view word) {
  const auto number = [](std::string_view text) -> std::optional<std::uint32_t> {
    if (text.empty()) return 0;
    const auto value = parse_c_number(text);
    if (!value || *value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return static_cast<std::uint32_t>(*value);
  };
  const std::size_t slash = word.find('/');
  const auto mark = number(word.substr(0, slash));
  if (!mark) return std::nullopt;
  if (slash == std::string_view::npos) return FirewallMark{*mark, std::nullopt};
  const auto mask = number(word.substr(slash + 1));
  if (!mask) return std::nullopt;
  return FirewallMark{*mark, *mask};
}

/// "FIRST-LAST"; with `one` also a single number.
template <typename N>
std::optional<NumberRange<N>> parse_range(std::string_view word, bool one) {
  NumberRange<N> range;
  const char* last = word.data() + word.size();
  const auto first = std::from_chars(word.data(), last, range.first);
  if (first.ec != std::errc()) return std::nullopt;
  if (one && first.ptr == last) return NumberRange<N>{range.first, range.first};
  if (first.ptr == last || *first.ptr != '-') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, last, range.last);
  if (second.ec != std::errc() || second.ptr != last) return std::nullopt;
  return range;
}

/// Ports; what is wrong does not cost the rule.
auto take_ports(std::optional<NumberRange<std::uint16_t>> Rule::*member) {
  return [member](RuleReader& entry) {
    const std::string name(entry.here().keyword());
    const std::string_view word = entry.take().text;
    const auto ports = parse_range<std::uint16_t>(word, true);
    if (ports) {
      entry.rule.*member = *ports;
    } else {
      entry.say(fmt::format("invalid {} range {}", name, word), "expected PORT or PORT-PORT");
    }
  };
}

/// An IP protocol by number up to 127, as the original, or by its name in protocols(5).
std::optional<std::uint8_t> parse_ip_protocol(const std::string& word) {
  constexpr std::uint64_t kLargestNumber = 127;
  const auto number = parse_unsigned(word, 0, kLargestNumber);
  if (number && !word.empty()) return static_cast<std::uint8_t>(*number);
  constexpr std::size_t kEnough = 1024;
  std::array<char, kEnough> buffer{};
  protoent entry{};
  protoent* found = nullptr;
  if (getprotobyname_r(word.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr || found->p_proto < 0 ||
      found->p_proto > std::numeric_limits<std::uint8_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint8_t>(found->p_proto);
}

void take_ip_protocol(RuleReader& entry) {
  const std::string word(entry.take().text);
  if (entry.failed()) return;
  const auto protocol = parse_ip_protocol(word);
  if (protocol) {
    entry.rule.ip_protocol = *protocol;
  } else {
    entry.say(fmt::format("Invalid ipproto {}", word), "expected 0..127 or a name");
  }
}

void take_protocol(RuleReader& entry) {
  const std::string_view word = entry.take().text;
  if (entry.failed()) return;
  const auto protocol = parse_unsigned(word, 0, std::numeric_limits<std::uint8_t>::max());
  if (protocol) {
    entry.rule.protocol = static_cast<std::uint8_t>(*protocol);
  } else {
    entry.complain("{}", protocol.error().message);
    entry.complain("Invalid protocol {}", word);
  }
}

auto take_device(std::string Rule::*member) {
  return [member](RuleReader& entry) { entry.rule.*member = entry.device(kNoDevice); };
}

void add_selectors(Rows& rows) {
  rows.flag("not", "Packets that do not match.",
            [](RuleReader& entry, bool) { entry.rule.inverted = true; });
  option(rows, "from", "Packets from there.", "IP[/LENGTH]",
         take_network(&Rule::from, "Invalid rule from address {}"));
  option(rows, "to", "Packets to there.", "IP[/LENGTH]",
         take_network(&Rule::to, "Invalid rule to address {}"));
  option(rows, "tos|dsfield", "Packets of that type of service.", "NUMBER|NAME",
         [](RuleReader& entry) {
           const auto tos = entry.word([&](auto word) { return entry.names().tos(word); },
                                       "TOS value {} is invalid");
           if (tos) entry.rule.tos = *tos;
         })
      .accepts("0..255, or a name");
  option(rows, "fwmark", "Packets with that mark.", "NUMBER[/MASK]", [](RuleReader& entry) {
    entry.rule.mark = entry.word(parse_mark, "Invalid rule fwmark {} specified");
  }).accepts("0..4294967295 each");
  option(rows, "dev|iif", "Packets that came in by it.", "INTERFACE",
         take_device(&Rule::input_device));
  option(rows, "oif", "Packets of sockets bound to it.", "INTERFACE",
         take_device(&Rule::output_device));
  option(rows, "tunnel-id", "Packets of that tunnel.", "NUMBER", [](RuleReader& entry) {
    const auto id = entry.number<std::uint64_t>("Invalid tunnel-id {} specified");
    if (id) entry.rule.tunnel_id = *id;
  }).accepts("0..18446744073709551615");
  option(rows, "uidrange", "Packets of these users.", "FIRST-LAST", [](RuleReader& entry) {
    entry.rule.users = entry.word([](auto word) { return parse_range<std::uint32_t>(word, false); },
                                  "Invalid uidrange {} specified");
  });
  option(rows, "ipproto|ip_proto", "Packets of that protocol.", "NUMBER|NAME", take_ip_protocol)
      .accepts("0..127, or a name");
  option(rows, "sport", "Packets from these ports.", "FIRST[-LAST]",
         take_ports(&Rule::source_ports));
  option(rows, "dport", "Packets to these ports.", "FIRST[-LAST]",
         take_ports(&Rule::destination_ports));
}

// --- actions ---

void set_action(RuleReader& entry, std::uint8_t action, std::string_view message) {
  if (entry.rule.action != FR_ACT_UNSPEC) return entry.fail(fmt::runtime(message));
  entry.rule.action = action;
}

constexpr std::string_view kOneAction =
    "Cannot specify more than one of table/nop/goto/blackhole/prohibit/unreachable/l3mdev for rule";

void take_table(RuleReader& entry) {
  const auto table = entry.word([&](auto word) { return entry.names().table(word); },
                                "Routing table {} not found for rule");
  if (!table) return;
  if (*table == 0) return entry.fail("Table 0 is not valid");
  entry.rule.table = *table;
  set_action(entry, FR_ACT_TO_TBL,
             "Cannot specify more than one of table/nop/goto/blackhole/prohibit/unreachable for "
             "rule");
}

void take_goto(RuleReader& entry) {
  const auto target = entry.number<std::uint32_t>("Invalid target {} specified");
  if (!target) return;
  entry.rule.goto_target = *target;
  set_action(entry, FR_ACT_GOTO, kOneAction);
}

/// An action that is the word taken last: a kind of route, or goto or nop after `type`.
void take_action(RuleReader& entry) {
  const std::string_view word = entry.here().keyword();
  if (word == "goto") return take_goto(entry);
  if (word == "nop") return set_action(entry, FR_ACT_NOP, kOneAction);
  const auto type = parse_route_type(word);
  if (!type) return entry.fail("Unknown rule option {}", word);
  switch (*type) {
    case RTN_BLACKHOLE:
      return set_action(entry, FR_ACT_BLACKHOLE, kOneAction);
    case RTN_UNREACHABLE:
      return set_action(entry, FR_ACT_UNREACHABLE, kOneAction);
    case RTN_PROHIBIT:
      return set_action(entry, FR_ACT_PROHIBIT, kOneAction);
    default:
      return entry.fail("Invalid rule action {}", word);
  }
}

void add_actions(Rows& rows) {
  option(rows, "table|lookup", "Action: look the route up in that table.", "NUMBER|NAME",
         take_table)
      .accepts("1..4294967295, or a name");
  rows.flag("l3mdev", "Action: look the route up in the table of the packet's VRF.",
            [](RuleReader& entry, bool) {
              entry.rule.l3mdev = true;
              set_action(entry, FR_ACT_TO_TBL, "Cannot specify l3mdev with other action");
            });
  option(rows, "goto", "Action: go on with the rule of that preference.", "NUMBER", take_goto)
      .accepts("a number above the rule's preference");
  for (const char* name : {"nop", "blackhole", "unreachable", "prohibit"}) {
    rows.flag(name, "Action.", [](RuleReader& entry, bool) { take_action(entry); });
  }
  option(rows, "type", "Action by its name.", "ACTION", [](RuleReader& entry) {
    entry.take();
    if (!entry.failed()) take_action(entry);
  }).accepts("blackhole, unreachable, prohibit, goto, nop, or 6, 7, 8");
}

// --- what comes with an action ---

void take_preference(RuleReader& entry) {
  const std::string_view word = entry.take().text;
  if (entry.failed()) return;
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  // In any base, but refused in the words for decimal numbers.
  const auto number = parse_c_number(word);
  const auto preference = parse_unsigned(number ? std::to_string(*number) : word, 0, kMost);
  if (!preference) {
    entry.complain("{}", preference.error().message);
    return entry.fail("Invalid rule preference {} specified", word);
  }
  entry.rule.preference = static_cast<std::uint32_t>(*preference);
  entry.preference_given = true;
}

void take_realms(RuleReader& entry) {
  const auto realms = entry.word([&](auto word) { return entry.names().realms(word); },
                                 "invalid realms {} for rule");
  if (!realms) return;
  entry.rule.realms = *realms;
  entry.of_table = true;
  if (!entry.join(Family::ipv4)) entry.fail("realms is only valid for IPv4");
}

void take_suppressed_length(RuleReader& entry) {
  const auto length = entry.number(kLargestSigned, "Invalid suppress_prefixlength {} specified");
  if (!length) return;
  entry.rule.suppress_prefix_length = static_cast<std::uint32_t>(*length);
  entry.of_table = true;
}

void take_suppressed_group(RuleReader& entry) {
  entry.rule.suppress_group = entry.word([&](auto word) { return entry.names().group(word); },
                                         "suppress_group {} is invalid");
  entry.of_table = true;
}

void add_other_options(Rows& rows, bool is_static) {
  option(rows, "preference|order|priority", "Its place: lower comes first.", "NUMBER",
         take_preference)
      .accepts("0..4294967295")
      .by_default("16384 and down, diagnosed");
  option(rows, "realms", "Realms of source and destination; IPv4.", "[R/]R", take_realms)
      .accepts("0..255 or a name, each");
  option(rows, "suppress_prefixlength|sup_pl",
         "Routes with at most that prefix length do not count.", "NUMBER", take_suppressed_length)
      .accepts("0..2147483647");
  option(rows, "suppress_ifgroup|sup_group", "Routes by devices of that group do not count.",
         "NUMBER|NAME", take_suppressed_group)
      .accepts("0..2147483647, or a name");
  option(rows, "protocol", "Who made it; one that is tracked has keepalived's.", "NUMBER",
         take_protocol)
      .accepts("0..255")
      .by_default("18");
  rows.flag("no_track", "Its removal by others does not matter.",
            [](RuleReader& entry, bool) { entry.rule.no_track = true; });
  if (!is_static) return;
  option(rows, "track_group", "The track_group whose instances depend on it; needs dev or iif.",
         "NAME", [](RuleReader& entry) {
           if (!entry.track_group(entry.rule.track_group)) entry.stop();
         });
}

// --- the whole ---

/// What can be refused only when the whole line is read.
void check(RuleReader& entry) {
  const Rule& rule = entry.rule;
  if (rule.action == FR_ACT_GOTO && !entry.preference_given) {
    return entry.fail("Invalid rule - goto target {} specified without preference",
                      rule.goto_target);
  }
  if (rule.action == FR_ACT_GOTO && rule.preference >= rule.goto_target) {
    return entry.fail("Invalid rule - preference {} >= goto target {}", rule.preference,
                      rule.goto_target);
  }
  if (rule.action == FR_ACT_UNSPEC) {
    return entry.fail("No action specified for rule - ignoring");
  }
  if (rule.action != FR_ACT_TO_TBL && entry.of_table) {
    return entry.fail("suppressor/realm specified for non table action - skipping");
  }
}

void complete(RuleReader& entry) {
  Rule& rule = entry.rule;
  if (!rule.no_track && rule.protocol != kRouteProtocol) {
    entry.complain(
        "Rule cannot be tracked if protocol is not RTPROT_KEEPALIVED({}), resetting protocol",
        kRouteProtocol);
    rule.protocol = kRouteProtocol;
  }
  if (!rule.track_group.empty() && rule.input_device.empty()) {
    entry.complain("Static rule cannot have track_group if dev/iif not specified");
    rule.track_group.clear();
  }
  rule.family = entry.any_address().family();
  if (entry.preference_given) return;
  RoutingDraft& all = entry.section().routing;
  rule.preference = rule.family == Family::ipv6 ? all.next_preference6-- : all.next_preference4--;
  entry.say(fmt::format("Rule has no preference specified - setting to {}. This is probably not "
                        "what you want.",
                        rule.preference),
            fmt::format("add 'preference {}'", rule.preference));
}

}  // namespace

Rows rule_options(bool is_static) {
  Rows rows;
  add_selectors(rows);
  add_actions(rows);
  add_other_options(rows, is_static);
  add_family_rows(rows, "rule");
  return rows;
}

std::optional<Rule> read_rule(const Rows& options, const Binding& line, VrrpDraft& section) {
  RuleReader entry(line, section);
  read_options(options, entry, take_action);
  if (!entry.failed()) check(entry);
  if (entry.failed()) return std::nullopt;
  complete(entry);
  return std::move(entry.rule);
}

}  // namespace understudy::vrrp
