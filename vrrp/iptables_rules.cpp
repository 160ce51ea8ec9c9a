#include "vrrp/iptables_rules.hpp"

#include <fmt/format.h>
#include <netinet/icmp6.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace understudy::vrrp {
namespace {

// ICMPv6 types (RFC 4861, RFC 2710, RFC 3810).
constexpr int kSolicitation = ND_NEIGHBOR_SOLICIT;
constexpr int kAdvertisement = ND_NEIGHBOR_ADVERT;
constexpr int kReport = MLD_LISTENER_REPORT;
constexpr int kReport2 = 143;

/// Positions in IptablesNames::sets.
enum SetPosition : std::size_t { kAddresses, kAddresses6, kInterfaces6, kIgmp, kMld, kDiscovery };

std::string icmp(int type) { return fmt::format(" -p ipv6-icmp -m icmp6 --icmpv6-type {}", type); }

/// The rules of one family in the making.
class Writer {
 public:
  Writer(const IptablesNames& names, const FilterPlan& plan, Family family)
      : names_(names), plan_(plan), v6_(family == Family::ipv6) {}

  IptablesRules write() {
    add_vmacs();
    if (names_.sets.empty()) {
      for (const IpAddress& address : plan_.addresses) {
        if (address.is_v6() == v6_) add_address(address, {});
      }
      for (const auto& one : plan_.link_local) {
        if (v6_) add_address(one.address, one.interface);
      }
    } else {
      add_address_sets();
    }
    return std::move(rules_);
  }

 private:
  void rule(const std::string& chain, const std::string& match, const char* target) {
    if (!chain.empty()) rules_.push_back(fmt::format("-A {}{} -j {}", chain, match, target));
  }

  [[nodiscard]] std::string match_set(SetPosition set, const char* direction) const {
    return fmt::format(" -m set --match-set {} {}", names_.sets[set], direction);
  }

  /// Neighbour discovery passes, all else is dropped.
  void drop_but_discovery(const std::string& chain, const std::string& before,
                          const std::string& after) {
    if (v6_) {
      for (const int type : {kSolicitation, kAdvertisement}) {
        rule(chain, before + icmp(type) + after, "ACCEPT");
      }
    }
    rule(chain, before + after, "DROP");
  }

  void add_address(const IpAddress& address, const std::string& interface) {
    const std::string text = fmt::format("{}/{}", address.to_string(), address.max_prefix());
    const auto by = [&](const char* option) {
      return interface.empty() ? std::string() : std::string(option) + interface;
    };
    drop_but_discovery(names_.out, " -s " + text + by(" -o "), {});
    drop_but_discovery(names_.in, " -d " + text + by(" -i "), {});
  }

  void add_address_sets() {
    const auto here = [this](const IpAddress& address) { return address.is_v6() == v6_; };
    if (v6_ && !plan_.link_local.empty()) {
      drop_but_discovery(names_.in, {}, match_set(kInterfaces6, "dst,src"));
      drop_but_discovery(names_.out, {}, match_set(kInterfaces6, "src,dst"));
    }
    if (std::ranges::none_of(plan_.addresses, here)) return;
    const SetPosition set = v6_ ? kAddresses6 : kAddresses;
    drop_but_discovery(names_.in, {}, match_set(set, "dst"));
    drop_but_discovery(names_.out, {}, match_set(set, "src"));
  }

  void add_vmacs() {
    const auto here = [this](const FilterPlan::Vmac& one) { return v6_ ? one.ipv6 : one.ipv4; };
    if (std::ranges::none_of(plan_.vmacs, here)) return;
    if (!names_.sets.empty()) {
      if (!v6_) return rule(names_.out, " -p igmp" + match_set(kIgmp, "dst,dst"), "DROP");
      for (const int type : {kReport2, kReport}) {
        rule(names_.out, icmp(type) + match_set(kMld, "dst,dst"), "DROP");
      }
      rule(names_.out, icmp(kAdvertisement) + match_set(kDiscovery, "src,dst"), "DROP");
      return;
    }
    for (const FilterPlan::Vmac& vmac : plan_.vmacs) {
      if (here(vmac)) add_vmac(vmac);
    }
  }

  void add_vmac(const FilterPlan::Vmac& vmac) {
    const std::string by = " -o " + vmac.name;
    if (!v6_) return rule(names_.out, by + " -p igmp", "DROP");
    for (const int type : {kReport2, kReport}) rule(names_.out, by + icmp(type), "DROP");
    if (vmac.base_address.empty()) return;
    rule(names_.out, " -s " + vmac.base_address.to_string() + "/128" + by + icmp(kAdvertisement),
         "DROP");
  }

  const IptablesNames& names_;
  const FilterPlan& plan_;
  bool v6_;
  IptablesRules rules_;
};

/// Commands that make one set hold exactly these.
std::string set_commands(const std::string& name, const char* kind,
                         const std::vector<std::string>& members) {
  std::string text = fmt::format("create {} {}\nflush {}\n", name, kind, name);
  for (const std::string& member : members) text += fmt::format("add {} {}\n", name, member);
  return text;
}

}  // namespace

IptablesNames iptables_names(const std::vector<std::string>& chains,
                             const std::optional<std::vector<std::string>>& sets) {
  static const std::vector<std::string> kUsual{"keepalived",     "keepalived6",
                                               "keepalived_if6", "keepalived_igmp",
                                               "keepalived_mld", "keepalived_nd"};
  return {chains[0], chains.size() > 1 ? chains[1] : std::string(), sets.value_or(kUsual)};
}

IptablesRules iptables_rules(const IptablesNames& names, const FilterPlan& plan, Family family) {
  return Writer(names, plan, family).write();
}

std::string ipset_commands(const IptablesNames& names, const FilterPlan& plan) {
  if (names.sets.empty()) return {};
  std::vector<std::vector<std::string>> members(names.sets.size());
  for (const IpAddress& address : plan.addresses) {
    members[address.is_v6() ? kAddresses6 : kAddresses].push_back(address.to_string());
  }
  for (const auto& one : plan.link_local) {
    members[kInterfaces6].push_back(one.address.to_string() + "," + one.interface);
  }
  for (const auto& vmac : plan.vmacs) {
    if (vmac.ipv4) members[kIgmp].push_back("0.0.0.0/0," + vmac.name);
    if (vmac.ipv6) members[kMld].push_back("::/0," + vmac.name);
    if (vmac.ipv6 && !vmac.base_address.empty()) {
      members[kDiscovery].push_back(vmac.base_address.to_string() + "," + vmac.name);
    }
  }
  static constexpr const char* kKinds[]{
      "hash:ip family inet",        "hash:ip family inet6",        "hash:net,iface family inet6",
      "hash:net,iface family inet", "hash:net,iface family inet6", "hash:net,iface family inet6"};
  std::string text;
  // A set exists as long as a rule speaks of it: also of IPv6 when MLD needs its neighbour.
  const bool discovery = !members[kMld].empty();
  for (std::size_t i = 0; i < members.size(); ++i) {
    const bool needed = !members[i].empty() || (i == kDiscovery && discovery);
    if (needed) text += set_commands(names.sets[i], kKinds[i], members[i]);
  }
  return text;
}

std::string iptables_changes(const std::string& existing, const IptablesRules& before,
                             const IptablesRules& wanted) {
  std::set<std::string> there;
  std::istringstream lines(existing);
  for (std::string line; std::getline(lines, line);) there.insert(line);
  std::string text;
  for (const std::string& rule : before) {
    const bool stays = std::ranges::find(wanted, rule) != wanted.end();
    if (!stays && there.contains(rule)) text += "-D" + rule.substr(2) + "\n";
  }
  for (const std::string& rule : wanted) {
    if (!there.contains(rule)) text += rule + "\n";
  }
  return text.empty() ? text : "*filter\n" + text + "COMMIT\n";
}

}  // namespace understudy::vrrp
