#include "daemon/global/script_text.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace understudy {

namespace {

/// Room for getpwnam_r's and getgrnam_r's strings; grown when an entry needs more.
constexpr std::size_t kFirstBuffer = 4096;
constexpr std::size_t kLargestBuffer = 1U << 20;
/// What execvp(3) searches when PATH is not set.
constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Calls `find(buffer)` with ever larger buffers until it does not answer ERANGE.
template <typename Find>
int with_buffer(Find find) {
  int result = ERANGE;
  for (std::size_t size = kFirstBuffer; result == ERANGE && size <= kLargestBuffer; size *= 4) {
    std::vector<char> buffer(size);
    result = find(buffer);
  }
  return result;
}

}  // namespace

Result<Credentials> find_credentials(const std::string& user, const std::string& group) {
  Credentials found;
  bool exists = false;
  const int user_error = with_buffer([&](std::vector<char>& buffer) {
    passwd entry{};
    passwd* result = nullptr;
    const int error = getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &result);
    exists = result != nullptr;
    if (exists) found = {entry.pw_uid, entry.pw_gid};
    return error;
  });
  if (!exists) return Error{fmt::format("Script user '{}' does not exist", user), user_error};
  if (group.empty()) return found;

  exists = false;
  const int group_error = with_buffer([&](std::vector<char>& buffer) {
    ::group entry{};
    ::group* result = nullptr;
    const int error = getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &result);
    exists = result != nullptr;
    if (exists) found.gid = entry.gr_gid;
    return error;
  });
  if (!exists) return Error{fmt::format("Script group '{}' does not exist", group), group_error};
  return found;
}

std::vector<std::string> owner_words(std::uint32_t uid, std::uint32_t gid) {
  std::vector<std::string> words;
  with_buffer([&](std::vector<char>& buffer) {
    passwd entry{};
    passwd* result = nullptr;
    const int error = getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &result);
    if (result != nullptr) words.emplace_back(entry.pw_name);
    return error;
  });
  with_buffer([&](std::vector<char>& buffer) {
    ::group entry{};
    ::group* result = nullptr;
    const int error = getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &result);
    if (result != nullptr) words.emplace_back(entry.gr_name);
    return error;
  });
  if (words.size() != 2) words.clear();
  return words;
}

bool script_exists(const std::vector<std::string>& argv) {
  if (argv.empty() || argv[0].empty() || argv[0][0] == '<') return false;
  const std::string& name = argv[0];
  if (name.find('/') != std::string::npos) return access(name.c_str(), F_OK) == 0;

  const char* variable = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
  std::string_view path = variable == nullptr ? kDefaultPath : std::string_view(variable);
  while (!path.empty()) {
    const auto end = std::min(path.find(':'), path.size());
    const std::string candidate = fmt::format("{}/{}", path.substr(0, end), name);
    if (access(candidate.c_str(), X_OK) == 0) return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

parser::Codec<ScriptText> script_text() {
  return parser::mapped(parser::command_line(), [](parser::CommandLine line) {
    auto& owner = line.owner;
    return ScriptText{std::move(line.argv), owner.empty() ? std::string() : owner[0],
                      owner.size() < 2 ? std::string() : owner[1]};
  });
}

std::optional<Credentials> ScriptUsers::fallback() {
  if (policy_.user_unknown) return std::nullopt;
  if (policy_.user) return policy_.user;
  const auto found = find_credentials("keepalived_script", {});
  if (found) {
    policy_.user = *found;
  } else if (policy_.security) {
    diagnostics_.add(parser::Severity::error, {},
                     "Unable to set default user keepalived_script for script");
    policy_.user_unknown = true;
  } else {
    policy_.user = Credentials{geteuid(), getegid()};
  }
  return policy_.user;
}

std::optional<Credentials> ScriptUsers::resolve(const ScriptText& script, std::string_view type) {
  ++asked_;
  if (script.user.empty()) {
    auto user = fallback();
    if (!user) {
      diagnostics_.add(parser::Severity::note, {},
                       fmt::format("Failed to set default user for {} script {} - ignoring", type,
                                   script.argv[0]));
    }
    return user;
  }
  auto found = find_credentials(script.user, script.group);
  if (found) return *found;
  diagnostics_.add(parser::Severity::note, {},
                   fmt::format("{}: invalid user/group for {} script {} - ignoring",
                               found.error().message, type, script.argv[0]));
  return std::nullopt;
}

void ScriptUsers::report_violation(std::string_view kind) {
  if (policy_.security || !any_found_) return;
  diagnostics_.add(
      parser::Severity::insecure, {},
      fmt::format(
          "SECURITY VIOLATION - {}scripts are being executed but script_security not enabled.",
          kind));
}

}  // namespace understudy
