#include "vrrp/notification.hpp"

#include <fmt/format.h>

namespace understudy::vrrp {
namespace {

const ScriptCall& script_of(const NotifyScripts& scripts, RouterState state) {
  static const ScriptCall none;
  switch (state) {
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

Mail mail_of(const InstanceConfig& config, RouterState state) {
  const bool stopping = state == RouterState::stop;
  std::string_view body = "=> VRRP Instance is no longer owning VRRP VIPs <=";
  if (state == RouterState::master) body = "=> VRRP Instance is now owning VRRP VIPs <=";
  if (stopping) body = "=> VRRP Instance stopping <=";
  return {fmt::format("VRRP Instance {} - {}", config.name,
                      stopping ? std::string("Stopping")
                               : fmt::format("Entering {} state", state_name(state))),
          std::string(body)};
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
  Notification result;
  result.object = "INSTANCE " + config.name;
  result.fifo_line = fmt::format("INSTANCE \"{}\" {}{} {}", config.name, state_name(notify.state),
                                 notify.priority_only ? "_PRIORITY" : "", notify.priority.value());
  if (notify.priority_only) return result;
  if (const ScriptCall& call = script_of(*config.notify, notify.state); !call.empty()) {
    result.scripts.push_back({call.argv, call.uid, call.gid});
  }
  if (const ScriptCall& any = config.notify->any; !any.empty()) {
    ScriptCommand command{any.argv, any.uid, any.gid};
    for (const auto& argument :
         {std::string("INSTANCE"), config.name, std::string(state_name(notify.state)),
          std::to_string(notify.priority.value())}) {
      command.argv.push_back(argument);
    }
    result.scripts.push_back(std::move(command));
  }
  if (notify.mail) result.mail = mail_of(config, notify.state);
  return result;
}

}  // namespace understudy::vrrp
