// Announcements, answers to adverts, and who is told: an instance's own values, else the group's,
// else the global ones.
#include "vrrp/completion.hpp"

namespace understudy::vrrp {

using namespace std::chrono_literals;

void Completion::set_announcements() {
  const AnnouncementTiming& common = global_.announcements;
  const GarpDraft& own = draft_.garp;
  const auto or_common = [](const std::optional<unsigned>& value, std::chrono::seconds fallback) {
    return value ? std::chrono::seconds(*value) : fallback;
  };
  GarpTiming garp;
  garp.delay = or_common(own.delay, common.master_delay);
  garp.repeat = own.repeat.value_or(common.master_repeat);
  garp.refresh = or_common(own.refresh, common.master_refresh);
  garp.refresh_repeat = own.refresh_repeat.value_or(common.master_refresh_repeat);
  garp.lower_prio_repeat =
      own.lower_prio_repeat.value_or(common.lower_prio_repeat.value_or(common.master_repeat));
  garp.lower_prio_delay =
      or_common(own.lower_prio_delay, common.lower_prio_delay.value_or(common.master_delay));
  out_.garp_extra_interval = or_common(own.extra_interval, global_.garp_extra_if.interval);
  out_.garp_extra_all = own.extra_all || (!own.extra_interval && global_.garp_extra_if.all);
  if (out_.strict) {
    if (own.lower_prio_repeat.value_or(0) != 0) {
      complain("Strict mode requires no repeat garps. resetting");
    }
    if (own.lower_prio_delay.value_or(0) != 0) {
      complain("Strict mode requires no repeat garp delay. resetting");
    }
    garp.lower_prio_repeat = 0;
    garp.lower_prio_delay = 0s;
  }
  if (garp != GarpTiming()) out_.garp = garp;
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

void Completion::set_owner_reaction() {
  out_.owner_ignore_adverts = draft_.owner_ignore_adverts.value_or(
      out_.owner() && (out_.strict || global_.vrrp_owner_ignore_adverts));
  if (out_.owner_ignore_adverts && !out_.owner()) {
    complain("ignoring owner_ignore_adverts since priority is not {}", kOwnerPriority.value());
    out_.owner_ignore_adverts = false;
  } else if (out_.owner() && draft_.owner_ignore_adverts == false) {
    // As the original, which says so without strict mode too.
    complain("strict_mode with priority {} requires owner_ignore_adverts", kOwnerPriority.value());
    out_.owner_ignore_adverts = true;
  }
}

Rare<NotifyScripts> complete_notify(const NotifyDraft& draft, ScriptUsers& users) {
  const auto call = [&](const std::optional<ScriptText>& script) {
    return users.call<ScriptCall>(script, "notify");
  };
  NotifyScripts scripts;
  scripts.master = call(draft.master);
  scripts.backup = call(draft.backup);
  scripts.fault = call(draft.fault);
  scripts.stop = call(draft.stop);
  scripts.deleted = call(draft.deleted);
  scripts.tell_deletion = draft.tell_deletion;
  scripts.master_rx_lower_pri = call(draft.master_rx_lower_pri);
  scripts.any = call(draft.any);
  if (scripts == NotifyScripts{}) return {};
  return scripts;
}

void Completion::set_notification() {
  out_.notify = complete_notify(*draft_.notify, users_);
  out_.smtp_alert = draft_.smtp_alert.value_or(
      global_.smtp_alert_vrrp.value_or(global_.smtp_alert.value_or(false)));
  out_.smtp_alert_faults = !global_.no_email_faults;
  const std::optional<bool> groups =
      group_ == nullptr ? std::nullopt : group_->notify_priority_changes;
  out_.notify_priority_changes = draft_.notify_priority_changes.value_or(
      groups.value_or(global_.vrrp_notify_priority_changes));
}

}  // namespace understudy::vrrp
