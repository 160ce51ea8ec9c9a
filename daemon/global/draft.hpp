// What global_defs and the top level say before defaults: the keyword rows fill this,
// complete_global() turns it into GlobalConfig.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/global/config.hpp"
#include "daemon/global/script_text.hpp"
#include "parser/diagnostics.hpp"

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
  /// Where the track_file of the same index in track_files stands.
  std::vector<parser::Location> track_file_places;
  /// The track_file of that name that stands before a place in the text; nullptr: none.
  [[nodiscard]] const TrackFile* find_track_file(std::string_view name,
                                                 parser::Location use) const {
    for (std::size_t i = 0; i < track_files.size(); ++i) {
      if (track_files[i].name == name && track_file_places[i].line <= use.line) {
        return &track_files[i];
      }
    }
    return nullptr;
  }
  /// Finds the mail server; an empty endpoint when there is none of that name. Not a DNS query
  /// where the text was resolved before.
  std::function<Endpoint(const std::string& name, Port port)> find_mail_server;
};

}  // namespace understudy
