// Files that hold a number (track_file), followed as they are written, replaced and deleted.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/fd.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/result.hpp"

namespace understudy::run {

/// A file and what it is called.
struct WatchedFile {
  std::string name;
  std::string path;
  bool operator==(const WatchedFile&) const = default;
};

/// The number at the beginning of a file's text, as strtol(3) reads it with any base; 0 when there
/// is none. An error for one beyond -2147483648..2147483648.
[[nodiscard]] Result<std::int64_t> number_in(std::string_view text);

/// Follows files through their directories (inotify(7)): a file may be missing, written in place,
/// replaced by another, or deleted. A directory that vanishes is looked for every second.
class FileWatch {
 public:
  /// The number of `name` is another now.
  using OnValue = std::function<void(const std::string& name, std::int64_t value)>;

  FileWatch(Loop& loop, Log& log, OnValue on_value);
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;
  ~FileWatch();

  /// Follows these from now on. Each is read, and its number told unless it is 0 and the file is
  /// new here.
  void configure(std::vector<WatchedFile> files);

 private:
  struct File {
    WatchedFile watched;
    std::string directory;
    std::string base;
    std::int64_t value = 0;
  };
  /// A directory, while it is watched.
  struct Directory {
    std::optional<int> watch;
    /// It was said that it cannot be watched.
    bool said = false;
  };

  void watch(const std::string& path, Directory& directory);
  void read_events();
  void event(int watch, std::uint32_t mask, std::string_view file);
  void forget(int watch);
  void look(File& file);
  void look_at_all();
  void set(File& file, std::int64_t value);
  void retry();

  Loop& loop_;
  Log& log_;
  OnValue on_value_;
  Fd inotify_;
  std::unique_ptr<Watch> readable_;
  Timer retry_;
  std::vector<File> files_;
  std::map<std::string, Directory> directories_;
};

/// What a file holds at the start of the daemon (init_file).
struct InitialFile {
  std::string name;
  std::string path;
  int value = 0;
  /// Also if the file is there.
  bool overwrite = false;
};

/// Writes them, readable and writable for root alone where they are new; says in the log which it
/// cannot. Symbolic links and what is no regular file are left alone.
void write_initial_files(const std::vector<InitialFile>& files, Log& log);

}  // namespace understudy::run
