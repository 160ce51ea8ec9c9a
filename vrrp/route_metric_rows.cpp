// Attributes of a route that are numbers or times.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/case_conv.hpp>
#include <limits>

#include "vrrp/routing_rows.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;
using Value = MetricKind::Value;

constexpr std::uint32_t kAny = std::numeric_limits<std::uint32_t>::max();
/// The kernel's limits of retransmission times, in milliseconds.
constexpr std::uint32_t kShortest = 200;
constexpr std::uint32_t kLongest = 120'000;
/// The kernel counts round trips in eighths, their variance in quarters of a millisecond.
constexpr std::uint32_t kEighths = 8;
constexpr std::uint32_t kQuarters = 4;

constexpr std::array<MetricKind, 14> kKinds{{
    {"mtu", RTAX_MTU, true, Value::number, kAny, 0, "Invalid MTU {} specified for route",
     "Path MTU."},
    {"window", RTAX_WINDOW, false, Value::number, kAny, 0,
     "Invalid window value {} specified for route", "Largest TCP window advertised."},
    {"rtt", RTAX_RTT, true, Value::time, 0, kEighths, "Invalid rtt {} for route",
     "Initial round trip time; a bare number is in eighths of a millisecond."},
    {"rttvar", RTAX_RTTVAR, true, Value::time, 0, kQuarters, "Invalid rttvar {} for route",
     "Its initial variance; a bare number is in quarters of a millisecond."},
    {"ssthresh", RTAX_SSTHRESH, true, Value::number, kAny, 0,
     "Invalid ssthresh value {} specified for route", "Initial slow start threshold."},
    {"cwnd", RTAX_CWND, true, Value::number, kAny, 0, "Invalid cwnd value {} specified for route",
     "Clamp of the congestion window."},
    {"advmss", RTAX_ADVMSS, true, Value::number, kAny, 0, "Invalid advmss {} specified for route",
     "Maximal segment size advertised."},
    {"reordering", RTAX_REORDERING, true, Value::number, kAny, 0,
     "Invalid reordering value {} specified for route", "Reordering to be expected."},
    {"hoplimit", RTAX_HOPLIMIT, false, Value::number, 255, 0,
     "Invalid hoplimit {} specified for route", "Hop limit of what is sent."},
    {"initcwnd", RTAX_INITCWND, false, Value::number, kAny, 0,
     "Invalid initcwnd value {} specified for route", "Initial congestion window."},
    {"rto_min", RTAX_RTO_MIN, true, Value::time, 0, 1,
     "Invalid rto_min value {} specified for route",
     "Least retransmission timeout; a bare number is in milliseconds."},
    {"initrwnd", RTAX_INITRWND, false, Value::number, kAny, 0,
     "Invalid initrwnd value {} specified for route", "Initial receive window."},
    {"quickack", RTAX_QUICKACK, false, Value::flag, 1, 0,
     "Invalid quickack value {} specified for route", "Acknowledge at once."},
    {"fastopen_no_cookie", RTAX_FASTOPEN_NO_COOKIE, false, Value::flag, 1, 0,
     "Invalid fastopen_no_cookie value {} specified for route", "TCP fast open without cookie."},
}};

/// "1.5s" as a number and how many decimals it may have; nullopt: no unit where one should be.
struct TimeWord {
  std::string_view number;
  /// 3 for seconds, 0 for milliseconds and bare numbers.
  unsigned decimals = 0;
  bool has_unit = false;
};

std::optional<TimeWord> split_time(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\f\n\r\v"), text.size()));
  const std::size_t start = text.find_first_of("sS");
  if (start == std::string_view::npos) return TimeWord{text, 0, false};
  std::string unit(text.substr(start));
  boost::algorithm::to_lower(unit);
  if (unit != "s" && unit != "sec" && unit != "secs") return std::nullopt;
  std::string_view number = text.substr(0, start);
  const bool thousandths = number.ends_with('m') || number.ends_with('M');
  if (thousandths) number.remove_suffix(1);
  if (number.empty()) return std::nullopt;
  return TimeWord{number, thousandths ? 0U : 3U, true};
}

/// A time in the kernel's unit; outside its limits it is diagnosed and becomes the limit.
std::optional<std::uint32_t> read_time(RouteReader& entry, const MetricKind& kind,
                                       std::string_view text) {
  // The original's words: the variance is an rtt to it.
  const std::string_view what = kind.id == RTAX_RTO_MIN ? "rto" : "rtt";
  const auto word = split_time(text);
  if (!word) return std::nullopt;
  if (word->number.find_first_of("eE") != std::string_view::npos) {
    entry.complain("{} value exponential form {} no longer supported", what, text);
    return std::nullopt;
  }
  const std::uint32_t longest = kLongest * kind.per_millisecond;
  const std::uint32_t shortest = kShortest * kind.per_millisecond;
  const Decimal decimal = parse_decimal(word->number, word->decimals, 0, longest);
  for (const auto& complaint : decimal.complaints) entry.complain("{}", complaint);
  if (!decimal.value) return std::nullopt;
  const std::uint64_t value = *decimal.value * (word->has_unit ? kind.per_millisecond : 1);
  if (value > longest) {
    entry.complain("{} value {} exceeds maximum {}s, resetting", what, text, kLongest / 1000);
    return longest;
  }
  if (value < shortest) {
    entry.complain("{} value {} below minimum {}ms, resetting", what, text, kShortest);
    return shortest;
  }
  return static_cast<std::uint32_t>(value);
}

/// The metric of that id, added if need be.
RouteMetric& metric_of(Route& route, std::uint8_t id) {
  auto at = std::ranges::lower_bound(route.metrics, id, {}, &RouteMetric::id);
  if (at == route.metrics.end() || at->id != id) {
    at = route.metrics.insert(at, RouteMetric{id, 0, false});
  }
  return *at;
}

void take_metric(RouteReader& entry, const MetricKind& kind) {
  const bool locked = kind.lockable && entry.take_if("lock");
  std::optional<std::uint32_t> value;
  if (kind.value == Value::time) {
    const std::string_view text = entry.take().text;
    if (entry.failed()) return;
    value = read_time(entry, kind, text);
    if (!value) entry.fail(fmt::runtime(kind.invalid), text);
  } else {
    const auto number = entry.number(kind.max, kind.invalid);
    if (number) value = static_cast<std::uint32_t>(*number);
  }
  if (!value) return;
  RouteMetric& metric = metric_of(entry.route, kind.id);
  metric.value = *value;
  metric.locked = metric.locked || locked;
}

void take_feature(RouteReader& entry) {
  const std::string_view name = entry.take().text;
  if (name == "ecn") {
    metric_of(entry.route, RTAX_FEATURES).value |= RTAX_FEATURE_ECN;
  } else {
    entry.complain("feature {} not supported", name);
  }
}

void take_congestion_control(RouteReader& entry) {
  const bool locked = entry.take_if("lock");
  entry.route.congestion_control = entry.take().text;
  entry.route.congestion_control_locked = entry.route.congestion_control_locked || locked;
}

std::string syntax_of(const MetricKind& kind) {
  const std::string value = kind.value == Value::time ? "TIME" : "NUMBER";
  return kind.lockable ? "[lock] " + value : value;
}

}  // namespace

const MetricKind* find_metric_kind(std::uint8_t id) {
  const auto* found = std::ranges::find(kKinds, id, &MetricKind::id);
  return found == kKinds.end() ? nullptr : found;
}

void add_route_metric_rows(Block<RouteReader>& rows) {
  for (const MetricKind& kind : kKinds) {
    rows.statement(std::string(kind.name), std::string(kind.doc),
                   [&kind](RouteReader& entry, const Binding&) { take_metric(entry, kind); })
        .takes(syntax_of(kind), 1, kind.lockable ? 2 : 1)
        .accepts(kind.value == Value::time ? "0.2s..120s" : fmt::format("0..{}", kind.max));
  }
  rows.statement("features", "ecn: explicit congestion notification.",
                 [](RouteReader& entry, const Binding&) { take_feature(entry); })
      .takes("ecn", 1, 1)
      .adds_up();
  rows.statement("congctl", "TCP congestion control.",
                 [](RouteReader& entry, const Binding&) { take_congestion_control(entry); })
      .takes("[lock] NAME", 1, 2)
      .by_default("the system's");
}

}  // namespace understudy::vrrp
