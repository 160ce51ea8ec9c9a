#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "daemon/global/rows.hpp"

namespace understudy::global {

namespace {

using namespace parser;
using FileRows = Block<TrackFile>;

constexpr int kLargestWeight = 254;
constexpr int kUsualWeight = 1;

// Of statfs(2), not in linux/magic.h of every kernel.
constexpr std::uint32_t kFuse = 0x65735546;
constexpr std::uint32_t kMessageQueue = 0x19800202;
constexpr std::uint32_t kRomfs = 0x7275;
constexpr std::uint32_t kSmb2 = 0xfe534d42;
constexpr std::uint32_t kSystemV4 = 0x012ff7b5;
constexpr std::uint32_t kSystemV2 = 0x012ff7b6;

/// File systems whose changes inotify(7) does not see.
constexpr std::array<std::uint32_t, 20> kUnwatched{
    BPF_FS_MAGIC,  CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
    DEBUGFS_MAGIC, DEVPTS_SUPER_MAGIC, EFIVARFS_MAGIC,
    kFuse,         kMessageQueue,      NFS_SUPER_MAGIC,
    PIPEFS_MAGIC,  PROC_SUPER_MAGIC,   kRomfs,
    SELINUX_MAGIC, SMB_SUPER_MAGIC,    kSmb2,
    SOCKFS_MAGIC,  SYSFS_MAGIC,        kSystemV2,
    kSystemV4,     TRACEFS_MAGIC};

void take_path(TrackFile& file, std::string path, const Binding& binding) {
  if (file.path.empty()) {
    file.path = std::move(path);
    return;
  }
  binding.error(fmt::format("File already set for track file {} - ignoring {}", file.name, path));
}

void take_weight(TrackFile& file, const Binding& binding) {
  if (file.weight != kUsualWeight) {
    binding.error(fmt::format("Weight already set for track file {} - ignoring {}", file.name,
                              binding.argument()));
    return;
  }
  if (const auto weight = parse_signed(binding.argument(), -kLargestWeight, kLargestWeight)) {
    file.weight = static_cast<int>(*weight);
  } else {
    binding.error(weight.error().message);
    binding.error(
        fmt::format("Weight ({}) for track_file {} must be between [-254..254] "
                    "inclusive. Ignoring...",
                    binding.argument(), file.name));
  }
  if (binding.arguments().size() < 2) return;
  if (binding.argument(1) == "reverse") {
    file.reverse = true;
  } else {
    binding.error_at(
        binding.arguments()[1],
        fmt::format("track_file {} unknown weight option {}", file.name, binding.argument(1)),
        "expected 'reverse'");
  }
}

bool looks_like_number(std::string_view word) {
  return !word.empty() && (word.front() == '-' || (word.front() >= '0' && word.front() <= '9'));
}

void take_initial(TrackFile& file, const Binding& binding) {
  file.initial = 0;
  file.overwrite = false;
  for (const Word& word : binding.arguments()) {
    std::string_view text = word.text;
    text.remove_prefix(std::min(text.find_first_not_of(" \t\f\n\r\v"), text.size()));
    if (text == "overwrite") {
      file.overwrite = true;
      continue;
    }
    if (!looks_like_number(text)) {
      binding.error_at(word, fmt::format("Unknown track file init option {}", text),
                       "expected a number or 'overwrite'");
      continue;
    }
    const auto value = parse_signed(text, std::numeric_limits<std::int32_t>::min(), kLongestCount);
    if (!value) {
      binding.error_at(word, value.error().message);
      binding.error_at(word,
                       fmt::format("Track file {} init value {} is invalid", file.name, text));
    } else if (*value < -kLargestWeight || *value > kLargestWeight) {
      binding.error_at(word, fmt::format("Track file {} init value {} is outside sensible range "
                                         "[-254, 254]",
                                         file.name, *value));
    }
    file.initial = value ? static_cast<int>(*value) : 0;
  }
}

/// Why changes of the file cannot be seen, or "".
std::string watch_refusal(const TrackFile& file) {
  const std::size_t slash = file.path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : file.path.substr(0, slash);
  const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(directory.c_str(), nullptr),
                                                             std::free);
  if (!resolved) {
    return fmt::format("realpath() error {} ({}) for {}", errno,
                       std::strerror(errno),  // NOLINT(concurrency-mt-unsafe)
                       file.name);
  }
  struct statfs system {};
  if (statfs(resolved.get(), &system) != 0) {
    return errno == ENOTDIR
               ? fmt::format("track file directory for {} does not exist - removing", file.name)
               : std::string();
  }
  const bool read_only = (static_cast<unsigned long>(system.f_flags) & ST_RDONLY) != 0;
  const auto type = static_cast<std::uint32_t>(system.f_type);
  if (!read_only && std::ranges::find(kUnwatched, type) == kUnwatched.end()) return {};
  return fmt::format("The filesystem of {} is read only or cannot be monitored - ignoring",
                     file.path);
}

/// Why there can be no such track file, or "".
std::string refusal_of(const TrackFile& file) {
  if (file.path.empty()) return fmt::format("No file set for track_file {} - ignoring", file.name);
  std::string why = watch_refusal(file);
  if (!why.empty() || !file.overwrite) return why;
  struct stat found {};
  if (stat(file.path.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) {
    return fmt::format("Cannot initialise track file {} - it is not a regular file", file.name);
  }
  return {};
}

void close_file(GlobalDraft& draft, TrackFile& file, const Binding& binding) {
  const std::string why = refusal_of(file);
  if (!why.empty()) {
    binding.report_at(Severity::error, binding.closing(), why);
    return;
  }
  // Of two with one name the first is found.
  draft.track_file_index.emplace(
      file.name, GlobalDraft::TrackFilePlace{draft.track_files.size(), binding.here()});
  draft.track_files.push_back(std::move(file));
}

TrackFile* open_file(GlobalDraft& draft, const Binding& binding) {
  if (binding.keyword() == "vrrp_track_file") {
    binding.report_at(Severity::note, binding.here(),
                      "\"vrrp_track_file\" is deprecated, please use \"track_file\"");
  }
  draft.open_track_file = {};
  draft.open_track_file.name = binding.argument();
  return &draft.open_track_file;
}

}  // namespace

void add_track_files(Rows& top) {
  FileRows rows;
  rows.value("file", "The file; its directory must exist.", text("PATH"), take_path)
      .when_missing("track file file name missing");
  rows.statement("weight", "What the file's number counts times; 0: below 0 is a FAULT.",
                 take_weight)
      .takes("NUMBER [reverse]", 1, 2)
      .accepts("-254..254")
      .by_default("1")
      .when_missing("No weight specified for track file {2} - ignoring");
  rows.statement("init_file",
                 "Write the number (0) at the start, if the file is missing or with overwrite.",
                 take_initial)
      .takes("[NUMBER] [overwrite]", 0, SIZE_MAX)
      .accepts("-254..254");
  top.block("track_file|vrrp_track_file",
            "A file whose number is a fact for instances and real servers.", std::move(rows),
            open_file, close_file)
      .takes("NAME", 1, 1)
      .adds_up()
      .reported_by(Stage::checkers);
}

}  // namespace understudy::global
