#include "vrrp/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <tuple>
#include <utility>

#include "vrrp/timing.hpp"
#include "vrrp/wiring.hpp"

namespace understudy::vrrp {
namespace {

std::int64_t milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

/// Every address an instance holds as master, in the order of the configuration.
std::vector<VirtualAddress> all_addresses(const InstanceConfig& config) {
  std::vector<VirtualAddress> all = config.addresses;
  all.insert(all.end(), config.excluded.begin(), config.excluded.end());
  return all;
}

/// Whether `after` makes other adverts than `before`, tracking aside.
bool adverts_differ(const InstanceConfig& before, const InstanceConfig& after) {
  const auto wire = [](const InstanceConfig& config) {
    return std::tie(config.version, config.vrid, config.priority, config.advert_interval,
                    config.authentication, config.password, config.addresses);
  };
  return wire(before) != wire(after);
}

/// What an instance holds as master besides virtual addresses, in the original's words.
std::vector<const char*> other_kinds(const InstanceConfig& config) {
  std::vector<const char*> kinds;
  if (!config.excluded.empty()) kinds.push_back("E-VIPs.");
  if (!config.routes.empty()) kinds.push_back("Virtual Routes");
  if (!config.rules.empty()) kinds.push_back("Virtual Rules");
  return kinds;
}

}  // namespace

Machine::Machine(std::shared_ptr<const InstanceConfig> config, IpAddress primary)
    : config_(std::move(config)), primary_(primary), master_interval_(config_->advert_interval) {}

Actions Machine::step(const Event& event, TimePoint now, Hold hold) {
  Turn turn{now, {}};
  hold_ = hold;
  if (state_ == RouterState::stop) return {};
  std::visit([&](const auto& what) { handle(what, turn); }, event);
  check_invariants();
  return std::move(turn.actions);
}

std::optional<TimePoint> Machine::deadline() const {
  std::optional<TimePoint> first;
  if (timer_runs()) first = timer_start_ + timer_length();
  for (const auto& candidate : {plan_.deadline(), restore_limit_.deadline()}) {
    if (candidate && (!first || *candidate < *first)) first = candidate;
  }
  return first;
}

Priority Machine::effective_priority() const {
  if (config_->owner()) return yields_ownership() ? kYieldedPriority : kOwnerPriority;
  const int sum = config_->priority.value() + tracking_.weight;
  return Priority(static_cast<std::uint8_t>(std::clamp(sum, 1, kOwnerPriority.value() - 1)));
}

Duration Machine::master_down_interval() const {
  return vrrp::master_down_interval(config_->version, effective_priority(), master_interval_,
                                    config_->down_timer_adverts);
}

bool Machine::timer_runs() const {
  return !delayed_ && (state_ == RouterState::master || state_ == RouterState::backup);
}

Duration Machine::timer_length() const {
  if (state_ == RouterState::master) return config_->advert_interval;
  if (leaving_) return skew_time(config_->version, effective_priority(), master_interval_);
  return master_down_interval();
}

bool Machine::stalled(TimePoint now) const {
  return timer_runs() && now > timer_start_ + timer_length() + master_down_interval();
}

// ---- States

void Machine::transition(RouterState to, Turn& turn) {
  const RouterState from = state_;
  assert(from != to);
  log_entry(to, turn);
  if (from == RouterState::master) exit_master(to, turn);
  enter(to, turn);
  if (to == RouterState::backup) notify(RouterState::backup, turn);
  if (to == RouterState::fault) {
    fault_told_ = false;
    tell_fault(turn);
  }
}

/// The only place where the state changes. What is remembered for one state ends with it.
void Machine::enter(RouterState to, Turn& turn) {
  state_ = to;
  complaints_ = {};
  leaving_ = false;
  wants_master_ = false;
  preempt_at_.reset();
  timer_start_ = turn.now;
  if (to == RouterState::master) enter_master(turn);
  master_interval_ = config_->advert_interval;
}

/// A fault that only means "nothing is known yet" is told of when it becomes a real one.
void Machine::tell_fault(Turn& turn) {
  if (fault_told_ || !told_fault()) return;
  fault_told_ = true;
  notify(RouterState::fault, turn);
}

/// The line for a new state, before anything is done about it. A master's is written by
/// take_over(), after its advert; a fault that only means "no script has ended yet" has none.
void Machine::log_entry(RouterState to, Turn& turn) const {
  const bool first = state_ == RouterState::init;
  const std::string& name = config_->name;
  if (to == RouterState::backup) {
    turn.actions.push_back(
        LogLine{fmt::format("({}) Entering BACKUP STATE{}", name, first ? " (init)" : "")});
  } else if (to == RouterState::fault && !first) {
    turn.actions.push_back(LogLine{fmt::format("({}) Entering FAULT STATE", name)});
  } else if (to == RouterState::fault && told_fault()) {
    turn.actions.push_back(LogLine{fmt::format("({}) entering FAULT state", name)});
  }
}

void Machine::exit_master(RouterState to, Turn& turn) {
  ++counters_.released_master;
  if (to != RouterState::backup) {
    send_advert(kLeavingPriority, turn);
    turn.actions.push_back(LogLine{fmt::format("({}) sent 0 priority", config_->name), true});
  }
  plan_.cancel();
  restore_limit_.clear();
  turn.actions.push_back(CancelAnnouncements{});
  turn.actions.push_back(LogLine{fmt::format("({}) removing VIPs.", config_->name), true});
  for (const char* kind : other_kinds(*config_)) {
    turn.actions.push_back(LogLine{fmt::format("({}) removing {}", config_->name, kind), true});
  }
  turn.actions.push_back(RemoveAddresses{});
}

/// What a master does on entry except telling the world, which take_over() does: a resumed master
/// has been one all along.
void Machine::enter_master(Turn& turn) {
  master_since_ = turn.now;
  send_advert(effective_priority(), turn);
  if (master_interval_ == config_->advert_interval) return;
  turn.actions.push_back(
      LogLine{fmt::format("({}) changing advert interval from {}ms to locally configured {}ms",
                          config_->name, milliseconds(master_interval_),
                          milliseconds(config_->advert_interval)),
              true});
}

void Machine::take_over(Turn& turn) {
  transition(RouterState::master, turn);
  ++counters_.became_master;
  turn.actions.push_back(LogLine{fmt::format("({}) Entering MASTER STATE", config_->name)});
  turn.actions.push_back(LogLine{fmt::format("({}) setting VIPs.", config_->name), true});
  for (const char* kind : other_kinds(*config_)) {
    turn.actions.push_back(LogLine{fmt::format("({}) setting {}", config_->name, kind), true});
  }
  turn.actions.push_back(AddAddresses{});
  announce_all(turn);
  notify(RouterState::master, turn);
}

/// From init or fault, nothing being in the way: the address owner at once, others wait.
void Machine::rejoin(Turn& turn) {
  if (config_->owner() && !delayed_ && !hold_.master) {
    take_over(turn);
    return;
  }
  transition(RouterState::backup, turn);
  wants_master_ = config_->owner() && !delayed_;
}

void Machine::check_invariants() const {
  assert(state_ == RouterState::master || !plan_.deadline());
  assert(state_ == RouterState::master || !restore_limit_.deadline());
  assert(state_ == RouterState::backup || !leaving_);
  assert(state_ == RouterState::backup || !preempt_at_);
  assert(!faulty() || !timer_runs());
  assert(master_interval_ > Duration::zero());
}

// ---- Events

void Machine::handle(const Started& event, Turn& turn) {
  assert(state_ == RouterState::init);
  tracking_ = event.tracking;
  delayed_ = event.delayed;
  // What an earlier process may have left behind.
  turn.actions.push_back(LogLine{fmt::format("({}) removing VIPs.", config_->name), true});
  turn.actions.push_back(RemoveAddresses{});
  log_priority_change(config_->priority, turn);
  if (faulty() || hold_.recovery) {
    transition(RouterState::fault, turn);
  } else {
    rejoin(turn);
  }
}

void Machine::handle(const TimerExpired& /*event*/, Turn& turn) {
  if (gives_way_after_stall(turn.now)) {
    turn.actions.push_back(
        LogLine{fmt::format("VRRP thread timer expired {:.6f} seconds ago",
                            in_seconds(turn.now - timer_start_ - timer_length()))});
    ++counters_.stalls;
    transition(RouterState::backup, turn);
    return;
  }
  if (stalled(turn.now)) {
    recover_from_stall(turn);
    return;
  }
  if (timer_runs() && turn.now >= timer_start_ + timer_length()) {
    if (state_ == RouterState::master) {
      advert_timer_expired(turn);
    } else {
      if (!wants_master_) {
        turn.actions.push_back(
            LogLine{fmt::format("({}) Receive advertisement timeout", config_->name), true});
      }
      want_master(turn);
    }
  }
  for (Action& action : plan_.due(*config_, turn.now)) turn.actions.push_back(std::move(action));
  for (const IpAddress& address : restore_limit_.due(turn.now)) restore(address, turn);
}

void Machine::advert_timer_expired(Turn& turn) {
  complaints_.leaving = false;
  const TimePoint due = timer_start_ + timer_length();
  send_advert(effective_priority(), turn);
  // Keep the beat as long as it is only a little late.
  if (turn.now - due < timer_length()) timer_start_ = due;
}

void Machine::recover_from_stall(Turn& turn) {
  ++counters_.stalls;
  const double late = in_seconds(turn.now - timer_start_ - timer_length());
  if (state_ == RouterState::backup) {
    turn.actions.push_back(LogLine{fmt::format(
        "({}) timer expired {:.3f} seconds ago - listening for a master before taking over",
        config_->name, late)});
    timer_start_ = turn.now;
    leaving_ = false;
    wants_master_ = false;
    return;
  }
  turn.actions.push_back(
      LogLine{fmt::format("({}) timer expired {:.3f} seconds ago - another router may have been "
                          "master, announcing again",
                          config_->name, late)});
  send_advert(effective_priority(), turn);
  turn.actions.push_back(AddAddresses{});
  announce_all(turn);
  notify(RouterState::master, turn);
}

void Machine::handle(const TrackingChanged& event, Turn& turn) {
  const Priority before = effective_priority();
  tracking_ = event.tracking;
  if (state_ == RouterState::init) return;
  log_priority_change(before, turn);
  if (effective_priority() != before && config_->notify_priority_changes && timer_runs()) {
    notify(state_, turn, Notify::News::priority);
  }
  if (state_ != RouterState::fault) {
    if (faulty()) transition(RouterState::fault, turn);
  } else if (faulty() || hold_.recovery) {
    tell_fault(turn);
  } else {
    rejoin(turn);
  }
}

void Machine::handle(const AddressLost& event, Turn& turn) {
  if (state_ != RouterState::master) return;
  const auto all = all_addresses(*config_);
  const auto lost = std::find_if(all.begin(), all.end(), [&](const VirtualAddress& candidate) {
    return candidate.address == event.address;
  });
  if (lost == all.end()) return;
  turn.actions.push_back(
      LogLine{fmt::format("Netlink reflector reports IP {} removed from {}",
                          event.address.to_string(), interface_of(*config_, *lost))});
  if (restore_limit_.lost(event.address, turn.now)) restore(event.address, turn);
}

void Machine::handle(const PrimaryAddressChanged& event, Turn& /*turn*/) {
  primary_ = event.address;
}

void Machine::handle(const Stopped& event, Turn& turn) {
  const RouterState before = state_;
  transition(RouterState::stop, turn);
  if (before == RouterState::init) return;
  if (!event.removed) {
    notify(RouterState::stop, turn);
  } else if (config_->notify->tell_deletion) {
    notify(RouterState::stop, turn, Notify::News::deleted);
  } else if (before != RouterState::fault) {
    notify(RouterState::fault, turn);
  }
}

// ---- Reload

void Machine::handle(const Reconfigured& event, Turn& turn) {
  const Priority priority = effective_priority();
  const std::shared_ptr<const InstanceConfig> before = std::exchange(config_, event.config);
  complaints_ = {};
  log_priority_change(priority, turn);
  if (state_ == RouterState::master) reconfigure_master(*before, turn);
  if (state_ == RouterState::backup) reconfigure_backup(*before, turn);
  if (!timer_runs()) master_interval_ = config_->advert_interval;
}

void Machine::reconfigure_master(const InstanceConfig& before, Turn& turn) {
  master_interval_ = config_->advert_interval;
  plan_.reconfigure(*config_, turn.now);
  if (adverts_differ(before, *config_)) send_advert(effective_priority(), turn);
  const auto old_addresses = all_addresses(before);
  const auto new_addresses = all_addresses(*config_);
  const bool same_routing = before.routes == config_->routes && before.rules == config_->rules;
  // With and without a VMAC they are on different interfaces.
  const bool same_place = own_interface(before) == own_interface(*config_);
  if (old_addresses == new_addresses && same_routing && same_place) return;
  turn.actions.push_back(AddAddresses{});
  Announce announce{config_->garp->repeat, {}};
  // Most are in both, in the same order.
  auto expected = old_addresses.begin();
  for (const VirtualAddress& address : new_addresses) {
    auto old = std::find(expected, old_addresses.end(), address);
    if (old == old_addresses.end()) old = std::find(old_addresses.begin(), expected, address);
    const bool known = old != old_addresses.end() && *old == address;
    if (known) expected = std::next(old);
    if (!known || interface_of(before, *old) != interface_of(*config_, address)) {
      announce.only.push_back(address.address);
    }
  }
  if (announce.only.empty()) return;
  plan_.announced_some(*config_, announce.only, turn.now);
  if (announce.repeat > 0) turn.actions.push_back(std::move(announce));
}

void Machine::reconfigure_backup(const InstanceConfig& before, Turn& turn) {
  if (config_->owner() && !delayed_) {
    want_master(turn);
    return;
  }
  if (config_->preempt_delay.count() == 0) preempt_at_.reset();
  const bool timing_changed =
      before.version != config_->version || before.advert_interval != config_->advert_interval;
  if (!timing_changed) return;
  // A shorter interval must not make the silence until now a reason to take over.
  master_interval_ = config_->advert_interval;
  timer_start_ = turn.now;
  leaving_ = false;
  wants_master_ = false;
}

// ---- Actions

/// Every advert of a master starts the advert timer again.
void Machine::send_advert(Priority priority, Turn& turn) {
  turn.actions.push_back(SendAdvert{priority});
  ++counters_.adverts_sent;
  if (priority == kLeavingPriority) ++counters_.leaving_sent;
  timer_start_ = turn.now;
}

void Machine::announce_all(Turn& turn) {
  // What an earlier announcement has not sent yet is part of this one.
  if (config_->garp->repeat > 0) turn.actions.push_back(Announce{config_->garp->repeat, {}});
  plan_.announced_all(*config_, turn.now);
}

void Machine::restore(const IpAddress& address, Turn& turn) {
  ++counters_.addresses_restored;
  turn.actions.push_back(
      LogLine{fmt::format("({}) restoring {}", config_->name, address.to_string())});
  turn.actions.push_back(RestoreAddress{address});
  if (config_->garp->repeat > 0) {
    turn.actions.push_back(Announce{config_->garp->repeat, {address}});
  }
}

void Machine::notify(RouterState state, Turn& turn, Notify::News news) {
  const bool mailable = news == Notify::News::state || news == Notify::News::deleted;
  const bool mail = config_->smtp_alert && mailable && state != mailed_ &&
                    (state != RouterState::fault || config_->smtp_alert_faults);
  if (mail) mailed_ = state;
  turn.actions.push_back(Notify{state, effective_priority(), mail, news});
}

void Machine::log_priority_change(Priority before, Turn& turn) const {
  if (before == effective_priority()) return;
  turn.actions.push_back(
      LogLine{fmt::format("({}) Changing effective priority from {} to {}", config_->name,
                          before.value(), effective_priority().value())});
}

}  // namespace understudy::vrrp
