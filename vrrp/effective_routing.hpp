// Addresses, routes and rules written back as the lines they could have been read from.
#pragma once

#include <string>
#include <vector>

#include "parser/statement.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// The words of one line, defaults included.
[[nodiscard]] std::vector<std::string> effective_address(const VirtualAddress& address);
[[nodiscard]] std::vector<std::string> effective_route(const Route& route);
[[nodiscard]] std::vector<std::string> effective_rule(const Rule& rule);

/// virtual_ipaddress, virtual_ipaddress_excluded, virtual_routes, virtual_rules.
void append_routing(parser::Statements& block, const InstanceConfig& instance);
/// static_ipaddress, static_routes, static_rules; track_group blocks have to come before them.
void append_static(parser::Statements& out, const VrrpConfig& config);

}  // namespace understudy::vrrp
