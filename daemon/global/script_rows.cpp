#include <fmt/format.h>

#include "daemon/global/rows.hpp"

namespace understudy::global {

namespace {

using namespace parser;

void take_fifo(FifoDraft& fifo, const std::string& prefix, const Binding& binding) {
  if (binding.arguments().empty()) {
    binding.error(fmt::format("No {}notify_fifo name specified", prefix));
  } else if (!fifo.path.empty()) {
    binding.error(
        fmt::format("{}notify_fifo already specified - ignoring {}", prefix, binding.argument()));
  } else {
    fifo = {std::string(binding.argument()), std::string(binding.argument(1)),
            std::string(binding.argument(2)), std::move(fifo.script)};
  }
}

void add_fifo(Rows& rows, const std::string& prefix, const std::string& what,
              FifoDraft GlobalDraft::*fifo) {
  rows.statement(prefix + "notify_fifo", "Named pipe that gets a line per change of " + what + ".",
                 [fifo, prefix](GlobalDraft& draft, const Binding& binding) {
                   take_fifo(draft.*fifo, prefix, binding);
                 })
      .syntax = "PATH [USER [GROUP]]";
  rows.value(prefix + "notify_fifo_script", "Program that reads it.", script_text(),
             [fifo, prefix](GlobalDraft& draft, ScriptText script, const Binding& binding) {
               if ((draft.*fifo).script) {
                 binding.error(fmt::format("{}notify_fifo_script already specified - ignoring {}",
                                           prefix, binding.argument()));
                 return;
               }
               (draft.*fifo).script = std::move(script);
             })
      .when_missing("No " + prefix + "notify_fifo_script specified");
}

void take_script_user(GlobalDraft& draft, const Binding& binding) {
  const auto found =
      find_credentials(std::string(binding.argument()), std::string(binding.argument(1)));
  if (found) {
    draft.script_user = *found;
    return;
  }
  draft.script_user_unknown = true;
  binding.error("Error setting global script uid/gid", found.error().message);
}

/// startup_script and shutdown_script; `type` is the first part of either.
void add_lifecycle_script(Rows& rows, const std::string& type, const std::string& when,
                          LifecycleScriptDraft GlobalDraft::*script) {
  rows.value(type + "_script", "Script the parent runs " + when + ".", script_text(),
             [script, type](GlobalDraft& draft, ScriptText text, const Binding& binding) {
               if ((draft.*script).text) {
                 binding.error(type + " script already specified");
                 return;
               }
               (draft.*script).text = std::move(text);
               (draft.*script).place = binding.here();
             })
      .when_missing(type + " script missing")
      .invalid("Invalid " + type + " script")
      .pending();
  rows.value(type + "_script_timeout", "Seconds it may take.", number<unsigned>(1, 1000),
             [script](GlobalDraft& draft, unsigned value) {
               (draft.*script).timeout = std::chrono::seconds(value);
             })
      .by_default("10")
      .when_missing(type + "_script_timeout requires value")
      .invalid(type + "_script_timeout '{1}' must be in [1, 1000] - ignoring")
      .pending();
}

}  // namespace

void add_scripts(Rows& rows) {
  rows.statement("script_user", "User and group of scripts that name none.", take_script_user)
      .takes("USER [GROUP]", 1, 2)
      .by_default("keepalived_script if it exists, else root")
      .when_missing("No script username specified");
  rows.flag("enable_script_security",
            "Do not run as root what others than root could have written.",
            &GlobalConfig::enable_script_security);
  boolean_row(rows, "use_symlink_paths", "Run scripts by the path given, not the one it leads to.",
              &GlobalConfig::use_symlink_paths)
      .from("2.3.0")
      .invalid("Invalid value '{1}' for global use_symlink_path specified")
      .pending();
  add_lifecycle_script(rows, "startup", "before anything else", &GlobalDraft::startup_script_text);
  add_lifecycle_script(rows, "shutdown", "after everything else",
                       &GlobalDraft::shutdown_script_text);
  add_fifo(rows, "", "anything", &GlobalDraft::notify_fifo_text);
  add_fifo(rows, "vrrp_", "VRRP", &GlobalDraft::vrrp_notify_fifo_text);
  add_fifo(rows, "lvs_", "virtual and real servers", &GlobalDraft::lvs_notify_fifo_text);
  rows.flag("fifo_write_vrrp_states_on_reload",
            "Write the states of all instances to the FIFO after a reload.",
            &GlobalConfig::fifo_write_vrrp_states_on_reload);
}

}  // namespace understudy::global
