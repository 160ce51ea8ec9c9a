// What a received advert does to a backup (RFC 3768 section 6.4.2) and to a master (6.4.3).
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "vrrp/machine.hpp"
#include "vrrp/timing.hpp"

namespace understudy::vrrp {
namespace {

template <typename Unit>
std::int64_t count(Duration duration) {
  return std::chrono::duration_cast<Unit>(duration).count();
}

using Centiseconds = std::chrono::duration<std::int64_t, std::centi>;
using Milliseconds = std::chrono::milliseconds;

}  // namespace

void Machine::handle(const AdvertReceived& event, Turn& turn) {
  if (!timer_runs()) return;
  const bool same_interval = event.advert.interval == config_->advert_interval;
  if (!same_interval && config_->version == 2) {
    complain_of_interval(event, turn);
    return;
  }
  const bool leaving = event.advert.priority == kLeavingPriority;
  const bool known = state_ == RouterState::backup && event.source == master_;
  ++counters_.adverts_received;
  if (leaving) ++counters_.leaving_received;
  if (state_ == RouterState::backup) restore_ownership(event, turn);
  if (state_ == RouterState::backup && !leaving) note_master(event.source, turn);
  if (!same_interval) complain_of_interval(event, turn);
  if (!known || !config_->skip_check_adv_addr) compare_addresses(event, turn);
  if (state_ == RouterState::master) {
    advert_as_master(event, turn);
  } else {
    advert_as_backup(event, turn);
  }
}

/// RFC 3768 section 7.1: another interval is an error of configuration and the advert is discarded.
/// Version 3 carries the interval so that backups follow it, and only remarks on it.
void Machine::complain_of_interval(const AdvertReceived& event, Turn& turn) {
  ++counters_.interval_mismatches;
  if (complaints_.interval) return;
  complaints_.interval = true;
  const Duration ours = config_->advert_interval;
  const Duration theirs = event.advert.interval;
  turn.actions.push_back(LogLine{
      config_->version == 3
          ? fmt::format("({}) advertisement interval mismatch ours = {} centi-sec rcv'd={} "
                        "centi-sec",
                        config_->name, count<Centiseconds>(ours), count<Centiseconds>(theirs))
          : fmt::format("({}) advertisement interval mismatch with {} mine={} sec rcv'd={} sec",
                        config_->name, event.source.to_string(), count<std::chrono::seconds>(ours),
                        count<std::chrono::seconds>(theirs))});
}

/// A differing address list is remarked on, no reason to drop the advert: while a change is rolled
/// out the routers differ.
void Machine::compare_addresses(const AdvertReceived& event, Turn& turn) {
  const auto& theirs = event.advert.addresses;
  const auto& ours = config_->addresses;
  std::string complaint;
  if (theirs.size() != ours.size()) {
    complaint = fmt::format("({}) expected {} VIPs but received {}", config_->name, ours.size(),
                            theirs.size());
  } else {
    const auto missing =
        std::find_if(ours.begin(), ours.end(), [&](const VirtualAddress& candidate) {
          return std::find(theirs.begin(), theirs.end(), candidate.address) == theirs.end();
        });
    if (missing == ours.end()) {
      complaints_.addresses = false;
      return;
    }
    complaint = fmt::format(
        "({}) ip address associated with VRID {} not present in advert from {}: {}", config_->name,
        config_->vrid.value(), event.source.to_string(), missing->address.to_string());
  }
  ++counters_.address_mismatches;
  if (complaints_.addresses) return;
  complaints_.addresses = true;
  turn.actions.push_back(LogLine{std::move(complaint)});
}

// ---- Backup

void Machine::advert_as_backup(const AdvertReceived& event, Turn& turn) {
  const Advert& advert = event.advert;
  if (advert.priority == kLeavingPriority) {
    if (!leaving_) {
      turn.actions.push_back(LogLine{
          fmt::format("({}) Backup received priority 0 advertisement", config_->name), true});
    }
    leaving_ = true;
    timer_start_ = turn.now;
    return;
  }
  const bool lesser = advert.priority < effective_priority();
  const bool delayed =
      config_->preempt_delay.count() > 0 && (!preempt_at_ || turn.now < *preempt_at_);
  if (lesser && preempts() && !delayed) {
    // The master down timer goes on: we take over when it ends.
    turn.actions.push_back(
        LogLine{fmt::format("({}) received lower priority ({}) advert from {} - discarding",
                            config_->name, advert.priority.value(), event.source.to_string())});
    preempted_ = event.source;
    return;
  }
  accept_master(event, turn);
  if (config_->preempt_delay.count() > 0) delay_preemption(lesser, turn);
}

void Machine::accept_master(const AdvertReceived& event, Turn& turn) {
  preempted_ = {};
  wants_master_ = false;
  learn_interval(event.advert, turn);
  leaving_ = false;
  timer_start_ = turn.now;
}

void Machine::delay_preemption(bool lesser, Turn& turn) {
  if (!lesser) {
    if (preempt_at_) {
      turn.actions.push_back(LogLine{fmt::format("({}) stop preempt delay", config_->name), true});
    }
    preempt_at_.reset();
  } else if (!preempt_at_) {
    const auto delay = config_->preempt_delay.count();
    turn.actions.push_back(LogLine{fmt::format("({}) start preempt delay ({}.{:06})", config_->name,
                                               delay / 1'000'000, delay % 1'000'000),
                                   true});
    preempt_at_ = turn.now + config_->preempt_delay;
  }
}

void Machine::note_master(const IpAddress& source, Turn& turn) {
  if (source == master_) return;
  turn.actions.push_back(LogLine{
      master_.empty() ? fmt::format("({}) master set to {}", config_->name, source.to_string())
                      : fmt::format("({}) master changed from {} to {}", config_->name,
                                    master_.to_string(), source.to_string()),
      true});
  master_ = source;
  complaints_ = {};
}

/// RFC 5798 section 6.4.2: a backup of version 3 follows the master's interval.
void Machine::learn_interval(const Advert& advert, Turn& turn) {
  const Duration theirs = advert.interval;
  if (config_->version != 3 || theirs == master_interval_ || theirs <= Duration::zero()) return;
  turn.actions.push_back(LogLine{
      fmt::format("({}) advertisement interval updated from {}ms to {}ms by master", config_->name,
                  count<Milliseconds>(master_interval_), count<Milliseconds>(theirs)),
      true});
  master_interval_ = theirs;
}

// ---- Master

void Machine::advert_as_master(const AdvertReceived& event, Turn& turn) {
  const Priority theirs = event.advert.priority;
  const Priority ours = effective_priority();
  if (theirs == kLeavingPriority) {
    send_advert(ours, turn);
    if (!complaints_.leaving) {
      turn.actions.push_back(
          LogLine{fmt::format("({}) Master received priority 0 message", config_->name), true});
    }
    complaints_.leaving = true;
    return;
  }
  if (theirs == ours) complain_of_equal(event, turn);
  if (outlasted_by_owner(event, turn)) {
    give_way(event, turn);
  } else if (theirs > ours || (theirs == ours && event.source > primary_)) {
    give_way(event, turn);
  } else if (theirs < ours || event.source < primary_) {
    hold_against(event, turn);
  }
}

void Machine::complain_of_equal(const AdvertReceived& event, Turn& turn) {
  if (event.source == primary_) {
    if (!complaints_.same_address) {
      turn.actions.push_back(LogLine{fmt::format(
          "({}) WARNING - equal priority advert received from remote host with our IP address.",
          config_->name)});
    }
    complaints_.same_address = true;
  } else if (config_->owner()) {
    if (!complaints_.two_owners) {
      turn.actions.push_back(
          LogLine{fmt::format("({}) CONFIGURATION ERROR: local instance and {} are both configured "
                              "as address owner, please resolve",
                              config_->name, event.source.to_string())});
    }
    complaints_.two_owners = true;
  }
}

/// Two address owners are an error of configuration, of which the one with the lesser address backs
/// off. One that does not know this rule goes on: true when it still does after two of our adverts
/// and the time of another, and so we are the one to back off.
bool Machine::outlasted_by_owner(const AdvertReceived& event, Turn& turn) {
  const bool rival = config_->owner() && event.advert.priority == kOwnerPriority &&
                     effective_priority() == kOwnerPriority && event.source < primary_;
  if (!rival) return false;
  const Duration patience =
      std::max<Duration>(config_->advert_interval, event.advert.interval) * 12 / 10;
  if (!rival_ || turn.now > rival_->heard + patience) {
    rival_ = std::make_unique<Rival>(Rival{turn.now, turn.now, false});
    return false;
  }
  rival_->heard = turn.now;
  if (turn.now <= rival_->since + 2 * config_->advert_interval) return false;
  turn.actions.push_back(LogLine{fmt::format(
      "({}) {} is still advertising as address owner, please resolve - reducing our priority",
      config_->name, event.source.to_string())});
  rival_->yielded = true;
  return true;
}

/// The other owner is gone, or is none any more.
void Machine::restore_ownership(const AdvertReceived& event, Turn& turn) {
  const bool same = event.source == master_ && event.advert.priority == kOwnerPriority;
  if (!yields_ownership() || same) return;
  turn.actions.push_back(LogLine{
      fmt::format("({}) Restoring our priority to {} since received advert with lower priority",
                  config_->name, kOwnerPriority.value())});
  rival_.reset();
}

/// RFC 3768 section 6.4.3: the other is better. Our last advert tells it that there were two.
void Machine::give_way(const AdvertReceived& event, Turn& turn) {
  const Priority ours = effective_priority();
  ++counters_.overlaps;
  // Version 3: backups would take our interval for the new master's and its silence for its end;
  // unless it is asked for (higher_prio_send_advert) an advert with another interval is not sent.
  const bool same_interval = event.advert.interval == config_->advert_interval;
  if (same_interval || config_->higher_prio_send_advert) send_advert(ours, turn);
  turn.actions.push_back(LogLine{
      event.advert.priority > ours
          ? fmt::format("({}) Master received advert from {} with higher priority {}, ours {}",
                        config_->name, event.source.to_string(), event.advert.priority.value(),
                        ours.value())
          : fmt::format("({}) Master received advert from {} with same priority {} but higher IP "
                        "address than ours",
                        config_->name, event.source.to_string(), event.advert.priority.value())});
  transition(RouterState::backup, turn);
  learn_interval(event.advert, turn);
  master_ = event.source;
}

/// We are better. The other may have announced the addresses as its own, so we do again.
void Machine::hold_against(const AdvertReceived& event, Turn& turn) {
  // The master we just took over from says goodbye: it was not master beside us.
  const bool just_taken =
      event.source == preempted_ && turn.now < master_since_ + config_->advert_interval;
  // After a stall these are old; what comes of them is done once, by recover_from_stall().
  if (just_taken || stalled(turn.now)) return;
  ++counters_.overlaps;
  turn.actions.push_back(LogLine{fmt::format(
      "({}) Received advert from {} with lower priority {}, ours {}{}", config_->name,
      event.source.to_string(), event.advert.priority.value(), effective_priority().value(),
      config_->lower_prio_no_advert ? "" : ", forcing new election")});
  if (!config_->lower_prio_no_advert) send_advert(effective_priority(), turn);
  reassert(turn);
  notify(RouterState::master, turn, Notify::News::lesser_master);
}

}  // namespace understudy::vrrp
