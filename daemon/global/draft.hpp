// What global_defs and the top level say before defaults: the keyword rows fill this,
// complete_global() turns it into GlobalConfig.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "daemon/global/config.hpp"
#include "daemon/global/script_text.hpp"

namespace understudy {

/// notify_fifo and its script.
struct FifoDraft {
  std::string path;
  std::string user;
  std::string group;
  std::optional<ScriptText> script;
};

/// Most keywords go straight into the GlobalConfig; these need the others first.
struct GlobalDraft : GlobalConfig {
  std::optional<Credentials> script_user;
  bool script_user_unknown = false;
  FifoDraft notify_fifo_text;
  FifoDraft vrrp_notify_fifo_text;
  FifoDraft lvs_notify_fifo_text;
  bool nftables_given = false;
  /// Finds the mail server; an empty endpoint when there is none of that name. Not a DNS query
  /// where the text was resolved before.
  std::function<Endpoint(const std::string& name, Port port)> find_mail_server;
};

}  // namespace understudy
