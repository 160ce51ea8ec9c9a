// Files -> one text: includes resolved, every line knowing the file and number it came from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/bytes.hpp"
#include "daemon/base/result.hpp"
#include "parser/diagnostics.hpp"

namespace understudy::parser {

/// Text whose lines each know the file and line they came from. Owns the text; views of it stay
/// valid as long as this does, also when it is moved.
class ExpandedText {
 public:
  /// At most so many octets in all files together, and so many lines.
  static constexpr std::size_t kMaxSize = 256U << 20;
  static constexpr std::size_t kMaxLines = 16U << 20;

  struct Line {
    std::string_view text;
    /// Index into files().
    std::uint32_t file = 0;
    /// From 1.
    std::uint32_t number = 0;
    /// Octets at its front that have been dealt with: "@id ".
    std::uint32_t skip = 0;
  };

  /// A text of one file, split at newlines; carriage returns before them are not part of a line.
  [[nodiscard]] static ExpandedText from_string(std::string text, std::string file_name);

  /// Serialised: for a child that must see what the parent saw without reading files.
  [[nodiscard]] Bytes to_bytes() const;
  /// Checks every bound; the error says what does not fit.
  [[nodiscard]] static Result<ExpandedText> from_bytes(ByteView bytes);

  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }
  /// Whether the parent's reports name the main file: the main path matched several.
  [[nodiscard]] bool names_main_file() const { return names_main_file_; }
  void set_names_main_file(bool names) { names_main_file_ = names; }

  /// Names a file and gives its index.
  std::uint32_t add_file(std::string name);
  /// Keeps `text` alive and gives a view of it.
  std::string_view keep(std::string text);
  /// Appends a line; `text` must be a view from keep().
  void add_line(const Line& line) { lines_.push_back(line); }

 private:
  // Pointers, so that views survive growth and moves.
  std::vector<std::unique_ptr<const std::string>> storage_;
  std::vector<std::string> files_;
  std::vector<Line> lines_;
  bool names_main_file_ = false;
};

/// What became of the main file.
enum class MainFile : std::uint8_t { read, missing, unreadable, not_regular, empty };

/// What reading needs to know besides the path.
struct SourceOptions {
  std::string path;
  /// Lines that begin with "@ID " are read only if this is their ID; "@^ID " only if it is not.
  std::string config_id;
};

/// A text with all its includes.
struct Source {
  ExpandedText text;
  MainFile main = MainFile::read;
  /// An include variant's check failed (includer, includem …).
  bool include_check_failed = false;
};

/// Reads the file and what it includes, relative to the including file. Complaints are collected in
/// `problems`, for they may come before the text they are about is complete.
[[nodiscard]] Source read_source(const SourceOptions& options, std::vector<Diagnostic>& problems);

}  // namespace understudy::parser
