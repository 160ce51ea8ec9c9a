// What global_defs and the top level say before defaults: the keyword rows fill this,
// complete_global() turns it into GlobalConfig.
#pragma once

#include <cstdint>
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

/// A bfd_instance as the sections that follow it know it.
struct BfdName {
  /// Of a tracker that gives none.
  std::int16_t weight = 0;
  bool weight_reverse = false;
  /// Whether it tells instances, whether it tells checkers.
  bool to_vrrp = true;
  bool to_checkers = true;
  parser::Location place;
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
  /// The bfd_instance of that name that stands before a place in the text; nullptr: none.
  std::function<const BfdName*(std::string_view name, parser::Location use)> find_bfd;
  /// Finds the mail server; an empty endpoint when there is none of that name. Not a DNS query
  /// where the text was resolved before.
  std::function<Endpoint(const std::string& name, Port port)> find_mail_server;
};

}  // namespace understudy
