#include "daemon/script_audit.hpp"

#include <set>
#include <string>
#include <vector>

#include "daemon/base/messages.hpp"
#include "daemon/run/script_check.hpp"

namespace understudy {
namespace {

/// Every script of a configuration, whatever its section calls it.
class Collector {
 public:
  template <typename Script>
  void add(const Script& script) {
    if (!script.empty()) scripts_.push_back({script.argv, script.uid, script.gid});
  }
  [[nodiscard]] const std::vector<ScriptCommand>& scripts() const { return scripts_; }

 private:
  std::vector<ScriptCommand> scripts_;
};

std::vector<ScriptCommand> all_scripts(const Config& config) {
  Collector all;
  const auto& global = config.global;
  for (const auto* fifo :
       {&global.notify_fifo, &global.vrrp_notify_fifo, &global.lvs_notify_fifo}) {
    all.add(fifo->script);
  }
  for (const auto& script : config.vrrp.scripts) all.add(script.command);
  const auto add_notify = [&](const vrrp::NotifyScripts& notify) {
    for (const auto* script : {&notify.master, &notify.backup, &notify.fault, &notify.stop,
                               &notify.deleted, &notify.master_rx_lower_pri, &notify.any}) {
      all.add(*script);
    }
  };
  for (const auto& instance : config.vrrp.instances) add_notify(*instance.notify);
  for (const auto& group : config.vrrp.groups) add_notify(*group.notify);
  for (const auto& service : config.checkers.virtual_servers) {
    all.add(service.quorum_up);
    all.add(service.quorum_down);
    for (const auto& server : service.real_servers) {
      all.add(server.extras->notify_up);
      all.add(server.extras->notify_down);
    }
  }
  return all.scripts();
}

}  // namespace

std::vector<std::string> script_warnings(const Config& config) {
  std::vector<std::string> warnings;
  std::set<std::string> said;
  for (const auto& script : all_scripts(config)) {
    const auto check = run::check_script(script, config.global.enable_script_security);
    for (const auto& message : check.messages) {
      if (said.insert(message).second) warnings.push_back(message);
    }
  }
  return warnings;
}

}  // namespace understudy
