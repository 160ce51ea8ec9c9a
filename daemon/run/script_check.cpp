#include "daemon/run/script_check.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <optional>
#include <string_view>

#include "daemon/base/fd.hpp"
#include "daemon/base/result.hpp"

namespace understudy::run {
namespace {

/// As the kernel has it (path_resolution(7)).
constexpr int kMostLinks = 40;
constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string user_name(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  const bool known = getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found;
  return known ? entry.pw_name : "";
}

std::string group_name(gid_t gid) {
  group entry{};
  group* found = nullptr;
  std::array<char, 4096> buffer{};
  const bool known = getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found) == 0 && found;
  return known ? entry.gr_name : "";
}

std::string name_and_id(const std::string& name, unsigned id) {
  return name.empty() ? std::to_string(id) : fmt::format("{} ({})", name, id);
}

/// Who runs the script.
struct Identity {
  uid_t uid;
  std::vector<gid_t> groups;

  explicit Identity(const ScriptCommand& command) : uid(command.uid), groups{command.gid} {
    const std::string name = user_name(uid);
    if (name.empty()) return;
    int count = 64;
    groups.resize(static_cast<std::size_t>(count));
    if (getgrouplist(name.c_str(), command.gid, groups.data(), &count) < 0) {
      groups.resize(static_cast<std::size_t>(std::max(count, 1)));
      count = static_cast<int>(groups.size());
      getgrouplist(name.c_str(), command.gid, groups.data(), &count);
    }
    groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  }

  /// Execute a file or search a directory, by its mode bits.
  [[nodiscard]] bool may_execute(const struct stat& file) const {
    constexpr mode_t kAnyone = S_IXUSR | S_IXGRP | S_IXOTH;
    if (uid == 0) return S_ISDIR(file.st_mode) || (file.st_mode & kAnyone) != 0;
    if (uid == file.st_uid) return (file.st_mode & S_IXUSR) != 0;
    const bool member = std::find(groups.begin(), groups.end(), file.st_gid) != groups.end();
    return (file.st_mode & (member ? S_IXGRP : S_IXOTH)) != 0;
  }
};

/// Something passed on the way from / to the script, the script included.
struct Component {
  std::string path;
  struct stat status {};
};

/// The way to a file: every directory, every link, and the file, as the kernel would go.
struct Walk {
  std::vector<Component> components;
  /// The last component's path.
  std::string end;
  /// errno of what could not be passed, and which; 0 if all could.
  int error = 0;
  std::string failed_at;
};

std::deque<std::string> split_path(std::string_view path) {
  std::deque<std::string> names;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    if (slash > 0 && path.substr(0, slash) != ".") names.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return names;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string join(const std::string& directory, const std::string& name) {
  return directory == "/" ? "/" + name : directory + "/" + name;
}

std::optional<std::string> link_target(int fd) {
  std::array<char, 4096> buffer{};
  const ssize_t size = readlinkat(fd, "", buffer.data(), buffer.size());
  if (size <= 0) return std::nullopt;
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

/// Goes to an absolute path one name at a time, each opened by its descriptor, so that what was
/// looked at is what is gone through.
Walk walk_to(const std::string& path) {
  Walk walk;
  walk.end = "/";
  std::deque<std::string> names = split_path(path);
  Fd here(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  Component root{"/", {}};
  const auto fail = [&walk](int error, const std::string& at) {
    walk.error = error;
    walk.failed_at = at;
    return walk;
  };
  if (!here || fstat(here.get(), &root.status) != 0) return fail(errno, "/");
  walk.components.push_back(root);
  for (int links = 0; !names.empty();) {
    const std::string name = names.front();
    names.pop_front();
    Component next{name == ".." ? parent_of(walk.end) : join(walk.end, name), {}};
    Fd there(openat(here.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!there || fstat(there.get(), &next.status) != 0) return fail(errno, next.path);
    walk.components.push_back(next);
    if (S_ISLNK(next.status.st_mode)) {
      const auto target = link_target(there.get());
      if (!target) return fail(errno, next.path);
      if (++links > kMostLinks) return fail(ELOOP, next.path);
      auto rest = split_path(*target);
      names.insert(names.begin(), rest.begin(), rest.end());
      if (target->front() == '/') {
        here.reset(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
        walk.end = "/";
      }
      continue;
    }
    here = std::move(there);
    walk.end = next.path;
  }
  return walk;
}

/// What is wrong with a component, nullopt if only root can change it.
std::optional<std::string> unsafe(const Component& component) {
  const auto& status = component.status;
  const std::string owner = name_and_id(user_name(status.st_uid), status.st_uid);
  if (status.st_uid != 0) return fmt::format("{} is owned by {}, not root", component.path, owner);
  // Nobody else can replace what is root's in a sticky directory; a link has no mode of its own.
  const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  if (sticky || S_ISLNK(status.st_mode)) return std::nullopt;
  const unsigned mode = status.st_mode & 07777U;
  if (status.st_gid != 0 && (status.st_mode & S_IWGRP) != 0) {
    return fmt::format("{} is writable by group {} (owner {}, mode {:04o}, bit 0020)",
                       component.path, name_and_id(group_name(status.st_gid), status.st_gid), owner,
                       mode);
  }
  if ((status.st_mode & S_IWOTH) != 0) {
    return fmt::format("{} is writable by everybody (owner {}, mode {:04o}, bit 0002)",
                       component.path, owner, mode);
  }
  return std::nullopt;
}

/// Whether a change to the file would give somebody root's powers.
bool needs_protection(const ScriptCommand& command, const struct stat& file) {
  const bool set_uid_root =
      file.st_uid == 0 && (file.st_mode & S_IXUSR) != 0 && (file.st_mode & S_ISUID) != 0;
  const bool set_gid_root =
      file.st_gid == 0 && (file.st_mode & S_IXGRP) != 0 && (file.st_mode & S_ISGID) != 0;
  return command.uid == 0 || command.gid == 0 || set_uid_root || set_gid_root;
}

/// PATH search as execvp(3) does it, for the script's user.
std::string search_path(const std::string& name, const Identity& identity, bool& found_unusable) {
  const char* variable = secure_getenv("PATH");
  std::string_view rest = variable != nullptr ? variable : kDefaultPath;
  while (!rest.empty()) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const std::string directory(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    // The current directory of a daemon is nobody's business.
    if (directory.empty() || directory.front() != '/') continue;
    std::string candidate = join(directory, name);
    struct stat status {};
    if (stat(candidate.c_str(), &status) != 0) continue;
    if (S_ISREG(status.st_mode) && identity.may_execute(status)) return candidate;
    found_unusable = true;
  }
  return {};
}

/// A text without "#!": the kernel does not execute it.
bool lacks_interpreter(const std::string& program) {
  const Fd fd(open(program.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  std::array<char, 4> start{};
  if (!fd || read(fd.get(), start.data(), start.size()) < 2) return false;
  const std::string_view magic(start.data(), start.size());
  return !magic.starts_with("#!") && magic != std::string_view(
                                                  "\x7f"
                                                  "ELF");
}

/// First directory on the way that the script's user may not pass.
const Component* barred(const Walk& walk, const Identity& identity) {
  for (const auto& component : walk.components) {
    if (S_ISDIR(component.status.st_mode) && !identity.may_execute(component.status)) {
      return &component;
    }
  }
  return nullptr;
}

}  // namespace

std::string tested_file(const ScriptCommand& command) {
  if (command.argv.empty() || !command.argv.front().starts_with('<')) return {};
  const std::string& first = command.argv.front();
  const auto start = first.find_first_not_of(" \t", 1);
  if (start != std::string::npos) return first.substr(start);
  return command.argv.size() > 1 ? command.argv[1] : std::string();
}

namespace {

/// A path to look at: the first word, or where the PATH has it.
struct Located {
  std::string path;
  int error = 0;
  std::string message;
};

Located locate(const std::string& name, const Identity& identity) {
  if (name.find('/') != std::string::npos) return {name, 0, {}};
  bool found_unusable = false;
  const std::string path = search_path(name, identity, found_unusable);
  if (!path.empty()) {
    return {
        path, 0,
        fmt::format("WARNING - script `{}` resolved by path search to `{}`. Please specify full "
                    "path.",
                    name, path)};
  }
  if (found_unusable) {
    return {{}, EACCES, fmt::format("Permissions failure for script {} in path - disabling", name)};
  }
  return {{}, ENOENT, fmt::format("Cannot find script {} in path - disabling", name)};
}

/// Whether the script can be reached and executed; an Error with what to log if not.
std::optional<Error> unusable(const ScriptCommand& command, const Walk& walk,
                              const Identity& identity) {
  const std::string& name = command.argv.front();
  const auto cannot_access = [&name](int error, const std::string& at) {
    return Error{fmt::format("Script {} cannot be accessed - {} ({})", name, strerror(error), at),
                 error};
  };
  if (const Component* bar = barred(walk, identity)) return cannot_access(EACCES, bar->path);
  if (walk.error != 0) return cannot_access(walk.error, walk.failed_at);
  const auto& file = walk.components.back().status;
  if (!S_ISREG(file.st_mode)) {
    return Error{fmt::format("Wrong file type found in script path '{}'.", name), EACCES};
  }
  if (identity.may_execute(file)) return std::nullopt;
  return Error{
      fmt::format("WARNING - script '{}' is not executable for uid:gid {}:{} - disabling. {} has "
                  "mode {:04o}",
                  name, command.uid, command.gid, walk.end, file.st_mode & 07777U),
      EACCES};
}

}  // namespace

ScriptCheck check_script(const ScriptCommand& command, bool security) {
  ScriptCheck result;
  if (command.argv.empty() || command.argv.front().empty()) {
    return {false, ENOENT, {}, {"Empty script - disabling"}};
  }
  if (!tested_file(command).empty()) return {true, 0, {}, {}};
  const Identity identity(command);
  const std::string& name = command.argv.front();
  const Located located = locate(name, identity);
  if (!located.message.empty()) result.messages.push_back(located.message);
  result.error = located.error;
  if (result.error != 0) return result;
  // The walk begins at /, for that is a daemon's current directory.
  const Walk walk = walk_to(located.path);
  if (const auto error = unusable(command, walk, identity)) {
    result.error = error->code;
    result.messages.push_back(error->message);
    return result;
  }
  result.program = walk.end;
  result.usable = true;
  if (lacks_interpreter(walk.end)) {
    result.messages.push_back(fmt::format("Please add a #! shebang to script {}", name));
  }
  if (!needs_protection(command, walk.components.back().status)) return result;
  for (const auto& component : walk.components) {
    const auto reason = unsafe(component);
    if (!reason) continue;
    result.usable = !security;
    result.error = security ? EPERM : 0;
    result.messages.push_back(fmt::format("Unsafe permissions found for script '{}'{}. {}", name,
                                          security ? " - disabling" : "", *reason));
    return result;
  }
  return result;
}

}  // namespace understudy::run
