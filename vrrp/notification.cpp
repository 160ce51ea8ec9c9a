#include "vrrp/notification.hpp"

#include <fmt/format.h>

namespace understudy::vrrp {
namespace {

const ScriptCall& script_of(const NotifyScripts& scripts, const Notify& notify) {
  static const ScriptCall none;
  switch (notify.news) {
    case Notify::News::priority:
    case Notify::News::reminder:
      return none;
    case Notify::News::lesser_master:
      return scripts.master_rx_lower_pri;
    case Notify::News::deleted:
      return scripts.deleted;
    case Notify::News::state:
      break;
  }
  switch (notify.state) {
    case RouterState::master:
      return scripts.master;
    case RouterState::backup:
      return scripts.backup;
    case RouterState::fault:
      return scripts.fault;
    case RouterState::stop:
      return scripts.stop;
    case RouterState::init:
      break;
  }
  return none;
}

/// The word for it in FIFO lines and in the arguments of `notify`.
std::string word(const Notify& notify) {
  switch (notify.news) {
    case Notify::News::priority:
      return fmt::format("{}_PRIORITY", state_name(notify.state));
    case Notify::News::lesser_master:
      return "MASTER_RX_LOWER_PRI";
    case Notify::News::deleted:
      return "DELETED";
    case Notify::News::reminder:
    case Notify::News::state:
      break;
  }
  return std::string(state_name(notify.state));
}

/// What a mail's subject says of it.
std::string headline(const Notify& notify) {
  if (notify.news == Notify::News::deleted) return "Deleted";
  if (notify.state == RouterState::stop) return "Stopping";
  return fmt::format("Entering {} state", state_name(notify.state));
}

Mail mail_of(const InstanceConfig& config, const Notify& notify) {
  std::string_view body = "=> VRRP Instance is no longer owning VRRP VIPs <=";
  if (notify.state == RouterState::master) body = "=> VRRP Instance is now owning VRRP VIPs <=";
  if (notify.state == RouterState::stop) body = "=> VRRP Instance stopping <=";
  if (notify.news == Notify::News::deleted) body = "=> VRRP Deleted at reload <=";
  return {fmt::format("VRRP Instance {} - {}", config.name, headline(notify)), std::string(body)};
}

Mail mail_of(const SyncGroup& config, const Notify& notify) {
  return {fmt::format("VRRP Group {} - {}", config.name, headline(notify)),
          notify.state == RouterState::stop
              ? std::string("=> All VRRP group instances are now stopping <=")
              : fmt::format("=> All VRRP group instances are now in {} state <=",
                            state_name(notify.state))};
}

/// Scripts and FIFO line; `type` is "INSTANCE" or "GROUP".
Notification notification_of(std::string_view type, const std::string& name,
                             const NotifyScripts& scripts, const Notify& notify) {
  Notification result;
  result.object = fmt::format("{} {}", type, name);
  const std::string what = word(notify);
  result.fifo_line = fmt::format("{} \"{}\" {} {}", type, name, what, notify.priority.value());
  if (const ScriptCall& call = script_of(scripts, notify); !call.empty()) {
    result.scripts.push_back({call.argv, call.uid, call.gid});
  }
  const bool about_state =
      notify.news == Notify::News::state || notify.news == Notify::News::deleted;
  if (const ScriptCall& any = scripts.any; about_state && !any.empty()) {
    ScriptCommand command{any.argv, any.uid, any.gid};
    for (const auto& argument :
         {std::string(type), name, what, std::to_string(notify.priority.value())}) {
      command.argv.push_back(argument);
    }
    result.scripts.push_back(std::move(command));
  }
  return result;
}

}  // namespace

std::string_view state_name(RouterState state) {
  switch (state) {
    case RouterState::master:
      return "MASTER";
    case RouterState::backup:
      return "BACKUP";
    case RouterState::fault:
      return "FAULT";
    case RouterState::stop:
      return "STOP";
    case RouterState::init:
      break;
  }
  return "INIT";
}

Notification make_notification(const InstanceConfig& config, const Notify& notify) {
  Notification result = notification_of("INSTANCE", config.name, *config.notify, notify);
  if (notify.mail) result.mail = mail_of(config, notify);
  return result;
}

Notification make_notification(const SyncGroup& config, const Notify& notify) {
  Notification result = notification_of("GROUP", config.name, *config.notify, notify);
  if (notify.mail) result.mail = mail_of(config, notify);
  return result;
}

}  // namespace understudy::vrrp
