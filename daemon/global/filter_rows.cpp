#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "daemon/global/rows.hpp"

namespace understudy::global {

namespace {

using namespace parser;

/// Longest names the original takes: of a table, a chain, a set.
constexpr std::size_t kLongestTable = 254;
constexpr std::size_t kLongestChain = 27;
constexpr std::size_t kLongestSet = 30;
/// A set's name at most, when its end is made up.
constexpr std::size_t kLongestMadeUpSet = 31;
constexpr std::size_t kSets = 6;

/// Whether a name is one; says why not. `what` is "nftables chain", "ipset address" ….
bool good_name(const Binding& binding, std::size_t argument, std::size_t longest,
               const std::string& what) {
  const Word& name = binding.arguments()[argument];
  if (!name.text.empty() && name.text.size() <= longest) return true;
  const std::string_view why = name.text.empty() ? "empty" : "too long";
  binding.error_at(name, fmt::format("VRRP Error : {} name {} - ignored", what, why),
                   fmt::format("expected 1 to {} characters", longest));
  return false;
}

/// nftables and nftables_ipvs: once, with a table name or without. The name, or nullopt.
std::optional<std::string> table_name(const Binding& binding, bool given, const std::string& again,
                                      const std::string& what, const std::string& fallback) {
  if (given) {
    binding.error(again);
    return std::nullopt;
  }
  if (binding.arguments().empty()) return fallback;
  if (!good_name(binding, 0, kLongestTable, what)) return std::nullopt;
  return std::string(binding.argument());
}

void take_nftables(GlobalDraft& draft, const Binding& binding) {
  auto name = table_name(binding, draft.nftables_given, "nftables already specified - ignoring",
                         "nftables chain", "keepalived");
  if (!name) return;
  draft.nftables_table = *std::move(name);
  draft.nftables_given = true;
}

void take_nftables_ipvs(GlobalDraft& draft, const Binding& binding) {
  auto name = table_name(binding, !draft.nftables_ipvs.table.empty(),
                         "ipvs nftables already specified - ignoring", "nftables ipvs chain",
                         "keepalived_ipvs");
  if (name) draft.nftables_ipvs.table = *std::move(name);
}

void add_nftables(Rows& rows) {
  rows.statement("nftables", "Name of the nftables table this program owns.", take_nftables)
      .takes("[TABLE]", 0, 1)
      .by_default("keepalived");
  rows.value("nftables_priority", "Priority of its chains.", number<std::int32_t>(INT32_MIN),
             &GlobalConfig::nftables_priority)
      .by_default("-1")
      .invalid("invalid nftables chain priority '{1}'");
  rows.flag("nftables_counters", "Count what the nftables rules match.",
            &GlobalConfig::nftables_counters);
  rows.flag("nftables_ifindex", "Rules for link-local IPv6 addresses name interfaces by index.",
            &GlobalConfig::nftables_ifindex);
  rows.statement("nftables_ipvs", "Name of the nftables table for virtual server groups.",
                 take_nftables_ipvs)
      .takes("[TABLE]", 0, 1)
      .by_default("keepalived_ipvs");
  rows.value("nftables_ipvs_priority", "Priority of its chains.", number<std::int32_t>(INT32_MIN),
             [](GlobalDraft& draft, std::int32_t value) { draft.nftables_ipvs.priority = value; })
      .by_default("-1")
      .invalid("invalid ipvs nftables chain priority '{1}'");
  rows.value(
          "nftables_ipvs_start_fwmark", "First firewall mark it uses.", number<std::uint32_t>(1),
          [](GlobalDraft& draft, std::uint32_t value) { draft.nftables_ipvs.start_fwmark = value; })
      .by_default("1000")
      .invalid("invalid ipvs nftables start_fwmark priority '{1}'");
}

void take_iptables(GlobalDraft& draft, const Binding& binding) {
  if (draft.vrrp_iptables) {
    binding.error("iptables already specified - ignoring");
    return;
  }
  std::vector<std::string> chains;
  constexpr std::array kWhat{"iptables in chain", "iptables out chain"};
  for (std::size_t i = 0; i < std::min(binding.arguments().size(), kWhat.size()); ++i) {
    if (!good_name(binding, i, kLongestChain, kWhat[i])) return;
    chains.emplace_back(binding.argument(i));
  }
  if (chains.empty()) chains = {"INPUT", "OUTPUT"};
  if (chains.size() > 1 && chains[0] == chains[1]) {
    binding.report(Severity::note, "vrrp_iptables: chain names cannot be the same");
    return;
  }
  draft.vrrp_iptables = std::move(chains);
}

/// The names of sets that were not given, made of those that were.
void make_up_sets(std::vector<std::string>& sets) {
  const auto with_end = [](std::string name, std::string_view end) {
    name.resize(std::min(name.size(), kLongestMadeUpSet - end.size()));
    return name + std::string(end);
  };
  if (sets.size() < 2) sets.push_back(with_end(sets[0], "6"));
  if (sets.size() < 3) {
    std::string base = sets[1];
    if (base.ends_with('6')) base.pop_back();
    sets.push_back(with_end(std::move(base), "_if6"));
  }
  constexpr std::array<std::string_view, 3> kEnds{"_igmp", "_mld", "_nd"};
  while (sets.size() < kSets) sets.push_back(with_end(sets[0], kEnds[sets.size() - 3]));
}

void take_ipsets(GlobalDraft& draft, const Binding& binding) {
  draft.vrrp_ipsets.reset();
  constexpr std::array<const char*, kSets> kWhat{
      "ipset address", "ipset IPv6 address", "ipset IPv6 address_iface",
      "ipset IGMP",    "ipset MLD",          "ipset ND"};
  std::vector<std::string> sets;
  for (std::size_t i = 0; i < std::min(binding.arguments().size(), kSets); ++i) {
    if (!good_name(binding, i, kLongestSet, kWhat[i])) return;
    sets.emplace_back(binding.argument(i));
  }
  if (!sets.empty()) make_up_sets(sets);
  std::set<std::string> seen;
  for (const std::string& name : sets) {
    if (seen.insert(name).second) continue;
    binding.error(fmt::format("vrrp_ipsets: set name {} used more than once", name));
    return;
  }
  draft.vrrp_ipsets = std::move(sets);
}

}  // namespace

void add_packet_filters(Rows& rows) {
  add_nftables(rows);
  rows.statement("vrrp_iptables",
                 "Chains for rules of iptables, where iptables keeps its rules in tables of its "
                 "own; elsewhere nftables is used.",
                 take_iptables)
      .takes("[IN [OUT]]", 0, 2)
      .by_default("INPUT OUTPUT");
  rows.statement("vrrp_ipsets", "IP sets that rules of iptables use; without a name: none.",
                 take_ipsets)
      .takes("[ADDRESSES [ADDRESSES6 [INTERFACES6 [IGMP [MLD [ND]]]]]]", 0, kSets);
}

}  // namespace understudy::global
