#include "vrrp/filter_work.hpp"

#include <cerrno>

#include "daemon/run/nftables.hpp"
#include "vrrp/filter_programs.hpp"

namespace understudy::vrrp {
namespace {

constexpr std::array kFamilies{Family::ipv4, Family::ipv6};

const char* save_program(std::size_t family) {
  return family == 0 ? "iptables-save" : "ip6tables-save";
}

const char* restore_program(std::size_t family) {
  return family == 0 ? "iptables-restore" : "ip6tables-restore";
}

/// Whether the iptables there is keeps its rules in tables of its own; says why not.
bool own_iptables(FilterOutcome& outcome) {
  const auto version = run_program({"iptables", "-V"});
  if (!version) {
    outcome.lines.emplace_back(
        "Using nftables since no iptables command found - please update configuration");
    return false;
  }
  // "iptables v1.8.9 (nf_tables)", "(legacy)", or nothing in brackets with older ones.
  if (version->find("nf_tables") == std::string::npos) return true;
  outcome.lines.emplace_back(
      "Not using iptables since iptables uses nf_tables - please update configuration");
  return false;
}

/// One family's rules: only what differs is changed.
void change_rules(std::size_t family, const IptablesRules& wanted, FilterOutcome& outcome) {
  IptablesRules& before = outcome.state.rules[family];
  if (wanted.empty() && before.empty()) return;
  const auto existing = run_program({save_program(family), "-t", "filter"});
  if (!existing) {
    outcome.errors.push_back(existing.error().message);
    return;
  }
  const std::string changes = iptables_changes(*existing, before, wanted);
  if (!changes.empty()) {
    const auto done = run_program({restore_program(family), "--noflush"}, changes);
    if (!done) {
      outcome.errors.push_back(done.error().message);
      return;
    }
  }
  before = wanted;
}

void apply_iptables(const FilterWish& wish, FilterOutcome& outcome) {
  IptablesNames names = *wish.iptables;
  const std::string sets = ipset_commands(names, wish.plan);
  if (!sets.empty()) {
    const auto done = run_program({"ipset", "-exist", "restore"}, sets);
    if (!done) {
      outcome.lines.push_back(done.error().message + " - IP sets are not used");
      names.sets.clear();
    }
  }
  for (std::size_t i = 0; i < kFamilies.size(); ++i) {
    change_rules(i, iptables_rules(names, wish.plan, kFamilies[i]), outcome);
  }
  outcome.state.names = std::move(names);
}

void remove_iptables(FilterOutcome& outcome) {
  for (std::size_t i = 0; i < kFamilies.size(); ++i) change_rules(i, {}, outcome);
  // Sets go when no rule speaks of them; those that are not there need no word.
  for (const std::string& set : outcome.state.names.sets) {
    (void)run_program({"ipset", "destroy", set});
  }
  outcome.state.names = {};
  outcome.state.rules = {};
}

void remove_nftables(FilterOutcome& outcome) {
  const auto done = run::run_nftables(nftables_commands({outcome.state.table}, {}));
  if (!done) {
    outcome.lines.push_back("nftables table " + outcome.state.table +
                            " stays: " + done.error().message);
  }
  outcome.state.table.clear();
}

}  // namespace

FilterOutcome carry_out(const FilterWish& wish, FilterState state) {
  FilterOutcome outcome;
  outcome.state = std::move(state);
  const bool iptables = wish.iptables && !wish.plan.empty() && own_iptables(outcome);
  const std::string& table = wish.nftables.table;
  const bool nftables = !iptables && !wish.plan.empty();
  if (!outcome.state.table.empty() && (!nftables || outcome.state.table != table)) {
    remove_nftables(outcome);
  }
  const IptablesNames& names = outcome.state.names;
  if (outcome.state.by_iptables() &&
      (!iptables || names.in != wish.iptables->in || names.out != wish.iptables->out)) {
    remove_iptables(outcome);
  }
  if (iptables) apply_iptables(wish, outcome);
  if (!nftables) return outcome;
  const auto done = run::run_nftables(nftables_commands(wish.nftables, wish.plan));
  if (done) {
    outcome.state.table = table;
  } else {
    outcome.errors.push_back("nftables: " + done.error().message);
  }
  return outcome;
}

}  // namespace understudy::vrrp
