#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/global/rows.hpp"

namespace understudy::global {

namespace {

using namespace parser;
using std::chrono::microseconds;

constexpr const char* kLocalReports = "/proc/sys/net/ipv4/igmp_link_local_mcast_reports";
/// From here on a delay is worth a word.
constexpr microseconds kLongDelay{60'000'000};
constexpr unsigned kMostMissedAdverts = 100;

/// The multicast address in the statement, of `family`; says why not.
std::optional<IpAddress> multicast_group(const Binding& binding, Family family) {
  const auto group = parse_plain_address(binding.argument());
  const auto refuse = [&](std::string_view why) {
    binding.error(
        fmt::format("{} [{}] is not {}. Skipping", binding.keyword(), binding.argument(), why));
    return std::nullopt;
  };
  if (!group) {
    binding.error(
        fmt::format("Can't parse {} [{}]. Skipping", binding.keyword(), binding.argument()));
    return std::nullopt;
  }
  if (group->family() != family) return refuse(family == Family::ipv4 ? "IPv4" : "IPv6");
  if (!group->is_multicast()) return refuse("multicast");
  return group;
}

/// ff02::/16, also with flags.
bool is_link_local_multicast(const IpAddress& group) {
  constexpr std::uint8_t kScope = 0x0f;
  constexpr std::uint8_t kLinkLocal = 0x02;
  return (group.bytes()[1] & kScope) == kLinkLocal;
}

void add_groups(Rows& rows) {
  rows.statement("vrrp_mcast_group4", "Group adverts of IPv4 instances go to.",
                 [](GlobalDraft& draft, const Binding& binding) {
                   const auto group = multicast_group(binding, Family::ipv4);
                   if (group) draft.vrrp_mcast_group4 = *group;
                 })
      .takes("IP", 1, 1)
      .by_default("224.0.0.18");
  rows.statement("vrrp_mcast_group6", "Group adverts of IPv6 instances go to.",
                 [](GlobalDraft& draft, const Binding& binding) {
                   const auto group = multicast_group(binding, Family::ipv6);
                   if (!group) return;
                   draft.vrrp_mcast_group6 = *group;
                   if (is_link_local_multicast(*group)) return;
                   binding.error(
                       fmt::format("vrrp_mcast_group6 [{}] should be link-local multicast.",
                                   binding.argument()),
                       "expected an address in ff02::/16");
                 })
      .takes("IP", 1, 1)
      .by_default("ff02::12");
}

void take_dynamic_interfaces(GlobalDraft& draft, const Binding& binding) {
  draft.dynamic_interfaces = true;
  if (binding.arguments().empty()) return;
  if (binding.argument() == "allow_if_changes") {
    draft.allow_interface_changes = true;
    return;
  }
  binding.error(fmt::format("Unknown dynamic_interfaces option '{}'", binding.argument()),
                "expected 'allow_if_changes'");
}

void add_interfaces(Rows& rows) {
  rows.value("default_interface", "Interface of addresses that name none.", text("INTERFACE"),
             &GlobalConfig::default_interface)
      .by_default("eth0")
      .when_missing("default_interface requires interface name");
  rows.statement("dynamic_interfaces", "Interfaces may appear and go after the start.",
                 take_dynamic_interfaces)
      .takes("[allow_if_changes]", 0, 1);
  rows.flag("disable_local_igmp", "Send no IGMP reports for link-local groups.",
            [](GlobalDraft& draft, bool, const Binding& binding) {
              if (access(kLocalReports, W_OK) == 0) {
                draft.disable_local_igmp = true;
              } else {
                binding.error(fmt::format("kernel does not support {}", kLocalReports));
              }
            });
  rows.value("vmac_prefix", "Start of the names of VMAC interfaces.", text("STRING"),
             [](GlobalDraft& draft, std::string value, const Binding& binding) {
               if (draft.vmac_prefix.empty()) {
                 draft.vmac_prefix = std::move(value);
                 return;
               }
               binding.error("vmac prefix has already been specified - ignoring " + value);
             })
      .by_default("vrrp");
  rows.value("vmac_addr_prefix", "Start of the names of VMAC interfaces of addresses.",
             text("STRING"),
             [](GlobalDraft& draft, std::string value, const Binding& binding) {
               if (draft.vmac_addr_prefix.empty()) {
                 draft.vmac_addr_prefix = std::move(value);
                 return;
               }
               binding.error("vmac_addr prefix has already been specified - ignoring " + value);
             })
      .by_default("vmac_prefix");
}

void add_delays(Rows& rows) {
  rows.value("vrrp_startup_delay", "Seconds before the first state; the longest one given holds.",
             decimal_seconds(1000, kLongestMicroseconds),
             [](GlobalDraft& draft, microseconds value, const Binding& binding) {
               if (value <= draft.vrrp_startup_delay) return;
               draft.vrrp_startup_delay = value;
               if (value < kLongDelay) return;
               binding.report(Severity::note,
                              fmt::format("The vrrp_startup_delay is very large - {} seconds",
                                          binding.argument()));
             })
      .by_default("0")
      .invalid("{0} '{1}' is invalid");
  rows.value("vrrp_delay_after_boot", "Seconds after the machine's boot before the first state.",
             decimal_seconds(1000, kLongestMicroseconds),
             [](GlobalDraft& draft, microseconds value) {
               draft.vrrp_delay_after_boot = std::max(draft.vrrp_delay_after_boot, value);
             })
      .from("2.4.0")
      .by_default("0")
      .invalid("{0} '{1}' is invalid");
  rows.value("vrrp_down_timer_adverts", "Adverts that may be missed before a master is gone.",
             number<unsigned>(1, kMostMissedAdverts), &GlobalConfig::vrrp_down_timer_adverts)
      .by_default("3")
      .invalid("Invalid {0} [1:100] '{1}'");
}

void add_protocol(Rows& rows) {
  rows.value("vrrp_version", "VRRP version of instances that do not say.", number<int>(2, 3),
             &GlobalConfig::vrrp_version)
      .by_default("2")
      .invalid("VRRP Error: Version must be either 2 or 3");
  // The original does not look at the argument its manual speaks of.
  rows.statement("v3_checksum_as_v2", "VRRPv3 over IPv4 without the pseudo header in the checksum.",
                 [](GlobalDraft& draft, const Binding& binding) {
                   draft.v3_checksum_as_v2 = parse_bool(binding.argument()).value_or(true);
                 })
      .takes("[BOOL]", 0, 1)
      .from("2.2.8")
      .by_default("off");
  boolean_row(rows, "vrrp_strict", "Keep to the RFC, whatever instances say.",
              &GlobalConfig::vrrp_strict);
}

void add_adverts(Rows& rows) {
  rows.flag("vrrp_check_unicast_src", "Accept unicast adverts of configured peers only.",
            &GlobalConfig::vrrp_check_unicast_src);
  boolean_row(rows, "vrrp_skip_check_adv_addr",
              "Do not compare the addresses in adverts of the known master.",
              &GlobalConfig::vrrp_skip_check_adv_addr)
      .invalid("Invalid value '{1}' for global vrrp_check_adv_addr specified");
  boolean_row(rows, "vrrp_lower_prio_no_advert",
              "Send no advert when one of lower priority is received.",
              &GlobalConfig::vrrp_lower_prio_no_advert)
      .invalid("Invalid value for {0} specified");
  boolean_row(rows, "vrrp_higher_prio_send_advert",
              "Send one more advert when one of higher priority is received.",
              &GlobalConfig::vrrp_higher_prio_send_advert)
      .invalid("Invalid value for {0} specified");
  boolean_row(rows, "vrrp_owner_ignore_adverts", "An address owner ignores the adverts of others.",
              &GlobalConfig::vrrp_owner_ignore_adverts)
      .from("2.3.3");
  rows.flag("log_unknown_vrids", "Log adverts of routers that are not configured.",
            &GlobalConfig::log_unknown_vrids);
  boolean_row(rows, "vrrp_notify_priority_changes",
              "Write changes of priority to the FIFO and the notify scripts.",
              &GlobalConfig::vrrp_notify_priority_changes);
}

}  // namespace

void add_vrrp_defaults(Rows& rows) {
  add_interfaces(rows);
  add_groups(rows);
  add_protocol(rows);
  add_delays(rows);
  add_adverts(rows);
}

}  // namespace understudy::global
