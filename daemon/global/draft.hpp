// What global_defs and the top level say before defaults: the keyword rows fill this,
// complete_global() turns it into GlobalConfig.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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

/// startup_script, shutdown_script.
struct LifecycleScriptDraft {
  std::optional<ScriptText> text;
  parser::Location place;
  std::chrono::seconds timeout{10};
};

/// A bfd_instance as the sections that follow it know it.
struct BfdName {
  /// Of a tracker that gives none.
  std::int16_t weight = 0;
  bool weight_reverse = false;
  /// Whether it tells instances, whether it tells checkers.
  bool to_vrrp = true;
  bool to_checkers = true;
  /// There is a session; a name is known to those who track it even when its session is disabled.
  bool configured = false;
  parser::Location place;
};

/// Most keywords go straight into the GlobalConfig; these need the others first.
struct GlobalDraft : GlobalConfig {
  std::optional<Credentials> script_user;
  bool script_user_unknown = false;
  [[nodiscard]] ScriptPolicy script_policy() const {
    return {script_user, script_user_unknown, enable_script_security};
  }
  LifecycleScriptDraft startup_script_text;
  LifecycleScriptDraft shutdown_script_text;
  FifoDraft notify_fifo_text;
  FifoDraft vrrp_notify_fifo_text;
  FifoDraft lvs_notify_fifo_text;
  bool nftables_given = false;
  /// A track_file's place in track_files, and in the text.
  struct TrackFilePlace {
    std::size_t index = 0;
    parser::Location at;
  };
  std::unordered_map<std::string, TrackFilePlace> track_file_index;
  /// The track_file block that is open.
  TrackFile open_track_file;
  /// The track_file of that name that stands before a place in the text; nullptr: none.
  [[nodiscard]] const TrackFile* find_track_file(std::string_view name,
                                                 parser::Location use) const {
    const auto found = track_file_index.find(std::string(name));
    const bool known = found != track_file_index.end() && found->second.at.line <= use.line;
    return known ? &track_files[found->second.index] : nullptr;
  }
  /// The bfd_instance of that name that stands before a place in the text; nullptr: none.
  std::function<const BfdName*(std::string_view name, parser::Location use)> find_bfd;
  /// Finds the mail server; an empty endpoint when there is none of that name. Not a DNS query
  /// where the text was resolved before.
  std::function<Endpoint(const std::string& name, Port port)> find_mail_server;
};

}  // namespace understudy
