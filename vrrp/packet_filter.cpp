#include "vrrp/packet_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "vrrp/wiring.hpp"

namespace understudy::vrrp {
namespace {

/// "a, b, c" of `text(item)` for each item that `wanted(item)`; empty: none.
template <typename List, typename Wanted, typename Text>
std::string elements(const List& list, Wanted wanted, Text text) {
  std::string joined;
  for (const auto& item : list) {
    if (wanted(item)) joined += (joined.empty() ? "" : ", ") + text(item);
  }
  return joined;
}

/// A table in the making.
class Table {
 public:
  Table(const NftablesOptions& options, const FilterPlan& plan, Family family)
      : options_(options),
        plan_(plan),
        v6_(family == Family::ipv6),
        ip_(v6_ ? "ip6" : "ip"),
        count_(options.counters ? "counter " : "") {}

  std::string write() {
    add_vmacs();
    add_addresses();
    // "add" before "delete": deleting what does not exist would fail the transaction.
    std::string text =
        fmt::format("add table {0} {1}\ndelete table {0} {1}\n", ip_, options_.table);
    if (sets_.empty()) return text;
    text += fmt::format("table {} {} {{\n{}", ip_, options_.table, sets_);
    text += chain("in", "hook input", in_) + chain("out", "hook output", out_);
    return text + "}\n";
  }

 private:
  /// Without a hook: jumped to.
  [[nodiscard]] std::string chain(const std::string& name, const std::string& hook,
                                  const std::string& rules) const {
    if (rules.empty()) return {};
    const std::string head =
        hook.empty()
            ? ""
            : fmt::format("type filter {} priority {}; policy accept;\n", hook, options_.priority);
    return fmt::format("chain {} {{\n{}{}}}\n", name, head, rules);
  }

  void add_set(const std::string& kind, const std::string& name, const std::string& type,
               const std::string& content) {
    sets_ += fmt::format("{} {} {{ type {}; elements = {{ {} }} }}\n", kind, name, type, content);
  }

  void rule(std::string& rules, const std::string& match, const std::string& verdict) const {
    rules += match + " " + count_ + verdict + "\n";
  }

  [[nodiscard]] std::string interface_text(const std::string& name, std::uint32_t index) const {
    return options_.by_index ? fmt::format("{}", index) : fmt::format("\"{}\"", name);
  }

  void add_vmacs() {
    const auto here = [this](const FilterPlan::Vmac& vmac) { return v6_ ? vmac.ipv6 : vmac.ipv4; };
    const std::string map = elements(plan_.vmacs, here, [](const FilterPlan::Vmac& vmac) {
      return fmt::format("{} : {}", vmac.index, vmac.base_index);
    });
    if (map.empty()) return;
    add_set("map", "vmac_map", "iface_index : iface_index", map);
    if (v6_) add_base_addresses();
    const std::string what =
        v6_ ? "icmpv6 type { mld-listener-report, mld2-listener-report }" : "ip protocol igmp";
    // The duplicate leaves by the interface below, the original does not leave.
    rule(out_, what + " meta oifkind \"macvlan\" dup to " + ip_ + " daddr device oif map @vmac_map",
         "drop");
    if (!v6_) return;
    add_set("set", "vmac_set", "iface_index", elements(plan_.vmacs, here, [](const auto& vmac) {
              return fmt::format("{}", vmac.index);
            }));
    rule(out_, "icmpv6 type nd-router-solicit meta oifkind \"macvlan\" oif @vmac_set", "drop");
  }

  /// The base's link-local address is on the VMAC too, as the source of adverts.
  void add_base_addresses() {
    const auto known = [](const FilterPlan::Vmac& vmac) {
      return vmac.ipv6 && !vmac.base_address.empty();
    };
    const std::string bases = elements(plan_.vmacs, known, [this](const FilterPlan::Vmac& vmac) {
      return vmac.base_address.to_string() + " . " + interface_text(vmac.name, vmac.index);
    });
    if (bases.empty()) return;
    add_set("set", "parent_link_local",
            options_.by_index ? "ipv6_addr . iface_index" : "ipv6_addr . ifname", bases);
    rule(out_,
         fmt::format("icmpv6 type nd-neighbor-advert meta oifkind \"macvlan\" ip6 saddr . {} "
                     "@parent_link_local",
                     options_.by_index ? "oif" : "oifname"),
         "drop");
  }

  void add_addresses() {
    const auto here = [this](const IpAddress& address) { return address.is_v6() == v6_; };
    const std::string vips =
        elements(plan_.addresses, here, [](const IpAddress& one) { return one.to_string(); });
    const std::string local = !v6_ ? ""
                                   : elements(
                                         plan_.link_local, [](const auto&) { return true; },
                                         [this](const FilterPlan::LinkLocal& one) {
                                           return one.address.to_string() + " . " +
                                                  interface_text(one.interface, one.index);
                                         });
    if (vips.empty() && local.empty()) return;
    rule(in_, "iif \"lo\"", "accept");
    rule(out_, "oif \"lo\"", "accept");
    if (v6_) {
      const std::string discovery = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }";
      rule(in_, discovery, "accept");
      rule(out_, discovery, "accept");
    }
    if (!vips.empty()) {
      add_set("set", "vips", v6_ ? "ipv6_addr" : "ipv4_addr", vips);
      rule(in_, ip_ + " daddr @vips", "drop");
      rule(out_, ip_ + " saddr @vips", "drop");
    }
    if (local.empty()) return;
    add_set("set", "vips_link_local",
            options_.by_index ? "ipv6_addr . iface_index" : "ipv6_addr . ifname", local);
    const std::string suffix = options_.by_index ? "" : "name";
    rule(in_, "ip6 daddr . iif" + suffix + " @vips_link_local", "drop");
    rule(out_, "ip6 saddr . oif" + suffix + " @vips_link_local", "drop");
  }

  const NftablesOptions& options_;
  const FilterPlan& plan_;
  bool v6_;
  std::string ip_;
  std::string count_;
  std::string sets_;
  std::string in_;
  std::string out_;
};

void add_vmac(FilterPlan& plan, const InstanceConfig& instance, const FilterFacts& facts,
              std::set<std::string_view>& seen) {
  if (!instance.vmac->used || !seen.insert(own_interface(instance)).second) return;
  FilterPlan::Vmac vmac;
  vmac.name = own_interface(instance);
  vmac.base = instance.interface;
  vmac.index = facts.index(vmac.name);
  vmac.base_index = facts.index(vmac.base);
  if (vmac.index == 0 || vmac.base_index == 0) return;
  vmac.ipv4 = instance.family == Family::ipv4;
  vmac.ipv6 = instance.family == Family::ipv6;
  for (const VirtualAddress& address : instance.excluded) {
    (address.address.is_v6() ? vmac.ipv6 : vmac.ipv4) = true;
  }
  if (vmac.ipv6) vmac.base_address = facts.link_local(vmac.base);
  plan.vmacs.push_back(std::move(vmac));
}

}  // namespace

std::vector<IpAddress> refused_by(const InstanceConfig& instance) {
  std::vector<IpAddress> result;
  if (instance.accept || instance.owner()) return result;
  for (const auto* list : {&instance.addresses, &instance.excluded}) {
    for (const VirtualAddress& address : *list) result.push_back(address.address);
  }
  return result;
}

FilterPlan plan_filter(const VrrpConfig& config, const FilterFacts& facts) {
  FilterPlan plan;
  std::set<std::string_view> seen;
  for (const InstanceConfig& instance : config.instances) {
    add_vmac(plan, instance, facts, seen);
    if (instance.accept || instance.owner()) continue;
    for (const auto* list : {&instance.addresses, &instance.excluded}) {
      for (const VirtualAddress& address : *list) {
        if (!address.address.is_v6() || !address.address.is_link_local()) {
          plan.addresses.push_back(address.address);
          continue;
        }
        const std::string& interface = interface_of(instance, address);
        plan.link_local.push_back({address.address, interface, facts.index(interface)});
      }
    }
  }
  std::ranges::sort(plan.addresses);
  plan.addresses.erase(std::unique(plan.addresses.begin(), plan.addresses.end()),
                       plan.addresses.end());
  return plan;
}

std::string nftables_commands(const NftablesOptions& options, const FilterPlan& plan) {
  return Table(options, plan, Family::ipv4).write() + Table(options, plan, Family::ipv6).write();
}

}  // namespace understudy::vrrp
