#include "vrrp/verify_instance.hpp"

#include <algorithm>
#include <chrono>

#include "vrrp/completion.hpp"

namespace understudy::vrrp {

namespace {

using namespace std::chrono_literals;
using Microseconds = std::chrono::microseconds;

constexpr std::uint8_t kDefaultPriority = 100;
constexpr std::uint8_t kProtocolMissedAdverts = 3;
/// RFC 3768 section 5.3.7: whole seconds in 8 bits.
constexpr Microseconds kLongestInterval2 = 255s;
/// RFC 9568 section 5.2.7: centiseconds in 12 bits.
constexpr Microseconds kCentisecond = 10ms;
constexpr Microseconds kLongestInterval3 = 4095 * kCentisecond;

double in_seconds(Microseconds duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

void Completion::identify() {
  out_.name = draft_.name;
  out_.interface = draft_.interface;
  out_.vrid = VirtualRouterId(draft_.vrid);
  out_.strict = draft_.strict.value_or(global_.vrrp_strict);
  out_.version = draft_.version;
  // None: neither an address nor anything else told.
  out_.family = draft_.family == Family::none ? Family::ipv4 : draft_.family;
  if (out_.family == Family::ipv6) {
    if (out_.version == 2 && out_.strict) {
      complain("cannot use IPv6 with VRRP version 2; setting version 3");
      out_.version = 3;
    }
    if (out_.version == 0) out_.version = 3;
  }
  if (out_.version == 0) out_.version = global_.vrrp_version;
  if (draft_.mcast_source) out_.mcast_source = *draft_.mcast_source;
  out_.mcast_group =
      out_.family == Family::ipv6 ? global_.vrrp_mcast_group6 : global_.vrrp_mcast_group4;
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

void Completion::set_timers() {
  out_.down_timer_adverts = draft_.down_timer_adverts.value_or(
      static_cast<std::uint8_t>(global_.vrrp_down_timer_adverts));
  if (out_.strict && out_.down_timer_adverts != kProtocolMissedAdverts) {
    complain("down_timer_adverts is incompatible with strict mode - resetting");
    out_.down_timer_adverts = kProtocolMissedAdverts;
  }
  out_.timer_expired_backup = draft_.timer_expired_backup;
  if (out_.timer_expired_backup != 0 && !out_.nopreempt) {
    complain("expired_timer_backup requires nopreempt - resetting");
    out_.timer_expired_backup = 0;
  }
}

void Completion::set_accept_mode() {
  out_.accept = draft_.accept.value_or(out_.owner() || !out_.strict);
  if (out_.accept && !out_.owner() && out_.strict && out_.version == 2) {
    complain("warning - accept mode for VRRP version 2 does not comply with RFC3768 - resetting");
    out_.accept = false;
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

void Completion::set_options() {
  out_.v3_checksum_as_v2 = draft_.v3_checksum_as_v2.value_or(global_.v3_checksum_as_v2);
  out_.kernel_rx_buf_size = draft_.kernel_rx_buf_size;
  out_.debug = draft_.debug;
  out_.track_source = draft_.track_source && draft_.mcast_source.has_value();
}

Result<InstanceConfig> Completion::run() {
  identify();
  set_state_and_priority();
  set_authentication();
  set_hmac();
  set_unicast();
  if (auto why = unicast_refusal(); !why.empty()) return refuse(std::move(why));
  check_interface();
  set_vrf();
  set_addresses();
  set_preemption();
  set_timers();
  set_accept_mode();
  if (out_.is_unicast() && draft_.mcast_group) {
    complain("multicast destination specified with unicast - ignoring");
  } else if (draft_.mcast_group) {
    out_.mcast_group = *draft_.mcast_group;
  }
  set_announcements();
  set_reactions();
  set_owner_reaction();
  set_notification();
  set_interval();
  set_options();
  set_vmac();
  set_ipvlan();
  drop_own_interface();
  settle_vmacs(out_.addresses);
  settle_vmacs(out_.excluded);
  drop_homeless(out_.addresses, "");
  drop_homeless(out_.excluded, "e");
  out_.no_addresses = draft_.no_addresses;
  if (out_.no_addresses && out_.strict) {
    complain("no_virtual_ipaddress and strict mode incompatible, clearing no_virtual_ipaddress");
    out_.no_addresses = false;
  }
  if (out_.addresses.empty() && !out_.no_addresses) {
    if (out_.version == 3 || out_.strict) {
      return refuse(fmt::format("({}) No VIP specified; at least one is required", draft_.name));
    }
    complain("No VIP specified; at least one is sensible");
  }
  set_tracking();
  return std::move(out_);
}

Result<InstanceConfig> complete_instance(InstanceDraft draft, const Surroundings& around) {
  return Completion(std::move(draft), around).run();
}

}  // namespace understudy::vrrp
