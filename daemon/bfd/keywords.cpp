#include "daemon/bfd/keywords.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

namespace understudy::bfd {

namespace {

using namespace parser;
using Rows = Block<SessionDraft>;
using std::chrono::microseconds;

/// Longest name the original keeps.
constexpr std::size_t kLongestName = 31;
/// Intervals, in milliseconds.
constexpr unsigned kLongestInterval = std::numeric_limits<std::uint32_t>::max() / 1000;
constexpr unsigned kShortestIdle = 1000;
constexpr unsigned kSensibleInterval = 10'000;
constexpr int kLargestWeight = 253;
constexpr int kHighestTtl = 255;
constexpr std::uint8_t kTtlV4 = 255;
constexpr std::uint8_t kTtlV6 = 64;

const std::string kPrefix = "Configuration error: BFD instance {2}";

/// Milliseconds with three decimals.
Codec<microseconds> interval(unsigned least) {
  Codec<microseconds> codec;
  codec.syntax = "MILLISECONDS";
  codec.range = fmt::format("{}..{}", least, kLongestInterval);
  codec.read = [least](const Binding& binding,
                       std::span<const Word> words) -> std::optional<microseconds> {
    constexpr std::uint64_t kUnit = 1000;
    const Decimal number = parse_decimal(words[0].text, 3, least * kUnit, kLongestInterval * kUnit);
    for (const std::string& complaint : number.complaints) binding.error_at(words[0], complaint);
    if (!number.value) return std::nullopt;
    return microseconds(static_cast<std::int64_t>(*number.value));
  };
  return codec;
}

void interval_row(Rows& rows, parser::RowText name, parser::RowText doc, unsigned least,
                  parser::RowText fallback, microseconds SessionConfig::*member) {
  rows.value(name, doc, interval(least),
             [member](SessionDraft& session, microseconds value, const Binding& binding) {
               session.*member = value;
               if (value <= std::chrono::milliseconds(kSensibleInterval)) return;
               binding.report(
                   Severity::note,
                   fmt::format("Configuration warning: BFD instance {} {} value {} is larger than "
                               "max sensible ({})",
                               binding.label(), binding.keyword(), binding.argument(),
                               kSensibleInterval));
             })
      .by_default(fallback)
      .invalid(kPrefix + " {0} value {1} is not valid (must be in range [" + std::to_string(least) +
               "-" + std::to_string(kLongestInterval) + "]), ignoring");
}

void add_addresses(Rows& rows) {
  rows.statement("neighbor_ip|neighbour_ip", "Address of the neighbour.",
                 [](SessionDraft& session, const Binding& binding) {
                   const auto address = parse_plain_address(binding.argument());
                   if (address) {
                     session.neighbor = *address;
                     return;
                   }
                   session.refused = true;
                   binding.error(
                       fmt::format("Configuration error: BFD instance {} has malformed "
                                   "neighbor address {}, ignoring instance",
                                   binding.label(), binding.argument()));
                 })
      .takes("IP", 1, 1);
  rows.value("source_ip", "Address to send from; of the neighbour's family.", address(),
             &SessionConfig::source)
      .by_default("the kernel's choice")
      .invalid(kPrefix + " has malformed source address {1}, ignoring");
  rows.value("multihop", "Use the port of multihop sessions, 4784.", optional_boolean(),
             &SessionConfig::multihop)
      .from("2.2.8")
      .by_default("off")
      .invalid(kPrefix + " multihop setting not valid - {1}");
}

void add_timing(Rows& rows) {
  interval_row(rows, "min_rx", "Shortest interval between packets we can receive.", 1, "10",
               &SessionConfig::min_rx);
  interval_row(rows, "min_tx", "Shortest interval between packets we want to send.", 1, "10",
               &SessionConfig::min_tx);
  interval_row(rows, "idle_tx", "Interval between packets while the session is down.",
               kShortestIdle, "1000", &SessionConfig::idle_tx);
  rows.value("multiplier", "Packets that may be missed before the session is down.",
             number<unsigned>(1, std::numeric_limits<std::uint8_t>::max()),
             &SessionConfig::multiplier)
      .by_default("5")
      .invalid(kPrefix + " multiplier value {1} not valid (must be in range [1-255]), ignoring");
  rows.flag("passive", "Wait for the neighbour to begin the session.", &SessionConfig::passive);
}

void add_hops(Rows& rows) {
  rows.value("ttl|hoplimit", "TTL or hop limit of the packets sent.",
             number<unsigned>(1, kHighestTtl), &SessionConfig::ttl)
      .by_default("255 (IPv4), 64 (IPv6)")
      .invalid(kPrefix + " ttl/hoplimit value {1} not valid (must be in range [1-255]), ignoring");
  rows.value("max_hops", "Routers a packet may have passed, at most ttl; -1: 255.",
             number<int>(-1, kHighestTtl),
             [](SessionDraft& session, int value) {
               session.max_hops = static_cast<std::uint8_t>(value);
             })
      .by_default("0")
      .invalid(kPrefix + " max_hops value {1} not valid (must be in range [-1-255]), ignoring");
}

void take_weight(SessionDraft& session, const Binding& binding) {
  const auto weight = parse_signed(binding.argument(), -kLargestWeight, kLargestWeight);
  if (weight) {
    session.weight = static_cast<std::int16_t>(*weight);
  } else {
    binding.error(weight.error().message);
    binding.error(
        fmt::format("Configuration error: BFD instance {} weight value {} not valid "
                    "(must be in range [-253-253]), ignoring",
                    binding.label(), binding.argument()));
  }
  if (binding.arguments().size() < 2) return;
  if (binding.argument(1) == "reverse") {
    session.weight_reverse = true;
  } else {
    binding.error_at(binding.arguments()[1],
                     fmt::format("Configuration error: BFD instance {} unknown weight option {}",
                                 binding.label(), binding.argument(1)),
                     "expected 'reverse'");
  }
}

void add_listeners(Rows& rows) {
  rows.statement("weight", "What the session means to instances that track it without a weight.",
                 take_weight)
      .takes("NUMBER [reverse]", 1, 2)
      .by_default("0")
      .accepts("-253..253");
  rows.flag("vrrp", "Tell VRRP instances; checkers only if they are named as well.",
            &SessionConfig::to_vrrp);
  rows.flag("checker", "Tell checkers; VRRP instances only if they are named as well.",
            &SessionConfig::to_checkers);
}

SessionDraft* open_session(BfdDraft& draft, const Binding& binding) {
  const std::string name(binding.argument());
  if (name.size() > kLongestName) {
    binding.error(
        fmt::format("Configuration error: BFD instance {} name too long (maximum length "
                    "is {} characters) - ignoring",
                    name, kLongestName));
    return nullptr;
  }
  const auto known = draft.names.find(name);
  if (known != draft.names.end()) {
    if (known->second.configured) {
      binding.error(
          fmt::format("Configuration error: BFD instance {} already configured - ignoring", name));
      return nullptr;
    }
    binding.error(fmt::format("BFD {} already specified", name));
  }
  draft.open = {};
  draft.open.name = name;
  return &draft.open;
}

/// Why there can be no such session, or "".
std::string refusal_of(const BfdDraft& draft, const SessionConfig& session) {
  const std::string who = "Configuration error: BFD instance " + session.name;
  const std::string neighbor = session.neighbor.to_string();
  const std::string source = session.source.to_string();
  if (session.neighbor.empty()) return who + " has no neighbor address set, disabling instance";
  if (!session.source.empty() && session.source.family() != session.neighbor.family()) {
    return fmt::format(
        "{} source address {} and neighbor address {} are not of the same family, "
        "disabling instance",
        who, source, neighbor);
  }
  const auto others = draft.sources.find({session.neighbor, session.multihop});
  if (others == draft.sources.end()) return {};
  const auto& taken = others->second;
  if (session.source.empty()) {
    return fmt::format("{} has duplicate neighbor address {}, ignoring instance", who, neighbor);
  }
  if (taken.contains(session.source) || taken.contains(IpAddress())) {
    return fmt::format("{} has duplicate source/neighbor address {}/{}, ignoring instance", who,
                       source, neighbor);
  }
  return {};
}

void close_session(BfdDraft& draft, SessionDraft& session, const Binding& binding) {
  if (!session.to_vrrp && !session.to_checkers) session.to_vrrp = session.to_checkers = true;
  BfdName& name =
      draft.names
          .emplace(session.name, BfdName{session.weight, session.weight_reverse, session.to_vrrp,
                                         session.to_checkers, false, binding.here()})
          .first->second;
  if (session.refused) return;
  const std::string why = refusal_of(draft, session);
  if (!why.empty()) {
    binding.report_at(Severity::error, binding.closing(), why);
    return;
  }
  if (session.ttl == 0) session.ttl = session.neighbor.is_v4() ? kTtlV4 : kTtlV6;
  if (session.max_hops > session.ttl) {
    binding.report_at(
        Severity::error, binding.closing(),
        fmt::format("BFD instance {}: max_hops exceeds ttl/hoplimit - setting to ttl/hoplimit",
                    session.name),
        fmt::format("max_hops {}, ttl {}", session.max_hops, session.ttl));
    session.max_hops = session.ttl;
  }
  draft.sources[{session.neighbor, session.multihop}].insert(session.source);
  draft.config.sessions.push_back(session);
  name.configured = true;
}

}  // namespace

Block<BfdDraft> bfd_rows() {
  Rows session;
  add_addresses(session);
  add_timing(session);
  add_hops(session);
  add_listeners(session);
  Block<BfdDraft> rows;
  rows.block("bfd_instance", "A BFD session with a neighbour (RFC 5880).", std::move(session),
             open_session, close_session)
      .takes("NAME", 1, 1)
      .adds_up()
      .when_missing("bfd_instance name missing - ignoring")
      .reported_by(Stage::bfd)
      .pending();
  return rows;
}

}  // namespace understudy::bfd
