#include <algorithm>

#include "vrrp/dump_parts.hpp"
#include "vrrp/dump_routing.hpp"
#include "vrrp/wiring.hpp"

namespace understudy::vrrp {
namespace {

/// What is known of one instance, and where.
struct Subject {
  const InstanceConfig& config;
  const InstanceFacts& facts;
  const LinkFacts* interface = nullptr;
  const DumpContext& context;
  /// The interface that is made for it is there: a VMAC, an ipvlan.
  [[nodiscard]] bool has_own_interface() const {
    return facts.has_interface || context.interfaces.contains(own_interface(config));
  }
};

std::string vmac_name(const InstanceConfig& config, const GlobalConfig& global) {
  const bool vlan = config.ipvlan->used;
  const std::string& name = vlan ? config.ipvlan->name : config.vmac->name;
  if (!name.empty()) return name;
  const std::string& prefix = global.vmac_prefix;
  return fmt::format("{}.{}", prefix.empty() ? "vrrp" : prefix, config.vrid.value());
}

/// Whether any of the original's flags of an instance is set.
bool has_flags(const InstanceConfig& config) {
  const auto& vmac = *config.vmac;
  const bool unicast = config.unicast != Rare<UnicastConfig>();
  const bool plain = config.dont_track_primary || config.skip_check_adv_addr ||
                     !config.mcast_source->empty() || config.promote_secondaries ||
                     config.no_addresses || config.nopreempt || config.v3_checksum_as_v2;
  const bool other_family = std::ranges::any_of(config.excluded, [&](const VirtualAddress& one) {
    return one.address.family() != config.family;
  });
  const bool virtual_link = vmac != VirtualMac() || config.ipvlan->used;
  return unicast || plain || virtual_link || config.garp_extra_all ||
         (other_family && virtual_link);
}

void dump_flags(DumpLines& out, const InstanceConfig& config) {
  if (!has_flags(config)) return out.add("   Flags: none");
  out.add("   Flags:");
  const auto& unicast = config.unicast;
  if (config.is_unicast()) {
    out.add("     Using unicast");
  } else if (unicast != Rare<UnicastConfig>()) {
    out.add("     Unicast config option specified but using multicast");
  }
  if (unicast->fault_without_peers) out.add("     If unicast go to fault state if no peers");
}

void dump_identity(DumpLines& out, const Subject& subject) {
  const auto& config = subject.config;
  out.add(" VRRP Instance = {}", config.name);
  out.add("   VRRP Version = {}", config.version);
  const auto group = subject.context.group_of.find(config.name);
  if (group != subject.context.group_of.end()) out.add("   Sync group = {}", group->second);
  if (config.family == Family::ipv6) out.add("   Using Native IPv6");
  dump_flags(out, config);
  // With AH a router hears the others' sequence numbers first, and a group waits for its backups.
  const bool waits =
      config.authentication == Authentication::ah || group != subject.context.group_of.end();
  const bool master = config.initial_state == RouterState::master && (config.owner() || !waits);
  out.add("   Wantstate = {}", master ? "MASTER" : "BACKUP");
  out.add("   Number of config faults = {:d}", config.disabled);
}

void dump_vmac(DumpLines& out, const Subject& subject) {
  const auto& vmac = *subject.config.vmac;
  if (!vmac.used) return;
  out.add("   Use VMAC, i/f name {}, is_up = {}, xmit_base = {}",
          vmac_name(subject.config, subject.context.global),
          true_false(subject.has_own_interface()), true_false(vmac.transmit_on_base));
  if (!vmac.address) return;
  out.add("     MAC = {}{}", MacAddress{*vmac.address}.to_string(),
          vmac.address_ends_in_vrid ? " (using VRID)" : "");
}

const char* mode_text(Ipvlan::Mode mode) {
  switch (mode) {
    case Ipvlan::Mode::bridge:
      break;
    case Ipvlan::Mode::private_:
      return "private";
    case Ipvlan::Mode::vepa:
      return "vepa";
  }
  return "bridge";
}

void dump_ipvlan(DumpLines& out, const Subject& subject) {
  const auto& ipvlan = *subject.config.ipvlan;
  if (!ipvlan.used) return;
  std::string address;
  if (ipvlan.address) {
    const bool whole = ipvlan.address->length == ipvlan.address->address.max_prefix();
    address = ", i/f address = " +
              (whole ? ipvlan.address->address.to_string() : ipvlan.address->to_string());
  }
  out.add("   Use IPVLAN, i/f {}, is_up = {}{}, type {}",
          vmac_name(subject.config, subject.context.global),
          true_false(subject.has_own_interface()), address, mode_text(ipvlan.mode));
}

void dump_interface(DumpLines& out, const Subject& subject) {
  const auto& config = subject.config;
  dump_vmac(out, subject);
  dump_ipvlan(out, subject);
  if (config.vmac->netlink_notify) out.add("     Force netlink update for base interface");
  if (config.vmac->for_addresses) out.add("     Use VMAC for VIPs on other interfaces");
  const auto group = config.ipvlan->used ? config.ipvlan->group : config.vmac->group;
  if (group) {
    out.add("     Interface group {}", *group);
  } else if (subject.interface != nullptr && subject.interface->group != 0) {
    out.add("     Interface group {} (copied from parent)", subject.interface->group);
  }
  if (subject.has_own_interface()) {
    out.add("   Interface = {}, {} on {}{}", vmac_name(config, subject.context.global),
            config.vmac->used ? "vmac" : "ipvlan", config.interface,
            config.vmac->transmit_on_base ? ", xmit base i/f" : "");
  } else {
    out.add("   Interface = {}", config.interface.empty() ? "not configured" : config.interface);
  }
  if (!config.unicast->vrf.empty()) out.add("   VRF = {}", config.unicast->vrf);
  if (config.dont_track_primary) out.add("   VRRP interface tracking disabled");
  if (config.skip_check_adv_addr) out.add("   Skip checking advert IP addresses");
  if (config.no_addresses) out.add("   Suppress no VIPs warning");
  if (config.strict) out.add("   Enforcing strict VRRP compliance");
}

/// Of adverts, where none is configured: before the first one, what the interface offers.
IpAddress present_source(const Subject& subject) {
  if (!subject.facts.source.empty() || subject.interface == nullptr) return subject.facts.source;
  for (const auto& address : subject.interface->addresses) {
    if (address.family() != subject.config.family) continue;
    if (address.is_v4() || address.is_link_local()) return address;
  }
  return {};
}

void dump_source(DumpLines& out, const Subject& subject) {
  const auto& config = subject.config;
  const IpAddress source =
      !config.mcast_source->empty() ? *config.mcast_source : present_source(subject);
  out.add("   Using src_ip = {}{}", source.empty() ? "(none)" : source.to_string(),
          !config.mcast_source->empty() ? " (from configuration)" : "");
  if (config.is_unicast()) return;
  if (config.family == Family::ipv6) {
    const auto& links = subject.context.interfaces;
    const auto own = links.find(advert_interface(config));
    const LinkFacts* link = own == links.end() ? subject.interface : own->second;
    out.add("   Multicast address {}, ifindex {}", config.mcast_group.to_string(),
            link == nullptr ? 0 : link->index);
  } else {
    out.add("   Multicast address {}", config.mcast_group.to_string());
  }
}

void dump_announcements(DumpLines& out, const InstanceConfig& config) {
  const auto& garp = *config.garp;
  out.add("   Gratuitous ARP delay = {}", garp.delay.count());
  out.add("   Gratuitous ARP repeat = {}", garp.repeat);
  out.add("   Gratuitous ARP refresh = {}", garp.refresh.count());
  out.add("   Gratuitous ARP refresh repeat = {}", garp.refresh_repeat);
  out.add("   Gratuitous ARP lower priority delay = {}", garp.lower_prio_delay.count());
  out.add("   Gratuitous ARP lower priority repeat = {}", garp.lower_prio_repeat);
  out.add("   Down timer adverts = {}", config.down_timer_adverts);
  if (config.garp_extra_interval.count() != 0) {
    out.add("   Gratuitous ARP for each secondary {} = {}", config.garp_extra_all ? "i/f" : "VMAC",
            config.garp_extra_interval.count());
  }
  out.add("   Send advert after receive lower priority advert = {}",
          true_false(!config.lower_prio_no_advert));
  out.add("   Send advert after receive higher priority advert = {}",
          true_false(config.higher_prio_send_advert));
  if (config.owner()) {
    out.add("   Address owner ignores received adverts = {}",
            true_false(config.owner_ignore_adverts));
  }
}

void dump_election(DumpLines& out, const Subject& subject) {
  const auto& config = subject.config;
  out.add("   Virtual Router ID = {}", config.vrid.value());
  out.add("   Priority = {}", config.priority.value());
  if (config.nopreempt) {
    out.add("   Highest other priority = {}", subject.facts.highest_other_priority);
  }
  if (config.version == 2) {
    out.add("   Advert interval = {} sec", config.advert_interval.count() / 1'000'000);
  } else {
    out.add("   Advert interval = {} milli-sec", config.advert_interval.count() / 1000);
  }
  out.add("   Last advert sent = {}", decimal(subject.facts.last_advert));
  out.add("   Accept = {}", enabled(config.accept));
  out.add("   Preempt = {}", enabled(!config.nopreempt));
  if (config.preempt_delay.count() != 0) {
    out.add("   Preempt delay = {:g} secs",
            std::chrono::duration<double>(config.preempt_delay).count());
  }
  out.add("   Promote_secondaries = {}", enabled(config.promote_secondaries));
}

const char* mode_text(HmacAuthentication::Mode mode) {
  switch (mode) {
    case HmacAuthentication::Mode::enforce:
      break;
    case HmacAuthentication::Mode::permissive:
      return "permissive";
    case HmacAuthentication::Mode::receive_only:
      return "receive-only";
  }
  return "enforce";
}

void dump_authentication(DumpLines& out, const InstanceConfig& config) {
  switch (config.authentication) {
    case Authentication::none:
      if (config.version == 2) out.add("   Authentication type = none");
      break;
    case Authentication::ah:
      out.add("   Authentication type = IPSEC_AH");
      break;
    case Authentication::pass:
      out.add("   Authentication type = SIMPLE_PASSWORD");
      out.add("   Password = ********");
      break;
  }
  const auto& hmac = *config.hmac;
  if (!hmac.used()) return;
  out.add("   Authentication extension = HMAC-SHA256-128");
  out.add("     Keys = {}, active key id = {}", hmac.keys.size(), hmac.active_key);
  out.add("     Mode = {}", mode_text(hmac.mode));
  if (hmac.anti_replay == HmacAuthentication::AntiReplay::time) {
    out.add("     Anti replay = time, window = {} sec", hmac.time_window.count());
  } else {
    out.add("     Anti replay = monotonic");
  }
}

void dump_packets(DumpLines& out, const InstanceConfig& config) {
  dump_authentication(out, config);
  if (config.version == 3 && config.family == Family::ipv4) {
    out.add("   VRRPv3 uses VRRPv2 checksum = {}", enabled(config.v3_checksum_as_v2));
  }
  if (config.kernel_rx_buf_size != 0) {
    out.add("   Kernel rx buffer size = {}", config.kernel_rx_buf_size);
  }
  if (config.debug != 0) out.add("   Debug level = {}", config.debug);
}

/// The interface an address goes to, "vrrp.51@eth0" where one was made for it.
std::string device_of(const VirtualAddress& address, const Subject& subject) {
  const auto& config = subject.config;
  const std::string& below = base_of(config, address);
  if (!address.vmac->empty()) return fmt::format("{}@{}", *address.vmac, below);
  if (needs_address_vmac(config, address)) {
    // Its name is not known yet.
    const auto& global = subject.context.global;
    const std::string& prefix =
        global.vmac_addr_prefix.empty() ? global.vmac_prefix : global.vmac_addr_prefix;
    if (!subject.has_own_interface()) return below;
    return fmt::format("{}.{}@{}", prefix.empty() ? "vrrp" : prefix, config.vrid.value(), below);
  }
  const bool other = below != config.interface || address.address.family() != config.family;
  if (other || !config.vmac->used || !subject.has_own_interface()) return below;
  return fmt::format("{}@{}", vmac_name(config, subject.context.global), below);
}

void dump_addresses(DumpLines& out, const std::vector<VirtualAddress>& addresses,
                    const Subject& subject) {
  for (const auto& address : addresses) {
    out.add("     {}",
            dump_text(address, {device_of(address, subject), subject.facts.addresses_set, {}}));
  }
}

const char* compatibility_text(UnicastConfig::OldChecksum old) {
  switch (old) {
    case UnicastConfig::OldChecksum::automatic:
      break;
    case UnicastConfig::OldChecksum::always:
      return "config";
    case UnicastConfig::OldChecksum::never:
      return "never";
  }
  return "no";
}

void dump_unicast(DumpLines& out, const InstanceConfig& config) {
  if (!config.is_unicast()) return;
  const auto& unicast = *config.unicast;
  if (unicast.ttl) {
    out.add("   Unicast TTL = {}", *unicast.ttl);
  } else if (config.family == Family::ipv4) {
    out.add("   Unicast TTL = 255");
  }
  out.add("   Check unicast src : {}", yes_no(unicast.check_source));
  out.add("   Unicast Peer :");
  for (const auto& peer : unicast.peers) {
    out.add("     {} min_ttl {} max_ttl {}", peer.address.to_string(), peer.min_ttl, peer.max_ttl);
  }
  out.add("   Unicast checksum compatibility = {}", compatibility_text(unicast.old_checksum));
}

void dump_held(DumpLines& out, const Subject& subject) {
  const auto& config = subject.config;
  if (!config.addresses.empty()) {
    out.add("   Virtual IP ({}):", config.addresses.size());
    dump_addresses(out, config.addresses, subject);
  }
  if (!config.excluded.empty()) {
    out.add("   Virtual IP Excluded :");
    dump_addresses(out, config.excluded, subject);
  }
  dump_unicast(out, config);
  if (const auto& sockets = subject.facts.sockets) {
    out.add("   fd_in {}, fd_out {}", sockets->first, sockets->second);
  } else {
    out.add("   No sockets allocated");
  }
  if (!config.routes.empty()) {
    out.add("   Virtual Routes :");
    for (const auto& route : config.routes) out.add("     {}", dump_text(route));
  }
  if (!config.rules.empty()) {
    out.add("   Virtual Rules :");
    for (const auto& rule : config.rules) out.add("     {}", dump_text(rule));
  }
}

}  // namespace

const char* state_text(RouterState state) {
  switch (state) {
    case RouterState::init:
      return "INIT";
    case RouterState::backup:
      return "BACKUP";
    case RouterState::master:
      return "MASTER";
    case RouterState::fault:
      return "FAULT";
    case RouterState::stop:
      break;
  }
  return "unknown";
}

void dump_tracked(DumpLines& out, const TrackReferences& references, const char* processes,
                  const DumpContext& context) {
  const auto list = [&](const char* heading, const std::vector<TrackReference>& all,
                        const std::unordered_map<std::string, DumpWeight>& things,
                        const char* after_name) {
    if (all.empty()) return;
    out.add("   {} :", heading);
    for (const auto& reference : all) {
      const auto [value, reverse] = context.weight(reference, things);
      out.add("     {}{} weight {}{}", reference.name, after_name, value, reversed(reverse));
    }
  };
  list("Tracked interfaces", references.interfaces, {}, "");
  list("Tracked scripts", references.scripts, context.script_weights, "");
  list("Tracked files", references.files, context.file_weights, ",");
  list(processes, references.processes, context.process_weights, ",");
  list("Tracked BFDs", references.bfds, context.bfd_weights, ":");
}

void dump_notify(DumpLines& out, const NotifyScripts& notify, const FindScript& find) {
  const auto one = [&](const char* type, const ScriptCall& call) {
    add_script(out, fmt::format("   {} state transition script", type), call, find);
  };
  one("Backup", notify.backup);
  one("Master", notify.master);
  one("Fault", notify.fault);
  one("Stop", notify.stop);
  one("Deleted", notify.deleted);
  one("Generic", notify.any);
  one("Master rx lower pri", notify.master_rx_lower_pri);
}

void dump_instance(DumpLines& out, const InstanceConfig& instance, const DumpContext& context) {
  static const InstanceFacts kNotBegun;
  const auto known = context.facts.instances.find(instance.name);
  const auto interface = context.interfaces.find(instance.interface);
  const Subject subject{
      instance, known == context.facts.instances.end() ? kNotBegun : known->second,
      interface == context.interfaces.end() ? nullptr : interface->second, context};
  dump_identity(out, subject);
  dump_interface(out, subject);
  dump_source(out, subject);
  dump_announcements(out, instance);
  dump_election(out, subject);
  dump_packets(out, instance);
  dump_held(out, subject);
  dump_tracked(out, *instance.track, "Tracked processes", context);
  out.add("   Using smtp notification = {}", yes_no(instance.smtp_alert));
  out.add("   Notify deleted = {}", instance.notify->tell_deletion ? "Deleted" : "Fault");
  dump_notify(out, *instance.notify, context.facts.find_script);
  out.add("   Notify priority changes = {}", true_false(instance.notify_priority_changes));
}

}  // namespace understudy::vrrp
