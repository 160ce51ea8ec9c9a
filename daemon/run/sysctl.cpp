#include "daemon/run/sysctl.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

namespace understudy::run {

namespace {

constexpr std::string_view kRecord = "sysctl ";

/// On the page: what was there, and what is there now.
struct Setting {
  std::int32_t original = 0;
  std::int32_t value = 0;
};

std::string record_of(const std::string& path) { return std::string(kRecord) + path; }

/// "net.ipv4.conf.eth0.arp_ignore"; dots in a name become slashes, as sysctl(8) has it.
std::string dotted(std::string path) {
  for (char& c : path) {
    if (c == '/') {
      c = '.';
    } else if (c == '.') {
      c = '/';
    }
  }
  return path;
}

/// What paths of an interface's settings have in them.
std::string part_of(std::string_view interface) { return fmt::format("/conf/{}/", interface); }

std::string_view kind_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Result<int> read_sysctl(const std::string& path) {
  const Fd fd(open(("/proc/sys/" + path).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Error::from_errno(errno, path);
  std::array<char, 16> text{};
  const ssize_t size = read(fd.get(), text.data(), text.size());
  if (size < 0) return Error::from_errno(errno, path);
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + size, value);
  if (parsed.ec != std::errc()) return Error{path + " is no number"};
  return value;
}

Result<void> write_sysctl(const std::string& path, int value) {
  const Fd fd(open(("/proc/sys/" + path).c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return Error::from_errno(errno, path);
  const std::string text = std::to_string(value);
  const ssize_t size = write(fd.get(), text.data(), text.size());
  if (size < 0) return Error::from_errno(errno, path);
  return {};
}

Sysctls::Sysctls(Log& log, HandoverPage& page, Write write)
    : log_(log), page_(page), write_(std::move(write)) {
  adopt();
}

void Sysctls::adopt() {
  std::vector<std::string> paths;
  page_.for_each_key([&](std::string_view key) {
    if (key.substr(0, kRecord.size()) == kRecord) paths.emplace_back(key.substr(kRecord.size()));
  });
  for (const std::string& path : paths) {
    const auto record = page_.read<Setting>(record_of(path));
    if (record) held_[path] = Held{record->original, record->value, {}};
  }
}

bool Sysctls::hold(const std::string& path, int value, const std::string& user) {
  const auto known = held_.find(path);
  if (known != held_.end() && known->second.value == value) {
    known->second.users.insert(user);
    // Somebody may have changed it since, or the interface is another one.
    const auto now = read_sysctl(path);
    return (now && *now == value) || set(path, value);
  }
  const auto before = read_sysctl(path);
  if (!before) {
    complain(path, value, before.error());
    return false;
  }
  Held held{known == held_.end() ? *before : known->second.original, value, {}};
  if (known != held_.end()) held.users = known->second.users;
  held.users.insert(user);
  // Nothing to change, nothing to put back.
  if (known == held_.end() && *before == value) return true;
  page_.write(record_of(path), Setting{held.original, value});
  if (!set(path, value)) {
    if (known == held_.end()) page_.erase(record_of(path));
    return false;
  }
  held_[path] = std::move(held);
  return true;
}

bool Sysctls::set(const std::string& path, int value) {
  const auto done = write_(path, value);
  if (!done) complain(path, value, done.error());
  return done.has_value();
}

void Sysctls::release(const std::string& path, const std::string& user) {
  const auto found = held_.find(path);
  if (found == held_.end() || found->second.users.erase(user) == 0) return;
  if (!found->second.users.empty()) return;
  restore(path, found->second);
  held_.erase(found);
}

void Sysctls::release_all(const std::string& user) {
  std::vector<std::string> paths;
  for (const auto& [path, held] : held_) {
    if (held.users.contains(user)) paths.push_back(path);
  }
  for (const std::string& path : paths) release(path, user);
}

void Sysctls::restore_all() {
  for (const auto& [path, held] : held_) restore(path, held);
  held_.clear();
}

void Sysctls::sweep() {
  for (auto at = held_.begin(); at != held_.end();) {
    if (!at->second.users.empty()) {
      ++at;
      continue;
    }
    restore(at->first, at->second);
    at = held_.erase(at);
  }
}

void Sysctls::restore(const std::string& path, const Held& held) {
  const auto now = read_sysctl(path);
  // What somebody else has made of it stays.
  if (now && *now == held.value) set(path, held.original);
  page_.erase(record_of(path));
}

std::optional<int> Sysctls::original_of(const std::string& path) const {
  const auto found = held_.find(path);
  if (found == held_.end()) return std::nullopt;
  return found->second.original;
}

std::size_t Sysctls::users_of(const std::string& path) const {
  const auto found = held_.find(path);
  return found == held_.end() ? 0 : found->second.users.size();
}

void Sysctls::rename_interface(std::string_view before, std::string_view after) {
  const std::string old_part = part_of(before);
  std::map<std::string, Held> renamed;
  for (auto at = held_.begin(); at != held_.end();) {
    const std::size_t place = at->first.find(old_part);
    if (place == std::string::npos) {
      ++at;
      continue;
    }
    std::string path = at->first;
    path.replace(place, old_part.size(), part_of(after));
    page_.erase(record_of(at->first));
    page_.write(record_of(path), Setting{at->second.original, at->second.value});
    renamed[path] = std::move(at->second);
    at = held_.erase(at);
  }
  held_.merge(renamed);
}

void Sysctls::forget_interface(std::string_view name) {
  const std::string part = part_of(name);
  for (auto at = held_.begin(); at != held_.end();) {
    if (at->first.find(part) == std::string::npos) {
      ++at;
      continue;
    }
    page_.erase(record_of(at->first));
    at = held_.erase(at);
  }
}

void Sysctls::complain(const std::string& path, int value, const Error& why) {
  if (!refused_.emplace(kind_of(path)).second) return;
  log_.warning("Cannot set sysctl {} to {}: {} (said once; other interfaces are not mentioned)",
               dotted(path), value, why.code == 0 ? why.message : std::strerror(why.code));
}

}  // namespace understudy::run
