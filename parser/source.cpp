#include "parser/source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "daemon/base/fd.hpp"
#include "parser/include.hpp"
#include "parser/lines.hpp"
#include "parser/substitute.hpp"

namespace understudy::parser {
namespace {

/// Includes within includes; a file that includes itself ends here.
constexpr unsigned kMaxDepth = 32;

/// Reads a whole regular file. Opened without blocking: it may have become a FIFO since it was
/// looked at.
Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return Error::from_errno(errno, path);
  std::string text;
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

/// Puts the text together, file by file.
class Reader {
 public:
  Reader(const SourceOptions& options, std::vector<Diagnostic>& problems)
      : substitution_(options.config_id), problems_(problems) {}

  Source read_main(const std::string& path);

 private:
  /// A place in a file being read: where complaints about an include go.
  struct Place {
    std::uint32_t file = 0;
    std::uint32_t number = 0;
    std::string_view line;
    unsigned depth = 0;
    /// Directory relative includes start from; empty: the current one.
    std::string directory;
  };

  bool include(const IncludeDirective& directive, const Place& from);
  bool open(const std::string& path, const std::string& shown, unsigned checks, const Place& from);
  void read_lines(std::string_view text, Place place);
  void take_line(std::string_view raw, const Place& place);
  void complain(Severity severity, const Place& place, std::string message);
  void check_failed(unsigned failed, unsigned checks, const Place& place, std::string message);

  Source source_;
  Substitution substitution_;
  std::vector<Diagnostic>& problems_;
  std::size_t size_ = 0;
};

void Reader::complain(Severity severity, const Place& place, std::string message) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.message = std::move(message);
  if (place.number != 0) {
    if (place.file != 0 || source_.text.names_main_file()) {
      diagnostic.file = source_.text.files()[place.file];
    }
    diagnostic.line = place.number;
    diagnostic.source_line = place.line;
  }
  if (problems_.size() < Diagnostics::kLimit) problems_.push_back(std::move(diagnostic));
}

void Reader::check_failed(unsigned failed, unsigned checks, const Place& place,
                          std::string message) {
  const bool wanted = (failed & checks) != 0;
  // The main file's own fate is told by Source::main.
  if (wanted && place.number != 0) source_.include_check_failed = true;
  complain(wanted ? Severity::insecure : Severity::note, place, std::move(message));
}

bool Reader::open(const std::string& path, const std::string& shown, unsigned checks,
                  const Place& from) {
  struct stat status {};
  if (shown.ends_with('/')) {
    check_failed(kCheckReadable, checks, from,
                 fmt::format("Configuration file '{}' is a directory - skipping", shown));
    if (from.number == 0) source_.main = MainFile::not_regular;
    return false;
  }
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
      (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0) {
    check_failed(
        kCheckReadable, checks, from,
        fmt::format("Configuration file '{}' is not a regular non-executable file - skipping",
                    shown));
    if (from.number == 0) source_.main = MainFile::not_regular;
    return false;
  }
  auto text = read_file(path, ExpandedText::kMaxSize - size_);
  if (!text) {
    check_failed(kCheckReadable, checks, from,
                 fmt::format("Configuration file '{}' open problem ({}) - skipping", shown,
                             std::strerror(text.error().code)));
    if (from.number == 0) source_.main = MainFile::unreadable;
    return false;
  }
  size_ += text->size();
  Place place;
  place.file = source_.text.add_file(shown);
  place.depth = from.depth + 1;
  place.directory = std::filesystem::path(path).parent_path();
  read_lines(source_.text.keep(*std::move(text)), place);
  return true;
}

bool Reader::include(const IncludeDirective& directive, const Place& from) {
  if (from.depth >= kMaxDepth) {
    complain(Severity::error, from,
             fmt::format("include of '{}' is nested too deeply - ignoring", directive.pattern));
    return false;
  }
  const Matches matches = match_files(directive.pattern, from.directory);
  if (matches.error != 0) {
    check_failed(kCheckReadable, directive.checks, from,
                 fmt::format("Error reading config file(s): glob(\"{}\") returned {}, skipping.",
                             directive.pattern, matches.error));
    return false;
  }
  const std::string missing = complaint_about(matches, directive);
  if (!missing.empty()) check_failed(matches.failed(), directive.checks, from, missing);
  if (matches.missing && (matches.failed() & directive.checks) != 0) return false;
  bool any = false;
  for (const Matches::File& file : matches.files) {
    any = open(file.path, file.shown, directive.checks, from) || any;
  }
  return any;
}

void Reader::take_line(std::string_view raw, const Place& place) {
  if (raw.size() > kMaxLineLength) {
    complain(Severity::error, place, "line too long - ignoring");
    return;
  }
  if (raw.find('\0') != std::string_view::npos) {
    complain(Severity::error, place, "configuration appears to have embedded NULs - ignoring line");
    return;
  }
  const CleanLine line = clean_line(raw);
  LineVerdict verdict = substitution_.judge(line);
  if (!verdict.complaint.empty()) {
    complain(Severity::error, place, std::move(verdict.complaint));
  }
  if (verdict.kind == LineVerdict::Kind::drop) return;
  if (line.text.size() == verdict.skip) return;
  if (const auto directive = include_directive(line.text.substr(verdict.skip))) {
    include(*directive, place);
    return;
  }
  if (source_.text.lines().size() >= ExpandedText::kMaxLines) return;
  const std::uint32_t skip = verdict.skip == 0 ? 0 : line.column(verdict.skip);
  source_.text.add_line({raw, place.file, place.number, skip});
}

void Reader::read_lines(std::string_view text, Place place) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view raw = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (raw.ends_with('\r')) raw.remove_suffix(1);
    ++place.number;
    place.line = raw;
    take_line(raw, place);
  }
}

Source Reader::read_main(const std::string& path) {
  constexpr unsigned checks = kCheckReadable | kCheckMatch | kCheckWildcard;
  source_.main = MainFile::missing;
  const Matches matches = match_files(path, {});
  source_.text.set_names_main_file(matches.files.size() > 1);
  const bool read = include({path, checks}, {});
  if (!read) {
    complain(Severity::insecure, {}, "Failed to open configuration file");
  } else {
    source_.main = source_.text.lines().empty() ? MainFile::empty : MainFile::read;
  }
  return std::move(source_);
}

}  // namespace

Source read_source(const SourceOptions& options, std::vector<Diagnostic>& problems) {
  return Reader(options, problems).read_main(options.path);
}

}  // namespace understudy::parser
