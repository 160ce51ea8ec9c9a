// May this script be run? What keepalived(8) calls script security.
#pragma once

#include <string>
#include <vector>

#include "daemon/base/messages.hpp"

namespace understudy::run {

/// What a look at a script found.
struct ScriptCheck {
  /// It exists, its user may execute it and, with script security, only root can change it.
  bool usable = false;
  /// Why it is not usable: ENOENT, EACCES, EPERM (unsafe) …
  int error = 0;
  /// Absolute path, free of symbolic links, of what will be executed.
  std::string program;
  /// For the log: keepalived's wording, with the path component, its owner and the offending bit.
  std::vector<std::string> messages;
};

/// Looks at `command` as the user it will run as. A script that root would run (or that is set-uid
/// or set-gid root) is unsafe if anybody else may write to it or to any directory or link on the
/// way to it. An unsafe script is still usable unless `security` (enable_script_security) is on. A
/// command whose first word starts with '<' only asks whether a file can be read and is always
/// usable.
[[nodiscard]] ScriptCheck check_script(const ScriptCommand& command, bool security);

/// The file that a command beginning with '<' asks about; empty for every other command.
[[nodiscard]] std::string tested_file(const ScriptCommand& command);

}  // namespace understudy::run
