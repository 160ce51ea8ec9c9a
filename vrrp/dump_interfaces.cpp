#include <net/if.h>
#include <net/if_arp.h>

#include <algorithm>

#include "vrrp/dump_parts.hpp"

namespace understudy::vrrp {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

/// The garp_group of an interface; nullptr: none.
const GarpGroup* group_of(const std::string& interface, const VrrpConfig& config) {
  for (const auto& group : config.garp_groups) {
    if (std::ranges::find(group.interfaces, interface) != group.interfaces.end()) return &group;
  }
  return nullptr;
}

void dump_addresses(DumpLines& out, const LinkFacts& interface, Family family) {
  const char* name = family == Family::ipv4 ? "IPv4" : "IPv6";
  std::vector<IpAddress> all;
  for (const auto& address : interface.addresses) {
    // Of IPv6 only what adverts can come from.
    if (address.family() != family || (address.is_v6() && !address.is_link_local())) continue;
    all.push_back(address);
  }
  out.add("   {} address = {}", name, all.empty() ? "(none)" : all[0].to_string());
  if (all.size() < 2) return;
  out.add("   Additional {} addresses :", name);
  for (std::size_t i = 1; i < all.size(); ++i) out.add("     {}", all[i].to_string());
}

void dump_state(DumpLines& out, const LinkFacts& interface) {
  const auto has = [&](unsigned flag) { return (interface.flags & flag) != 0; };
  const bool base_down = interface.stacked && !interface.stacked->base.empty() &&
                         (interface.stacked->base_flags & IFF_UP) == 0;
  out.add("   State = {}UP, {}RUNNING{}{}{}{}{}{}", has(IFF_UP) ? "" : "not ",
          has(IFF_RUNNING) ? "" : "not ", has(IFF_BROADCAST) ? "" : ", no broadcast",
          has(IFF_LOOPBACK) ? ", loopback" : "", has(IFF_POINTOPOINT) ? ", point to point" : "",
          has(IFF_NOARP) ? ", no arp" : "", has(IFF_MULTICAST) ? "" : ", no multicast",
          base_down ? ", master down" : "");
  out.add("   Seen up = {:d}", has(IFF_UP) && has(IFF_RUNNING));
}

void dump_stacked(DumpLines& out, const LinkFacts& interface) {
  if (interface.stacked) {
    const auto& stacked = *interface.stacked;
    const char* type = stacked.ipvlan ? "IPVLAN" : "VMAC";
    if (stacked.base.empty()) {
      out.add("   {} type {}, underlying interface in different namespace", type, stacked.mode);
    } else {
      out.add("   {} type {}, underlying interface = {}, state = {}UP, {}RUNNING", type,
              stacked.mode, stacked.base, (stacked.base_flags & IFF_UP) != 0 ? "" : "not ",
              (stacked.base_flags & IFF_RUNNING) != 0 ? "" : "not ");
    }
  }
  if (interface.ours) {
    out.add("   I/f created by keepalived");
  } else if (interface.changeable) {
    out.add("   Interface type/base can be changed");
  }
}

void dump_settings(DumpLines& out, const SettingFacts& settings) {
  out.add("   Reset ARP config counter {}", settings.arp_users);
  out.add("   Original arp_ignore {}", settings.arp_ignore);
  out.add("   Original arp_filter {}", settings.arp_filter);
  if (settings.rp_filter) out.add("   rp_filter {}", *settings.rp_filter);
  out.add("   Original promote_secondaries {}", settings.promote_secondaries);
  out.add("   Reset promote_secondaries counter {}", settings.promote_users);
}

void dump_delays(DumpLines& out, const LinkFacts& interface, const VrrpConfig& config) {
  out.add("   Delayed state change running = false");
  // Ours has those of the interface it stands on.
  const std::string& name =
      interface.ours && interface.stacked ? interface.stacked->base : interface.name;
  const auto found = std::ranges::find(config.interface_delays, name, &InterfaceDelay::interface);
  const bool given = found != config.interface_delays.end();
  out.add("   Up debounce timer = {}us", given ? found->up.count() : 0);
  out.add("   Down debounce timer = {}us", given ? found->down.count() : 0);
}

void dump_hardware(DumpLines& out, const LinkFacts& interface) {
  out.add("   MTU = {}", interface.mtu);
  switch (interface.hardware) {
    case ARPHRD_LOOPBACK:
      return out.add("   HW Type = LOOPBACK");
    case ARPHRD_ETHER:
      return out.add("   HW Type = ETHERNET");
    case ARPHRD_INFINIBAND:
      return out.add(" HW Type = INFINIBAND");
    default:
      return out.add("   HW Type = UNKNOWN ({})", interface.hardware);
  }
}

/// How its link is watched.
const char* watch_text(const std::string& interface, const DumpContext& context) {
  const auto& polled = context.config.linkbeat_interfaces;
  const auto found = std::ranges::find(polled, interface, &LinkbeatInterface::interface);
  if (found == polled.end()) return "NIC netlink status update";
  switch (found->method) {
    case LinkbeatInterface::Method::mii:
      return "NIC support MII regs";
    case LinkbeatInterface::Method::any:
    case LinkbeatInterface::Method::ethtool:
      return "NIC support ETHTOOL GLINK interface";
    case LinkbeatInterface::Method::ioctl:
      break;
  }
  return "NIC ioctl refresh polling";
}

void dump_pauses(DumpLines& out, const GarpGroup& group) {
  if (group.garp_interval) {
    out.add("   Gratuitous ARP interval {}ms",
            duration_cast<milliseconds>(*group.garp_interval).count());
  }
  if (group.gna_interval) {
    out.add("   Gratuitous NA interval {}ms",
            duration_cast<milliseconds>(*group.gna_interval).count());
  }
}

void dump_interface(DumpLines& out, const LinkFacts& interface, const DumpContext& context) {
  out.add(" Name = {}", interface.name);
  out.add("   index = {}", interface.index);
  dump_addresses(out, interface, Family::ipv4);
  dump_addresses(out, interface, Family::ipv6);
  if (interface.mac != MacAddress()) {
    out.add("   MAC = {}", interface.mac.to_string());
    out.add("   MAC broadcast = ff:ff:ff:ff:ff:ff");
  }
  dump_state(out, interface);
  dump_delays(out, interface, context.config);
  out.add("   Group = {}", interface.group);
  dump_stacked(out, interface);
  dump_hardware(out, interface);
  out.add("   {}", watch_text(interface.name, context));
  if (interface.vrf_table) {
    out.add("   VRF master table {}", *interface.vrf_table);
  } else if (!interface.vrf.empty()) {
    out.add("   VRF slave of {}", interface.vrf);
  }
  if (const auto* group = group_of(interface.name, context.config)) dump_pauses(out, *group);
  dump_settings(out, interface.settings);
  context.interface_followers.dump(out, interface.name, "Tracking VRRP instances :");
}

/// The time a pause ends; none runs before the first announcement.
void dump_pause(DumpLines& out, const char* type, microseconds pause) {
  out.add(" {} interval = {}", type, decimal(pause));
  out.add(" {} next time 0.000000 (Thu Jan  1 00:00:00.000000)", type);
}

}  // namespace

void dump_garp_groups(DumpLines& out, const DumpContext& context) {
  if (context.config.garp_groups.empty()) return;
  out.add("------< Gratuitous ARP delays >------");
  for (const auto& group : context.config.garp_groups) {
    out.add("------< GARP delay group >------");
    if (group.garp_interval) dump_pause(out, "GARP", *group.garp_interval);
    if (group.gna_interval) {
      dump_pause(out, "GNA", *group.gna_interval);
    } else if (!group.garp_interval) {
      out.add(" No configuration");
    }
    out.add(" Interfaces");
    for (const auto& interface : group.interfaces) out.add("  {}", interface);
  }
}

void dump_interfaces(DumpLines& out, const DumpContext& context) {
  if (context.facts.interfaces.empty()) return;
  out.add("------< Interfaces >------");
  for (const auto& interface : context.facts.interfaces) dump_interface(out, interface, context);
}

}  // namespace understudy::vrrp
