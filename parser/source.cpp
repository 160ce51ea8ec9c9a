// Reader: files and includes.
#include "parser/source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "daemon/base/fd.hpp"
#include "parser/include.hpp"
#include "parser/reader.hpp"

namespace understudy::parser {
namespace {

/// Files open at once, by includes within includes.
constexpr std::size_t kMaxDepth = 32;
/// What a file costs more than a line: see Reader.
constexpr std::uint64_t kFileCost = 200;

/// Reads a whole regular file. Opened without blocking: it may have become a FIFO since it was
/// looked at.
Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return Error::from_errno(errno, path);
  struct stat status {};
  std::string text;
  // Room for all of it at once; it may still grow.
  if (::fstat(fd.get(), &status) == 0 && status.st_size > 0) {
    text.reserve(std::min(static_cast<std::size_t>(status.st_size), limit) + 1);
  }
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error::from_errno(errno, path);
    if (got == 0) return Result<std::string>(boost::system::in_place_value, std::move(text));
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) return Error{path + ": larger than is sensible", EFBIG};
  }
}

}  // namespace

void Reader::check_failed(unsigned failed, unsigned checks, std::string message) {
  const bool wanted = (failed & checks) != 0;
  // The main file's own fate is told by Source::main.
  if (wanted && !frames_.empty() && current_.at.number != 0) source_.include_check_failed = true;
  complain(wanted ? Severity::insecure : Severity::note, std::move(message));
}

const FileFrame* Reader::innermost_file() const {
  for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
    if (const auto* file = std::get_if<FileFrame>(&frame->what)) return file;
  }
  return nullptr;
}

std::size_t Reader::files_open() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      frames_, [](const Frame& frame) { return std::holds_alternative<FileFrame>(frame.what); }));
}

bool Reader::being_read(dev_t device, ino_t inode) const {
  return std::ranges::any_of(frames_, [&](const Frame& frame) {
    const auto* const file = std::get_if<FileFrame>(&frame.what);
    return file != nullptr && file->device == device && file->inode == inode;
  });
}

/// Opens one of the files a directive matched; the frames are the directive's and those around it.
bool Reader::open(const Matches::File& match, unsigned checks) {
  const bool main = frames_.size() == 1;
  const auto refuse = [&](MainFile why, std::string message) {
    check_failed(kCheckReadable, checks, std::move(message));
    if (main) source_.main = why;
    return false;
  };
  struct stat status {};
  if (match.shown.ends_with('/')) {
    return refuse(MainFile::not_regular,
                  fmt::format("Configuration file '{}' is a directory - skipping", match.shown));
  }
  if (::stat(match.path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
      (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0) {
    return refuse(
        MainFile::not_regular,
        fmt::format("Configuration file '{}' is not a regular non-executable file - skipping",
                    match.shown));
  }
  if (being_read(status.st_dev, status.st_ino)) {
    complain(Severity::error,
             fmt::format("Configuration file '{}' includes itself - skipping", match.shown));
    return false;
  }
  auto text = read_file(match.path, ExpandedText::kMaxSize - source_.text.size());
  if (!text && text.error().code == EFBIG) {
    give_up(fmt::format("{} has more octets than is sensible", match.shown));
    return false;
  }
  if (!text) {
    return refuse(MainFile::unreadable,
                  fmt::format("Configuration file '{}' open problem ({}) - skipping", match.shown,
                              std::strerror(text.error().code)));
  }
  if (main) main_opened_ = true;
  FileFrame file;
  file.rest = source_.text.keep(*std::move(text));
  file.at.file = source_.text.add_file(match.shown, file.rest);
  file.directory = std::filesystem::path(match.path).parent_path();
  std::error_code error;
  const std::filesystem::path directory = file.directory.empty() ? "." : file.directory;
  file.absolute_directory = std::filesystem::canonical(directory, error);
  file.device = status.st_dev;
  file.inode = status.st_ino;
  file.saved_checks = settings_.include_checks;
  follow_settings_ = follow_settings_ || Settings::mentioned(file.rest);
  return push({std::move(file), Origin::kNone, current_.at, {}, {}});
}

bool Reader::pull_from(IncludeFrame& frame) {
  if (frame.next == frame.files.size()) return false;
  // What is said of a file is about the directive, which stands in the frame around this one.
  current_.at = frames_.back().used;
  current_.raw = frame.line;
  const unsigned checks = frame.checks;
  const Matches::File file = frame.files[frame.next++];
  // Opening a file takes far longer than reading a line.
  if (spend(kFileCost)) open(file, checks);
  return true;
}

void Reader::include(const IncludeDirective& directive) {
  const unsigned checks = directive.checks | settings_.include_checks;
  if (files_open() >= kMaxDepth) {
    complain(Severity::error,
             fmt::format("include of '{}' is nested too deeply - ignoring", directive.pattern));
    return;
  }
  const FileFrame* const file = innermost_file();
  Matches matches =
      match_files(directive.pattern, file == nullptr ? std::string() : file->directory);
  if (matches.error != 0) {
    check_failed(kCheckReadable, checks,
                 fmt::format("Error reading config file(s): glob(\"{}\") returned {}, skipping.",
                             directive.pattern, matches.error));
    return;
  }
  const std::string missing = complaint_about(matches, {directive.pattern, checks});
  if (!missing.empty()) check_failed(matches.failed(), checks, missing);
  if (matches.missing && (matches.failed() & checks) != 0) return;
  source_.text.set_names_main_file(source_.text.names_main_file() ||
                                   (frames_.empty() && matches.files.size() > 1));
  const std::string_view line = current_.raw.empty() ? current_.text : current_.raw;
  push({IncludeFrame{std::move(matches.files), 0, checks, line},
        Origin::kNone,
        current_.at,
        {},
        {}});
}

Source Reader::read_main(const std::string& path) {
  source_.main = MainFile::missing;
  include({path, kCheckReadable | kCheckMatch | kCheckWildcard});
  read_all();
  current_ = {};
  if (gave_up_) {
    source_ = {};
    source_.main = MainFile::too_large;
  } else if (!main_opened_) {
    complain(Severity::insecure, "Failed to open configuration file");
  } else {
    source_.main = source_.text.lines().empty() ? MainFile::empty : MainFile::read;
  }
  return std::move(source_);
}

Source read_source(const SourceOptions& options, std::vector<Diagnostic>& problems) {
  return Reader(options, problems).read_main(options.path);
}

}  // namespace understudy::parser
