// A FilterPlan for iptables and IP sets (vrrp_iptables, vrrp_ipsets). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vrrp/packet_filter.hpp"

namespace understudy::vrrp {

/// Names of what is used.
struct IptablesNames {
  std::string in;
  /// Empty: what leaves is not filtered.
  std::string out;
  /// Sets of addresses, IPv6 addresses, those with an interface, and of VMACs for IGMP, MLD and
  /// neighbour discovery; empty: no sets are used.
  std::vector<std::string> sets;
  bool operator==(const IptablesNames&) const = default;
};

/// vrrp_iptables and vrrp_ipsets completed: without the second, sets have their usual names.
[[nodiscard]] IptablesNames iptables_names(const std::vector<std::string>& chains,
                                           const std::optional<std::vector<std::string>>& sets);

/// Rules of one family in the form and order of iptables-save(8), "-A INPUT -d 10.0.0.1/32 -j
/// DROP".
using IptablesRules = std::vector<std::string>;

/// The rules the plan needs.
[[nodiscard]] IptablesRules iptables_rules(const IptablesNames& names, const FilterPlan& plan,
                                           Family family);
/// Input of `ipset -exist restore` that makes the sets hold what the plan says; empty: none is
/// needed.
[[nodiscard]] std::string ipset_commands(const IptablesNames& names, const FilterPlan& plan);

/// Input of iptables-restore(8) --noflush that adds what `wanted` has and `existing` (output of
/// iptables-save) has not, and removes what is in `before` and `existing` and not wanted; empty:
/// all is well. Rules of others stay, and ours are there once.
[[nodiscard]] std::string iptables_changes(const std::string& existing, const IptablesRules& before,
                                           const IptablesRules& wanted);

}  // namespace understudy::vrrp
