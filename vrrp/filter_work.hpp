// One change of the packet filter, from a wish to what the kernel has: all that a thread does of
// it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "vrrp/iptables_rules.hpp"
#include "vrrp/packet_filter.hpp"

namespace understudy::vrrp {

/// What is to be there.
struct FilterWish {
  NftablesOptions nftables;
  /// vrrp_iptables; nullopt: nftables it is.
  std::optional<IptablesNames> iptables;
  FilterPlan plan;
  bool operator==(const FilterWish&) const = default;
};

/// What was put, in so far as it takes to change or remove it.
struct FilterState {
  /// Of nftables; empty: none.
  std::string table;
  /// Of iptables.
  IptablesNames names;
  /// Of IPv4 and IPv6.
  std::array<IptablesRules, 2> rules;
  [[nodiscard]] bool by_iptables() const { return !names.in.empty(); }
};

/// What came of it.
struct FilterOutcome {
  FilterState state;
  /// Why traffic that should be dropped is let in, one line each; empty: all is done.
  std::vector<std::string> errors;
  /// Other lines for the log.
  std::vector<std::string> lines;
};

/// Makes the kernel's filter what `wish` says, given what is there of ours. It waits.
[[nodiscard]] FilterOutcome carry_out(const FilterWish& wish, FilterState state);

}  // namespace understudy::vrrp
