// What scripts, FIFOs and mail are told of an instance, in keepalived's words. Pure; the telling is
// daemon/run/notifier.hpp's, in the parent.
#pragma once

#include <string_view>

#include "daemon/base/messages.hpp"
#include "vrrp/action.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// "MASTER", "BACKUP", "FAULT", "STOP" as in scripts' arguments and FIFO lines (keepalived.conf(5),
/// NOTIFY SCRIPTS); "INIT" for a state nobody is told of.
[[nodiscard]] std::string_view state_name(RouterState state);

/// The message to the parent for one Notify action: the state's script without further arguments,
/// `notify` with "INSTANCE NAME STATE PRIORITY", the FIFO line, and the mail when asked for.
[[nodiscard]] Notification make_notification(const InstanceConfig& config, const Notify& notify);
/// The same of a sync group: "GROUP NAME STATE 0".
[[nodiscard]] Notification make_notification(const SyncGroup& config, const Notify& notify);

}  // namespace understudy::vrrp
