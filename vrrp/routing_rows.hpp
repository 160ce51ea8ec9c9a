// The rows of static_ipaddress, static_routes, static_rules, virtual_routes and virtual_rules.
//
// A route or rule is a line of option words (route_rows.cpp, route_metric_rows.cpp,
// nexthop_rows.cpp, rule_rows.cpp), read from an EntryReader; routing_rows.cpp puts them into
// blocks.
#pragma once

#include "vrrp/entry_reader.hpp"
#include "vrrp/keywords.hpp"
#include "vrrp/routing_config.hpp"

namespace understudy::vrrp {

/// A line of virtual_routes or static_routes.
struct RouteReader : EntryReader {
  using EntryReader::EntryReader;
  Route route;
  /// A destination was there; it may be "default", whose family is open.
  bool has_destination = false;
};

/// A line of virtual_rules or static_rules.
struct RuleReader : EntryReader {
  using EntryReader::EntryReader;
  Rule rule;
  bool preference_given = false;
  /// An option that makes sense for a lookup in a table only.
  bool of_table = false;
};

/// The option words of a route; of static ones with track_group.
[[nodiscard]] parser::Block<RouteReader> route_options(bool is_static);
/// … those that are attributes with a number: mtu, rtt, window …
void add_route_metric_rows(parser::Block<RouteReader>& rows);
/// … nexthop, encap and what they consist of.
void add_nexthop_rows(parser::Block<RouteReader>& rows);
/// The option words of a rule.
[[nodiscard]] parser::Block<RuleReader> rule_options(bool is_static);

/// The names of iproute2's files; they are read when the first of their kind is looked up.
[[nodiscard]] IprouteNames& iproute_names(VrrpDraft& section);

/// Reads and completes a line; nullopt: there is nothing to keep, which has been reported.
[[nodiscard]] std::optional<Route> read_route(const parser::Block<RouteReader>& options,
                                              const parser::Binding& line, VrrpDraft& section);
[[nodiscard]] std::optional<Rule> read_rule(const parser::Block<RuleReader>& options,
                                            const parser::Binding& line, VrrpDraft& section);

/// virtual_routes, virtual_rules.
void add_route_rows(parser::Block<InstanceDraft>& rows);
/// static_ipaddress (address_rows.cpp).
void add_static_address_rows(parser::Block<VrrpDraft>& rows);
/// static_ipaddress, static_routes, static_rules.
void add_static_rows(parser::Block<VrrpDraft>& rows);

/// What a metric is called, and how it is written.
struct MetricKind {
  enum class Value : std::uint8_t { number, time, flag };
  std::string_view name;
  /// RTAX_….
  std::uint8_t id;
  bool lockable;
  Value value;
  std::uint32_t max;
  /// Of a time: units in a millisecond.
  std::uint32_t per_millisecond;
  /// What the original says of a wrong one; {} is the word.
  std::string_view invalid;
  std::string_view doc;
};

/// The kind of a metric; every RouteMetric has one, but for features.
[[nodiscard]] const MetricKind* find_metric_kind(std::uint8_t id);

}  // namespace understudy::vrrp
