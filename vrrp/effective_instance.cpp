#include "vrrp/effective_instance.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <limits>

#include "daemon/global/script_text.hpp"
#include "vrrp/effective_routing.hpp"

namespace understudy::vrrp {

namespace {

using parser::Statements;

/// Of garp_lower_prio_repeat of an instance.
constexpr unsigned kMostRepeats = std::numeric_limits<std::int32_t>::max();

void append_references(Statements& block, const char* keyword,
                       const std::vector<TrackReference>& references, const char* forward) {
  if (references.empty()) return;
  Statements& lines = block.block(keyword);
  for (const TrackReference& reference : references) {
    std::vector<std::string> words{reference.name, "weight",
                                   std::to_string(reference.weight.value_or(0))};
    if (reference.reverse) {
      words.emplace_back("reverse");
    } else if (forward != nullptr) {
      words.emplace_back(forward);
    }
    lines.entry(std::move(words));
  }
}

void append_identity(Statements& block, const InstanceConfig& instance) {
  // The version comes before what could make another one of it.
  block.add("version", instance.version);
  block.flag("native_ipv6", instance.family == Family::ipv6 && instance.version == 3);
  block.add("state", instance.initial_state == RouterState::master ? "MASTER" : "BACKUP");
  if (!instance.interface.empty()) block.add("interface", instance.interface);
  block.add("virtual_router_id", instance.vrid.value());
  block.add("priority", instance.priority.value());
  block.seconds("advert_int", instance.advert_interval);
  block.boolean("strict_mode", instance.strict);
  block.add("debug", instance.debug);
}

void append_preemption(Statements& block, const InstanceConfig& instance) {
  block.add(instance.nopreempt ? "nopreempt" : "preempt");
  block.seconds("preempt_delay", instance.preempt_delay);
  block.add("down_timer_adverts", instance.down_timer_adverts);
  if (instance.timer_expired_backup != 0) {
    block.add("timer_expired_backup", instance.timer_expired_backup);
  }
  block.add(instance.accept ? "accept" : "no_accept");
}

void append_announcements(Statements& block, const InstanceConfig& instance) {
  const GarpTiming& garp = *instance.garp;
  block.seconds("garp_master_delay", garp.delay);
  // What an instance cannot say of itself it has from global_defs, where that is written.
  if (garp.repeat != 0) block.add("garp_master_repeat", garp.repeat);
  block.seconds("garp_master_refresh", garp.refresh);
  if (garp.refresh_repeat != 0) block.add("garp_master_refresh_repeat", garp.refresh_repeat);
  block.seconds("garp_lower_prio_delay", garp.lower_prio_delay);
  if (garp.lower_prio_repeat <= kMostRepeats) {
    block.add("garp_lower_prio_repeat", garp.lower_prio_repeat);
  }
  const auto extra = instance.garp_extra_interval.count();
  if (instance.garp_extra_all) {
    block.add("garp_extra_if", "all", extra);
  } else {
    block.add("garp_extra_if", extra);
  }
  block.boolean("lower_prio_no_advert", instance.lower_prio_no_advert);
  block.boolean("higher_prio_send_advert", instance.higher_prio_send_advert);
  // Written as off, both would be read as on.
  if (instance.owner_ignore_adverts) block.boolean("owner_ignore_adverts", true);
  if (instance.skip_check_adv_addr) block.boolean("skip_check_adv_addr", true);
}

}  // namespace

void append_tracking(Statements& block, const TrackReferences& track) {
  append_references(block, "track_interface", track.interfaces, nullptr);
  append_references(block, "track_script", track.scripts, "noreverse");
  append_references(block, "track_file", track.files, "noreverse");
  append_references(block, "track_process", track.processes, "noreverse");
  append_references(block, "track_bfd", track.bfds, "noreverse");
}

void append_notify(Statements& block, const NotifyScripts& notify) {
  const auto add = [&](const char* keyword, const ScriptCall& call) {
    block.script(keyword, call.argv, owner_words(call.uid, call.gid));
  };
  add("notify_master", notify.master);
  add("notify_backup", notify.backup);
  add("notify_fault", notify.fault);
  add("notify_stop", notify.stop);
  add("notify_deleted", notify.deleted);
  block.flag("notify_deleted", notify.tell_deletion && notify.deleted.empty());
  add("notify_master_rx_lower_pri", notify.master_rx_lower_pri);
  add("notify", notify.any);
}

void append_instance(Statements& out, const InstanceConfig& instance) {
  Statements& block = out.block("vrrp_instance", instance.name);
  append_identity(block, instance);
  append_transport(block, instance);
  append_authentication(block, instance);
  append_routing(block, instance);
  block.flag("no_virtual_ipaddress", instance.no_addresses);
  block.flag("promote_secondaries", instance.promote_secondaries);
  append_preemption(block, instance);
  append_announcements(block, instance);
  block.flag("dont_track_primary", instance.dont_track_primary);
  append_tracking(block, *instance.track);
  append_notify(block, *instance.notify);
  block.boolean("smtp_alert", instance.smtp_alert);
  block.boolean("notify_priority_changes", instance.notify_priority_changes);
  block.add("kernel_rx_buf_size", instance.kernel_rx_buf_size);
}

}  // namespace understudy::vrrp
