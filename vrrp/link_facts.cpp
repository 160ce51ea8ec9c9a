#include "vrrp/link_facts.hpp"

#include <linux/if_link.h>

#include <utility>

namespace understudy::vrrp {

namespace {

using netlink::Link;
using netlink::LinkKind;

const char* macvlan_mode(std::uint16_t mode) {
  switch (mode) {
    case MACVLAN_MODE_PRIVATE:
      return "private";
    case MACVLAN_MODE_VEPA:
      return "vepa";
    case MACVLAN_MODE_BRIDGE:
      return "bridge";
    case MACVLAN_MODE_PASSTHRU:
      return "passthru";
    case MACVLAN_MODE_SOURCE:
      return "source";
    default:
      return "unknown";
  }
}

std::string ipvlan_mode(const Link& link) {
  std::string text = "unknown mode ";
  if (link.mode == IPVLAN_MODE_L2) text = "L2 ";
  if (link.mode == IPVLAN_MODE_L3) text = "L3 ";
  if (link.mode == IPVLAN_MODE_L3S) text = "L3S ";
  if ((link.ipvlan_flags & IPVLAN_F_PRIVATE) != 0) return text + "private";
  return text + ((link.ipvlan_flags & IPVLAN_F_VEPA) != 0 ? "vepa" : "bridge");
}

std::optional<StackedFacts> stacked_facts(const Link& link, const netlink::Monitor& monitor) {
  if (!link.is_virtual()) return std::nullopt;
  StackedFacts facts;
  facts.ipvlan = link.kind == LinkKind::ipvlan;
  facts.mode = facts.ipvlan ? ipvlan_mode(link) : macvlan_mode(link.mode);
  const auto base = monitor.links().find(link.base);
  if (base != monitor.links().end()) {
    facts.base = base->second.name;
    facts.base_flags = base->second.flags;
  }
  return facts;
}

SettingFacts setting_facts(const std::string& name, bool ours, const run::Sysctls& sysctls) {
  const auto path = [&](const char* setting) { return "net/ipv4/conf/" + name + "/" + setting; };
  const auto before = [&](const char* setting) {
    if (const auto original = sysctls.original_of(path(setting))) return *original;
    const auto now = run::read_sysctl(path(setting));
    return now ? *now : 0;
  };
  SettingFacts facts;
  facts.arp_ignore = before("arp_ignore");
  facts.arp_filter = before("arp_filter");
  facts.promote_secondaries = before("promote_secondaries");
  facts.arp_users = static_cast<unsigned>(sysctls.users_of(path("arp_ignore")));
  facts.promote_users = static_cast<unsigned>(sysctls.users_of(path("promote_secondaries")));
  if (ours || facts.arp_users > 0) facts.rp_filter = before("rp_filter");
  return facts;
}

}  // namespace

std::vector<LinkFacts> link_facts(const netlink::Monitor& monitor, LinkLayer& layer,
                                  const GlobalConfig& global) {
  std::vector<LinkFacts> result;
  for (const auto& [index, link] : monitor.links()) {
    LinkFacts facts;
    facts.name = link.name;
    facts.index = index.value();
    facts.flags = link.flags;
    facts.hardware = link.hardware;
    facts.mtu = link.mtu;
    facts.group = link.group;
    facts.mac = link.mac;
    for (const auto& one : monitor.addresses(index)) facts.addresses.push_back(one.address);
    facts.stacked = stacked_facts(link, monitor);
    facts.ours = layer.virtual_interfaces().is_ours(link.name);
    facts.changeable = global.allow_interface_changes && link.kind != LinkKind::device;
    if (link.kind == LinkKind::vrf) facts.vrf_table = link.vrf_table;
    const auto master = monitor.links().find(link.master);
    if (master != monitor.links().end() && master->second.kind == LinkKind::vrf) {
      facts.vrf = master->second.name;
    }
    facts.settings = setting_facts(link.name, facts.ours, layer.sysctls());
    result.push_back(std::move(facts));
  }
  return result;
}

}  // namespace understudy::vrrp
