// What every part of a dump is written with: the lines of keepalived's -d and of its data files.
//
// The dump() of each section gives lines without time or ident. Labels and formats are those of
// keepalived 2.4.3, its slips included ("LVS TCP timeout" for UDP): programs read them.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace understudy {

/// Lines in the making.
class DumpLines {
 public:
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    lines_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  void append(std::vector<std::string> more) {
    lines_.insert(lines_.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

/// "yes" or "no".
[[nodiscard]] constexpr const char* yes_no(bool on) { return on ? "yes" : "no"; }
/// "true" or "false".
[[nodiscard]] constexpr const char* true_false(bool on) { return on ? "true" : "false"; }
/// "ON" or "OFF".
[[nodiscard]] constexpr const char* on_off(bool on) { return on ? "ON" : "OFF"; }
/// "enabled" or "disabled".
[[nodiscard]] constexpr const char* enabled(bool on) { return on ? "enabled" : "disabled"; }
/// " reverse" or nothing, after a weight.
[[nodiscard]] constexpr const char* reversed(bool reverse) { return reverse ? " reverse" : ""; }

/// Seconds with six decimals.
[[nodiscard]] std::string decimal(std::chrono::microseconds time);

/// Where a script is.
struct ScriptPath {
  /// argv[0] as a path, found in PATH where it is only a name.
  std::string found;
  /// What that is a symbolic link to; empty: it is none, or links are kept.
  std::string target;
};

/// Looks up argv[0] of a script.
using FindScript = std::function<ScriptPath(const std::string& name)>;

/// A script's words as the original writes them: each in quotes.
[[nodiscard]] std::string command_text(const std::vector<std::string>& argv);

/// A script as it is shown.
struct ShownScript {
  std::string command;
  /// The file that is run where it is not the command's own name.
  std::string path;
};
/// `find` may be empty: then the name is what is run.
[[nodiscard]] ShownScript shown_script(std::vector<std::string> argv, const FindScript& find);

/// "LABEL = 'COMMAND' 'WORD', uid:gid 0:0", and the path before it where it differs. `Call` is one
/// of the sections' {argv, uid, gid}; no line for an empty one.
template <typename Call>
void add_script(DumpLines& out, std::string_view label, const Call& call, const FindScript& find) {
  if (call.argv.empty()) return;
  const auto shown = shown_script(call.argv, find);
  const std::string path = shown.path.empty() ? "" : shown.path + ", params = ";
  out.add("{} = {}{}, uid:gid {}:{}", label, path, shown.command, call.uid, call.gid);
}

}  // namespace understudy
