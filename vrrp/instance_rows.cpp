// vrrp_instance: who it is, when it takes over, and how strictly it keeps to the RFC.
#include <fmt/format.h>
#include <net/if.h>

#include <limits>
#include <utility>

#include "vrrp/routing_rows.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;
using namespace std::chrono_literals;
using InstanceRows = Block<InstanceDraft>;

constexpr std::uint64_t kMicroseconds = 1'000'000;
constexpr std::uint64_t kLongestPreemptDelay = 1000 * kMicroseconds;
constexpr unsigned kMostMissedAdverts = 100;
constexpr unsigned kHighestBelowOwner = 254;
constexpr unsigned kLoudest = 4;
constexpr std::size_t kIndent = 6;

void take_state(InstanceDraft& draft, const Binding& binding) {
  const auto word = binding.argument();
  if (word == "MASTER") {
    draft.state = RouterState::master;
  } else if (word == "BACKUP") {
    if (draft.state == RouterState::master) {
      binding.error(
          fmt::format("({}) state previously set as MASTER - ignoring BACKUP", draft.name));
    } else {
      draft.state = RouterState::backup;
    }
  } else {
    binding.error(fmt::format("({}) unknown state '{}', defaulting to BACKUP", draft.name, word),
                  "expected MASTER or BACKUP");
    draft.state = RouterState::backup;
  }
}

void take_interface(InstanceDraft& draft, const Binding& binding) {
  const std::string name(binding.argument());
  if (name.size() >= IFNAMSIZ) {
    binding.error(fmt::format("Interface name '{}' too long - ignoring", name));
    return;
  }
  draft.interface.clear();
  if (!check_interface(*draft.section, name)) {
    binding.error(
        fmt::format("WARNING - interface {} for vrrp_instance {} doesn't exist", name, draft.name));
  } else if (draft.section->facts(name).loopback) {
    binding.error(fmt::format("({}) cannot use a loopback interface ({}) for vrrp - ignoring",
                              draft.name, name));
  } else {
    draft.interface = name;
  }
}

void take_source(InstanceDraft& draft, const Binding& binding) {
  const auto complain = [&](std::string_view before, std::string_view after) {
    binding.error(fmt::format("Configuration error: VRRP instance[{}] {}[{}]{}", draft.name, before,
                              binding.argument(), after));
  };
  const auto source = parse_plain_address(binding.argument());
  if (!source) {
    complain("malformed src address", ". Skipping...");
    return;
  }
  if (draft.family == Family::none) draft.family = source->family();
  if (draft.family != source->family()) {
    complain("and src address", " MUST be of the same family !!! Skipping...");
    draft.mcast_source.reset();
    return;
  }
  draft.mcast_source = *source;
}

/// IPv6 groups beyond the link would not stay on it.
bool is_group(const IpAddress& address) {
  constexpr std::uint8_t kScope = 0x0f;
  constexpr std::uint8_t kLinkLocal = 2;
  if (!address.is_multicast()) return false;
  return address.is_v4() || (address.bytes()[1] & kScope) == kLinkLocal;
}

void take_group(InstanceDraft& draft, const Binding& binding) {
  const auto group = parse_plain_address(binding.argument());
  if (!group) {
    binding.error(fmt::format("({}) malformed mcast dest address {}. Skipping...", draft.name,
                              binding.argument()));
    return;
  }
  draft.mcast_group.reset();
  if (draft.family == Family::none) draft.family = group->family();
  if (draft.family != group->family()) {
    binding.error(
        fmt::format("({}) mcast dest address {} MUST match VRRP instance family. Skipping...",
                    draft.name, binding.argument()));
  } else if (!is_group(*group)) {
    binding.error(fmt::format("({}) mcast_dst_ip {} not{} multicast. Skipping...", draft.name,
                              binding.argument(), group->is_v6() ? " link-local" : ""));
  } else {
    draft.mcast_group = *group;
  }
}

void take_version(InstanceDraft& draft, int version, const Binding& binding) {
  if ((draft.version != 0 && draft.version != version) ||
      (version == 2 && draft.family == Family::ipv6)) {
    binding.error(
        fmt::format("({}) vrrp_version {} conflicts with configured or deduced version {}; "
                    "ignoring.",
                    draft.name, version, draft.version));
    return;
  }
  draft.version = static_cast<std::uint8_t>(version);
}

void take_native_ipv6(InstanceDraft& draft, bool, const Binding& binding) {
  if (draft.family == Family::ipv4) {
    binding.error(fmt::format("({}) Cannot specify native_ipv6 with IPv4 addresses", draft.name));
    return;
  }
  draft.family = Family::ipv6;
  draft.version = 3;
}

void add_identity(InstanceRows& rows) {
  rows.statement("state", "What it starts as.", take_state)
      .takes("MASTER|BACKUP", 1, 1)
      .by_default("MASTER for priority 255, else BACKUP");
  rows.statement("interface", "Where adverts are sent and received. Required.", take_interface)
      .takes("INTERFACE", 1, 1);
  rows.value("virtual_router_id", "Number of the virtual router on its network. Required.",
             number<unsigned>(1, 255), &InstanceDraft::vrid)
      .invalid("({2}): VRID '{1}' not valid - must be between 1 & 255");
  auto& priority =
      rows.value("priority", "The highest becomes master; 255: owner of the addresses.",
                 number<unsigned>(1, 255),
                 [](InstanceDraft& draft, unsigned value) {
                   draft.priority = static_cast<std::uint8_t>(value);
                 })
          .by_default("100, or 255 with state MASTER")
          .invalid("({2}) Priority not valid! must be between 1 & 255. Using default 100");
  priority.apply = [inner = priority.apply](InstanceDraft& draft, const Binding& binding) {
    // A value out of range leaves the default, also where the state says MASTER.
    draft.priority = 100;
    inner(draft, binding);
  };
  rows.value("version", "VRRP version.", number<int>(2, 3), take_version)
      .by_default("vrrp_version")
      .invalid("({2}): Version must be either 2 or 3");
  rows.value("advert_int", "Seconds between adverts; version 2 takes whole seconds.",
             decimal_seconds(10'000, 255 * kMicroseconds), &InstanceDraft::advert_interval)
      .by_default("1")
      .invalid("({2}) Advert interval ({1}) not valid! Must be > 0 - ignoring");
  rows.statement("mcast_src_ip", "Source of adverts.", take_source)
      .takes("IP", 1, 1)
      .by_default("the interface's address");
  rows.statement("unicast_src_ip", "Source of unicast adverts.",
                 [](InstanceDraft& draft, const Binding& binding) {
                   draft.unicast_configured = true;
                   take_source(draft, binding);
                 })
      .takes("IP", 1, 1)
      .by_default("the interface's address");
  rows.flag("track_src_ip", "FAULT while the configured source address is missing.",
            &InstanceDraft::track_source);
  rows.flag("native_ipv6", "An IPv6 instance without addresses.", take_native_ipv6);
  rows.statement("mcast_dst_ip", "Group adverts go to.", take_group)
      .takes("IP", 1, 1)
      .by_default("vrrp_mcast_group4");
}

void add_manners(InstanceRows& rows) {
  rows.flag("nopreempt", "Do not take over from a working master.", &InstanceDraft::nopreempt);
  rows.flag("preempt", "Take over from a master of lower priority: the default.",
            &InstanceDraft::nopreempt, false);
  auto& delay = rows.value("preempt_delay", "Seconds after the start before that.",
                           decimal_seconds(0, kLongestPreemptDelay), &InstanceDraft::preempt_delay)
                    .by_default("0")
                    .invalid("({2}) Preempt_delay not valid! must be between 0-1000");
  delay.apply = [inner = delay.apply](InstanceDraft& draft, const Binding& binding) {
    draft.preempt_delay = 0us;
    inner(draft, binding);
  };
  rows.flag("accept", "Let traffic to the virtual addresses in.",
            [](InstanceDraft& draft, bool) { draft.accept = true; });
  rows.flag("no_accept", "Drop it, unless owner of the addresses.",
            [](InstanceDraft& draft, bool) { draft.accept = false; });
  rows.value("strict_mode", "Keep to the RFC.", optional_boolean(), &InstanceDraft::strict)
      .by_default("vrrp_strict")
      .invalid("({2}) invalid strict_mode {1} specified");
  rows.value("skip_check_adv_addr", "Do not compare the addresses in adverts of the known master.",
             optional_boolean(),
             // Whatever boolean it says: a keepalived peculiarity that files rely on.
             [](InstanceDraft& draft, bool) { draft.skip_check_adv_addr = true; })
      .by_default("vrrp_skip_check_adv_addr")
      .invalid("({2}) invalid skip_check_adv_addr {1} specified");
  rows.flag("dont_track_primary", "Ignore the link state of the interface.",
            &InstanceDraft::dont_track_primary);
}

void take_expired(InstanceDraft& draft, const Binding& binding) {
  if (binding.arguments().empty()) {
    // Above all others: the shortest time until another takes over.
    draft.timer_expired_backup = kHighestBelowOwner;
    return;
  }
  const auto priority = parse_unsigned(binding.argument(), 1, kHighestBelowOwner);
  if (priority) {
    draft.timer_expired_backup = static_cast<std::uint8_t>(*priority);
    return;
  }
  binding.error(priority.error().message);
  binding.error(
      fmt::format("({}) timer_expired_backup highest_other_priority not valid! must be between 1 "
                  "& {}",
                  draft.name, kHighestBelowOwner));
}

void add_timers(InstanceRows& rows) {
  rows.value("down_timer_adverts", "Adverts that may be missed before the master counts as gone.",
             number<unsigned>(1, kMostMissedAdverts), &InstanceDraft::down_timer_adverts)
      .by_default("vrrp_down_timer_adverts")
      .invalid("({2}): Invalid down_timer_adverts [1:100] '{1}'");
  const auto add = [&](parser::RowText name, parser::RowText doc) -> Row<InstanceDraft>& {
    return rows.statement(name, doc, take_expired)
        .takes("[PRIORITY]", 0, 1)
        .accepts("1..254")
        .by_default("off; 254 without a priority");
  };
  add("timer_expired_backup",
      "Give way to routers of at most that priority after having been stalled; needs nopreempt.");
  add("thread_timer_expired", "The old name of timer_expired_backup.")
      .deprecated("timer_expired_backup",
                  "({2}) thread_timer_expired - please replace with keyword "
                  "'timer_expired_backup'");
}

void add_sockets(InstanceRows& rows) {
  rows.value("v3_checksum_as_v2", "VRRPv3 over IPv4 without pseudo header in the checksum.",
             optional_boolean(), &InstanceDraft::v3_checksum_as_v2)
      .by_default("v3_checksum_as_v2 of global_defs")
      .invalid("({2}) invalid v3_checksum_as_v2 {1} specified");
  rows.value("kernel_rx_buf_size", "Octets of its socket's receive buffer.",
             number<unsigned>(0, std::numeric_limits<std::uint32_t>::max()),
             &InstanceDraft::kernel_rx_buf_size)
      .by_default("by vrrp_rx_bufs_policy")
      .when_missing("({2}) invalid kernel_rx_buf_size specified")
      .when_extra("({2}) invalid kernel_rx_buf_size specified", Extra::refused)
      .invalid("({2}) invalid kernel_rx_buf_size specified");
  rows.value("debug", "Amount of debugging output.", number<unsigned>(0, kLoudest),
             &InstanceDraft::debug)
      .by_default("0")
      .invalid("({2}) Debug value '{1}' not valid; must be between 0-4")
      .pending();
  rows.flag("promote_secondaries", "Let a secondary address become primary.",
            &InstanceDraft::promote_secondaries);
  rows.flag("linkbeat_use_polling", "The old form of linkbeat_interfaces.",
            &InstanceDraft::linkbeat_polling)
      .deprecated("linkbeat_interfaces",
                  "({2}) 'linkbeat_use_polling' in vrrp instance deprecated - use "
                  "linkbeat_interfaces block");
  rows.statement("lvs_sync_daemon_interface", "The old form of lvs_sync_daemon.",
                 [](InstanceDraft& draft, const Binding& binding) {
                   // Indented under the words after the name, as the original does it.
                   const std::size_t width = draft.name.size() < 2 ? 1 : draft.name.size() - 2;
                   binding.error(
                       fmt::format("{:{}}Please use global lvs_sync_daemon", "", kIndent + width));
                 })
      .takes("INTERFACE", 1, 1)
      .deprecated("lvs_sync_daemon",
                  "({2}) Specifying lvs_sync_daemon_interface against a vrrp is deprecated.");
}

InstanceRows instance_rows() {
  InstanceRows rows;
  add_identity(rows);
  add_authentication_rows(rows);
  add_address_rows(rows);
  add_route_rows(rows);
  add_manners(rows);
  add_timers(rows);
  add_announcement_rows(rows);
  add_track_rows(rows);
  add_notify_rows(rows);
  add_unicast_rows(rows);
  add_vmac_rows(rows);
  add_sockets(rows);
  return rows;
}

InstanceDraft* open_instance(VrrpDraft& section, const Binding& binding) {
  const std::string name(binding.argument());
  if (!section.instance_index.emplace(name, section.instances.size()).second) {
    binding.error(fmt::format("vrrp instance {} already defined", name));
    return nullptr;
  }
  section.seen_in_block = {};
  auto& instance = section.instances.emplace_back();
  instance.section = &section;
  instance.name = name;
  return &instance;
}

/// What contradicts itself whatever the defaults are.
void close_instance(VrrpDraft&, InstanceDraft& draft, const Binding& binding) {
  // For what follows on its lists; there may be thousands of instances.
  draft.address_index = {};
  draft.excluded_index = {};
  const auto complain = [&](std::string_view what) {
    binding.report_at(Severity::error, binding.closing(), fmt::format("({}){}", draft.name, what));
  };
  if (draft.unicast_configured && (draft.vmac->used || draft.ipvlan->used)) {
    if (draft.interface.empty()) {
      complain(": Cannot use VMAC/ipvlan with unicast and no interface - clearing use_vmac");
      draft.vmac.edit().used = false;
      draft.vmac.edit().name.clear();
      draft.ipvlan = {};
    } else if (!draft.vmac->transmit_on_base) {
      complain(" unicast with use_vmac requires vmac_xmit_base - setting");
      draft.vmac.edit().transmit_on_base = true;
    }
  }
  if (draft.unicast->peers.empty() && draft.unicast->ttl) {
    complain(": Cannot use unicast_ttl without unicast peers - resetting");
    draft.unicast.edit().ttl.reset();
  }
}

}  // namespace

void add_instance_rows(Block<VrrpDraft>& rows) {
  rows.block("vrrp_instance", "A virtual router.", instance_rows(), open_instance, close_instance)
      .takes("NAME", 1, 1)
      .when_missing("vrrp_instance must have a name")
      .when_extra("vrrp_instance must have a name", Extra::refused)
      .adds_up()
      .reported_by(Stage::vrrp);
}

}  // namespace understudy::vrrp
