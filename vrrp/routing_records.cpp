#include "vrrp/routing_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "vrrp/routing_requests.hpp"

namespace understudy::vrrp {
namespace {

PrefixRecord pack(const Prefix& prefix) {
  PrefixRecord record;
  std::ranges::copy(prefix.address.bytes(), record.address.begin());
  record.length = prefix.length;
  return record;
}

Prefix unpack(const PrefixRecord& record, bool ipv6) {
  return {IpAddress(std::span(record.address).first(ipv6 ? 16 : 4)), record.length};
}

std::array<char, 16> pack(const std::string& name) {
  std::array<char, 16> record{};
  name.copy(record.data(), record.size() - 1);
  return record;
}

std::string unpack(const std::array<char, 16>& record) {
  return {record.data(), strnlen(record.data(), record.size())};
}

}  // namespace

RouteRecord record_of(const Route& route, std::uint32_t table) {
  RouteRecord record;
  record.ipv6 = route.family() == Family::ipv6 ? 1 : 0;
  record.type = route.type;
  record.tos = route.tos;
  record.protocol = route.protocol;
  record.has_metric = route.metric ? 1 : 0;
  record.destination = pack(route.destination);
  record.source = pack(route.source);
  record.table = table;
  record.metric = route.metric.value_or(0);
  return record;
}

RuleRecord record_of(const Rule& rule) {
  RuleRecord record;
  record.ipv6 = rule.family == Family::ipv6 ? 1 : 0;
  record.inverted = rule.inverted ? 1 : 0;
  record.tos = rule.tos;
  record.protocol = rule.protocol;
  record.action = rule.action;
  record.from = pack(rule.from);
  record.to = pack(rule.to);
  record.preference = rule.preference;
  record.table = kernel_rule(rule).table;
  record.input_device = pack(rule.input_device);
  record.output_device = pack(rule.output_device);
  return record;
}

netlink::Message removal_of(const RouteRecord& record) {
  netlink::Route route;
  route.type = record.type;
  route.tos = record.tos;
  route.protocol = record.protocol;
  route.destination = unpack(record.destination, record.ipv6 != 0);
  if (record.source.length > 0) route.source = unpack(record.source, record.ipv6 != 0);
  route.table = record.table;
  if (record.has_metric != 0) route.metric = record.metric;
  return netlink::delete_route(route);
}

netlink::Message removal_of(const RuleRecord& record) {
  netlink::Rule rule;
  rule.family = record.ipv6 != 0 ? Family::ipv6 : Family::ipv4;
  rule.inverted = record.inverted != 0;
  rule.tos = record.tos;
  rule.protocol = record.protocol;
  rule.action = record.action;
  if (record.from.length > 0) rule.from = unpack(record.from, record.ipv6 != 0);
  if (record.to.length > 0) rule.to = unpack(record.to, record.ipv6 != 0);
  rule.preference = record.preference;
  rule.table = record.table;
  rule.input_interface = unpack(record.input_device);
  rule.output_interface = unpack(record.output_device);
  return netlink::delete_rule(rule);
}

std::string route_key(std::uint64_t identity) {
  return fmt::format("{}{:016x}", kRouteKeyPrefix, identity);
}

std::string rule_key(std::uint64_t identity) {
  return fmt::format("{}{:016x}", kRuleKeyPrefix, identity);
}

}  // namespace understudy::vrrp
