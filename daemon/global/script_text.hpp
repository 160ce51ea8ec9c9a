// A script as the configuration writes it, and which user it will run as.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.hpp"
#include "parser/diagnostics.hpp"
#include "parser/values.hpp"

namespace understudy {

/// `SCRIPT [USER [GROUP]]`: the command line already split into words; no user means script_user.
struct ScriptText {
  std::vector<std::string> argv;
  std::string user;
  std::string group;
  [[nodiscard]] bool empty() const { return argv.empty(); }
  bool operator==(const ScriptText&) const = default;
};

/// User and group a script runs as.
struct Credentials {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  bool operator==(const Credentials&) const = default;
};

/// Reads "SCRIPT [USER [GROUP]]"; the script may be a quoted command line.
[[nodiscard]] parser::Codec<ScriptText> script_text();

/// The ids of `user`, and of `group` unless it is empty (then the user's own group). The error says
/// which of the two does not exist.
[[nodiscard]] Result<Credentials> find_credentials(const std::string& user,
                                                   const std::string& group);

/// The words USER GROUP that stand for these ids; none when one of them has no name.
[[nodiscard]] std::vector<std::string> owner_words(std::uint32_t uid, std::uint32_t gid);

/// Whether running `argv` would find a file: argv[0] is a path, or is found in PATH. A leading `<`
/// (the file is only read) is not a script.
[[nodiscard]] bool script_exists(const std::vector<std::string>& argv);

/// What script_user and enable_script_security leave for scripts that name no user.
struct ScriptPolicy {
  /// script_user; nullopt: keepalived_script if it exists, else our own ids.
  std::optional<Credentials> user;
  /// script_user named somebody who does not exist: no such script is run.
  bool user_unknown = false;
  /// enable_script_security: keepalived_script must then exist.
  bool security = false;
};

/// Decides who each script runs as, and notices what that says about security.
class ScriptUsers {
 public:
  ScriptUsers(ScriptPolicy policy, parser::Diagnostics& diagnostics)
      : policy_(policy), diagnostics_(diagnostics) {}

  /// nullopt: it must not run; why has been reported. `type` is "notify", "quorum", "vrrp_fifo" ….
  [[nodiscard]] std::optional<Credentials> resolve(const ScriptText& script, std::string_view type);
  /// As resolve(), in the shape the sections' own script types have: {argv, uid, gid}. Empty when
  /// there is no script or it must not run.
  template <typename Call>
  [[nodiscard]] Call call(const std::optional<ScriptText>& script, std::string_view type) {
    if (!script || script->empty()) return {};
    const auto user = resolve(*script, type);
    if (!user) return {};
    any_found_ = any_found_ || script_exists(script->argv);
    return {script->argv, user->uid, user->gid};
  }
  /// Of a script whose user was resolved elsewhere.
  void note_script(const std::vector<std::string>& argv) {
    any_found_ = any_found_ || script_exists(argv);
  }
  /// How many scripts it has been asked about: the answer is the system's, and may be another one
  /// the next time.
  [[nodiscard]] std::size_t asked() const { return asked_; }
  /// Reports scripts that run without enable_script_security. `kind` is "" or "check ".
  void report_violation(std::string_view kind);

 private:
  [[nodiscard]] std::optional<Credentials> fallback();

  ScriptPolicy policy_;
  parser::Diagnostics& diagnostics_;
  bool any_found_ = false;
  std::size_t asked_ = 0;
};

}  // namespace understudy
