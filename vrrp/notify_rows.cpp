// notify_* and smtp_alert of instances and sync groups.
#include <utility>

#include "vrrp/keywords.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;

/// "(VI_1) " and "vrrp group G1: ": how the two complain.
const char* label_of(const Block<InstanceDraft>&) { return "({2}) "; }
const char* label_of(const Block<SyncGroupDraft>&) { return "vrrp group {2}: "; }

template <typename Draft>
Row<Draft>& add_script(Block<Draft>& rows, const std::string& name, const std::string& when,
                       std::optional<ScriptText> NotifyDraft::*member) {
  return rows
      .value(name, "Script to run " + when, script_text(),
             [member](Draft& draft, ScriptText script) {
               draft.notify.edit().*member = std::move(script);
             })
      .once(label_of(rows) + name + " script already specified - ignoring {1}");
}

/// Without a script the deletion is told all the same.
template <typename Draft>
void add_deleted(Block<Draft>& rows) {
  auto& row = add_script(rows, "notify_deleted",
                         "when a reload removes it; without one, notify and the FIFO are told.",
                         &NotifyDraft::deleted);
  row.takes("[SCRIPT [USER [GROUP]]]", 0, SIZE_MAX)
      .once(std::string(label_of(rows)) + "notify_deleted already specified - ignoring {1}");
  row.apply = [inner = row.apply](Draft& draft, const Binding& binding) {
    draft.notify.edit().tell_deletion = true;
    if (!binding.arguments().empty()) inner(draft, binding);
  };
}

/// `complaints`: of notify_priority_changes and of smtp_alert.
template <typename Draft>
void add_common(Block<Draft>& rows, std::pair<std::string, std::string> complaints,
                const std::string& inherits) {
  add_script(rows, "notify_master", "on becoming MASTER.", &NotifyDraft::master);
  add_script(rows, "notify_backup", "on becoming BACKUP.", &NotifyDraft::backup);
  add_script(rows, "notify_fault", "on entering FAULT.", &NotifyDraft::fault);
  add_script(rows, "notify_stop", "at the stop.", &NotifyDraft::stop);
  add_script(rows, "notify", "on any change, with INSTANCE NAME STATE PRIORITY appended.",
             &NotifyDraft::any);
  add_deleted(rows);
  rows.value("notify_priority_changes", "Write changes of priority to the FIFO and to notify.",
             optional_boolean(), &Draft::notify_priority_changes)
      .by_default(inherits)
      .invalid(std::move(complaints.first));
  rows.value("smtp_alert", "Send mail about changes of state.", optional_boolean(),
             &Draft::smtp_alert)
      .by_default("smtp_alert_vrrp, smtp_alert, off")
      .invalid(std::move(complaints.second));
}

}  // namespace

void add_notify_rows(Block<InstanceDraft>& rows) {
  add_common(rows,
             {"({2}) Invalid value '{1}' for notify_priority_changes specified",
              "Invalid vrrp_instance smtp_alert parameter {1}"},
             "the sync group's, vrrp_notify_priority_changes");
  add_script(rows, "notify_master_rx_lower_pri",
             "when a master receives an advert of lower priority.",
             &NotifyDraft::master_rx_lower_pri);
}

void add_notify_rows(Block<SyncGroupDraft>& rows) {
  add_common(rows,
             {"({2}) Invalid value '{1}' for sync group notify_priority_changes specified",
              "Invalid vrrp_group smtp_alert parameter {1}"},
             "vrrp_notify_priority_changes");
}

}  // namespace understudy::vrrp
