#include "vrrp/verify_instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace understudy::vrrp {

namespace {

using namespace std::chrono_literals;
using parser::Diagnostics;
using parser::Location;
using parser::Severity;
using Microseconds = std::chrono::microseconds;

constexpr std::uint8_t kDefaultPriority = 100;
/// The count of addresses in an advert has 8 bits (RFC 3768 section 5.3.5).
constexpr std::size_t kMaximumAddresses = 255;
/// RFC 3768 section 5.3.7: whole seconds in 8 bits.
constexpr Microseconds kLongestInterval2 = 255s;
/// RFC 9568 section 5.2.7: centiseconds in 12 bits.
constexpr Microseconds kCentisecond = 10ms;
constexpr Microseconds kLongestInterval3 = 4095 * kCentisecond;

double in_seconds(Microseconds duration) { return std::chrono::duration<double>(duration).count(); }

/// Turns one draft into one configuration, a group of keywords at a time.
class Completion {
 public:
  Completion(InstanceDraft draft, const GlobalConfig& global, ScriptUsers& users,
             Diagnostics& diagnostics)
      : draft_(std::move(draft)), global_(global), users_(users), diagnostics_(diagnostics) {}

  Result<InstanceConfig> run();

 private:
  void identify();
  void set_state_and_priority();
  void set_authentication();
  void set_preemption();
  void set_accept_mode();
  void set_announcements();
  void set_reactions();
  void set_interval();
  void set_addresses();
  void set_tracking();
  void set_notification();
  Microseconds round_interval(Microseconds wanted, Microseconds unit, Microseconds longest,
                              const std::string& in_words);

  template <typename... Args>
  void complain(fmt::format_string<Args...> format, Args&&... args) {
    diagnostics_.add(
        Severity::error, Location{},
        fmt::format("({}) ", draft_.name) + fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  Error refuse(fmt::format_string<Args...> format, Args&&... args) {
    auto message = fmt::format(format, std::forward<Args>(args)...);
    diagnostics_.add(Severity::error, Location{}, message);
    return Error{std::move(message), 0};
  }

  InstanceDraft draft_;
  const GlobalConfig& global_;
  ScriptUsers& users_;
  Diagnostics& diagnostics_;
  InstanceConfig out_;
};

void Completion::identify() {
  out_.name = draft_.name;
  out_.interface = draft_.interface;
  out_.vrid = VirtualRouterId(draft_.vrid);
  out_.strict = draft_.strict.value_or(global_.vrrp_strict);
  out_.version = draft_.version;
  if (draft_.family == Family::ipv6) {
    if (out_.version == 2 && out_.strict) {
      complain("cannot use IPv6 with VRRP version 2; setting version 3");
      out_.version = 3;
    }
    if (out_.version == 0) out_.version = 3;
  }
  if (out_.version == 0) out_.version = global_.vrrp_version;
  out_.mcast_source = draft_.mcast_source;
  out_.mcast_group = draft_.mcast_group.value_or(
      draft_.family == Family::ipv6 ? *IpAddress::parse("ff02::12") : global_.vrrp_mcast_group4);
  out_.dont_track_primary = draft_.dont_track_primary;
  out_.skip_check_adv_addr = draft_.skip_check_adv_addr.value_or(global_.vrrp_skip_check_adv_addr);
}

void Completion::set_state_and_priority() {
  const bool says_master = draft_.state == RouterState::master;
  out_.priority =
      Priority(draft_.priority.value_or(says_master ? kOwnerPriority.value() : kDefaultPriority));
  const auto natural = out_.owner() ? RouterState::master : RouterState::backup;
  out_.initial_state = draft_.state.value_or(natural);
  if (out_.strict && out_.initial_state != natural) {
    complain("State MASTER must match being address owner");
    out_.initial_state = natural;
  }
}

void Completion::set_authentication() {
  out_.authentication = draft_.authentication;
  if (out_.authentication != Authentication::none) {
    if (out_.strict) {
      complain("Strict mode does not support authentication. Ignoring.");
      out_.authentication = Authentication::none;
    } else if (out_.version == 3) {
      complain("VRRP version 3 does not support authentication. Ignoring.");
      out_.authentication = Authentication::none;
    } else if (draft_.password.empty()) {
      complain("Authentication specified but no password given. Ignoring");
      out_.authentication = Authentication::none;
    } else if (out_.authentication == Authentication::ah &&
               out_.initial_state == RouterState::master && !out_.owner()) {
      // Its first sequence number has to follow the last one of the present master.
      complain("Initial state master is incompatible with AH authentication - clearing");
      out_.initial_state = RouterState::backup;
    }
  }
  if (out_.authentication != Authentication::none) out_.password = draft_.password;
}

void Completion::set_preemption() {
  out_.nopreempt = draft_.nopreempt;
  out_.preempt_delay = draft_.preempt_delay;
  if (out_.nopreempt && out_.owner()) {
    complain("nopreempt is incompatible with priority {}. resetting nopreempt",
             kOwnerPriority.value());
    out_.nopreempt = false;
  }
  if (out_.initial_state == RouterState::master) {
    if (out_.nopreempt) {
      complain("Warning - nopreempt will not work with initial state MASTER - clearing");
      out_.nopreempt = false;
    }
    if (out_.preempt_delay != 0us) {
      complain("Warning - preempt delay will not work with initial state MASTER - clearing");
      out_.preempt_delay = 0us;
    }
  }
  if (out_.preempt_delay == 0us) return;
  if (out_.strict) complain("preempt_delay is incompatible with strict mode - resetting");
  if (out_.nopreempt) complain("preempt_delay is incompatible with nopreempt mode - resetting");
  if (out_.strict || out_.nopreempt) out_.preempt_delay = 0us;
}

void Completion::set_accept_mode() {
  out_.accept = draft_.accept.value_or(out_.owner() || !out_.strict);
  if (out_.accept && !out_.owner() && out_.strict && out_.version == 2) {
    complain("warning - accept mode for VRRP version 2 does not comply with RFC3768 - resetting");
    out_.accept = false;
  }
}

void Completion::set_announcements() {
  const AnnouncementTiming& common = global_.announcements;
  const GarpDraft& own = draft_.garp;
  const auto or_common = [](const std::optional<unsigned>& value, std::chrono::seconds fallback) {
    return value ? std::chrono::seconds(*value) : fallback;
  };
  out_.garp.delay = or_common(own.delay, common.master_delay);
  out_.garp.repeat = own.repeat.value_or(common.master_repeat);
  out_.garp.refresh = or_common(own.refresh, common.master_refresh);
  out_.garp.refresh_repeat = own.refresh_repeat.value_or(common.master_refresh_repeat);
  out_.garp.lower_prio_repeat =
      own.lower_prio_repeat.value_or(common.lower_prio_repeat.value_or(common.master_repeat));
  out_.garp.lower_prio_delay =
      or_common(own.lower_prio_delay, common.lower_prio_delay.value_or(common.master_delay));
  if (!out_.strict) return;
  if (own.lower_prio_repeat.value_or(0) != 0) {
    complain("Strict mode requires no repeat garps. resetting");
  }
  if (own.lower_prio_delay.value_or(0) != 0) {
    complain("Strict mode requires no repeat garp delay. resetting");
  }
  out_.garp.lower_prio_repeat = 0;
  out_.garp.lower_prio_delay = 0s;
}

void Completion::set_reactions() {
  out_.lower_prio_no_advert =
      draft_.lower_prio_no_advert.value_or(out_.strict || global_.vrrp_lower_prio_no_advert);
  out_.higher_prio_send_advert =
      draft_.higher_prio_send_advert.value_or(!out_.strict && global_.vrrp_higher_prio_send_advert);
  if (!out_.strict) return;
  if (!out_.lower_prio_no_advert) {
    complain("Strict mode requires no lower priority advert. resetting");
    out_.lower_prio_no_advert = true;
  }
  if (out_.higher_prio_send_advert) {
    complain("strict mode requires higher_prio_send_advert to be clear. resetting");
    out_.higher_prio_send_advert = false;
  }
}

Microseconds Completion::round_interval(Microseconds wanted, Microseconds unit,
                                        Microseconds longest, const std::string& in_words) {
  if (wanted % unit == 0us) return wanted;
  complain("VRRPv{} advertisement interval {:f}s must be {}", out_.version, in_seconds(wanted),
           in_words);
  const Microseconds rounded = wanted + unit / 2;
  return std::clamp(rounded - rounded % unit, unit, longest);
}

void Completion::set_interval() {
  out_.advert_interval = draft_.advert_interval.value_or(1s);
  const double wanted = in_seconds(out_.advert_interval);
  if (out_.version == 2) {
    if (out_.advert_interval >= kLongestInterval2 + 1s) {
      complain(
          "VRRPv2 advertisement interval {:.2f}s is out of range. Must be less than {}s. Setting "
          "to {}s",
          wanted, 256, 255);
      out_.advert_interval = kLongestInterval2;
    }
    out_.advert_interval =
        round_interval(out_.advert_interval, 1s, kLongestInterval2, "an integer. rounding");
    return;
  }
  if (out_.advert_interval >= kLongestInterval3 + kCentisecond) {
    complain(
        "VRRPv3 advertisement interval {:.2f}s is out of range. Must be less than {:.2f}s. Setting "
        "to {:.2f}s",
        wanted, in_seconds(kLongestInterval3 + kCentisecond), in_seconds(kLongestInterval3));
    out_.advert_interval = kLongestInterval3;
  }
  out_.advert_interval = round_interval(out_.advert_interval, kCentisecond, kLongestInterval3,
                                        "in units of 10ms - rounding");
}

void Completion::set_addresses() {
  out_.addresses = std::move(draft_.addresses);
  out_.excluded = std::move(draft_.excluded);
  if (out_.addresses.size() <= kMaximumAddresses) return;
  complain(
      "Number of VIPs ({}) exceeds maximum/space available in packet (max {} addresses) - excess "
      "moved to eVIPs",
      out_.addresses.size(), kMaximumAddresses);
  const auto excess = out_.addresses.begin() + static_cast<std::ptrdiff_t>(kMaximumAddresses);
  out_.excluded.insert(out_.excluded.end(), excess, out_.addresses.end());
  out_.addresses.erase(excess, out_.addresses.end());
}

void Completion::set_tracking() {
  std::erase_if(draft_.track_interfaces, [&](const TrackReference& reference) {
    if (reference.name == out_.interface) {
      complain("Ignoring track_interface {} since own interface", reference.name);
      return true;
    }
    // An address owner never gives way, so a weight has nothing to act on.
    if (out_.owner() && reference.weight.value_or(0) != 0) {
      complain("ignoring  tracked interface {} due to address owner", reference.name);
      return true;
    }
    return false;
  });
  std::erase_if(draft_.track_scripts, [&](const TrackReference& reference) {
    if (!out_.owner() || reference.weight.value_or(0) == 0) return false;
    complain("ignoring tracked script {} with weights due to address_owner", reference.name);
    return true;
  });
  out_.track_interfaces = std::move(draft_.track_interfaces);
  out_.track_scripts = std::move(draft_.track_scripts);
}

void Completion::set_notification() {
  const auto call = [&](const std::optional<ScriptText>& script) {
    return users_.call<ScriptCall>(script, "notify");
  };
  out_.notify = {call(draft_.notify.master), call(draft_.notify.backup), call(draft_.notify.fault),
                 call(draft_.notify.stop), call(draft_.notify.any)};
  out_.smtp_alert = draft_.smtp_alert.value_or(
      global_.smtp_alert_vrrp.value_or(global_.smtp_alert.value_or(false)));
  out_.smtp_alert_faults = !global_.no_email_faults;
  out_.notify_priority_changes =
      draft_.notify_priority_changes.value_or(global_.vrrp_notify_priority_changes);
}

Result<InstanceConfig> Completion::run() {
  identify();
  set_state_and_priority();
  set_authentication();
  if (draft_.unicast_configured && !draft_.unicast_peers) {
    complain(
        "A unicast keyword has been specified without any unicast peers. Defaulting to multicast. "
        "This usage is deprecated - please update your configuration.");
  }
  if (out_.strict && draft_.unicast_peers && !out_.interface.empty()) {
    return refuse("({}) Unicast peers are not supported in strict mode", draft_.name);
  }
  if (out_.interface.empty() && !draft_.source_given) {
    return refuse("({}): Unicast instances must have unicast_src_ip or interface", draft_.name);
  }
  set_addresses();
  set_preemption();
  set_accept_mode();
  if (draft_.unicast_peers && draft_.mcast_group) {
    complain("multicast destination specified with unicast - ignoring");
  }
  set_announcements();
  set_reactions();
  set_interval();
  set_notification();
  if (draft_.no_addresses && out_.strict) {
    complain("no_virtual_ipaddress and strict mode incompatible, clearing no_virtual_ipaddress");
    draft_.no_addresses = false;
  }
  if (out_.addresses.empty() && !draft_.no_addresses) {
    if (out_.version == 3 || out_.strict) {
      return refuse("({}) No VIP specified; at least one is required", draft_.name);
    }
    complain("No VIP specified; at least one is sensible");
  }
  set_tracking();
  return std::move(out_);
}

}  // namespace

Result<InstanceConfig> complete_instance(InstanceDraft draft, const GlobalConfig& global,
                                         ScriptUsers& users, Diagnostics& diagnostics) {
  return Completion(std::move(draft), global, users, diagnostics).run();
}

}  // namespace understudy::vrrp
