// Files -> one text: includes resolved, definitions replaced, sequences repeated, every line
// knowing where it came from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "parser/diagnostics.hpp"
#include "parser/expanded_text.hpp"

namespace understudy::parser {

/// What became of the main file.
enum class MainFile : std::uint8_t {
  read,
  missing,
  unreadable,
  not_regular,
  empty,
  /// It, or what it includes, defines and repeats, has no sensible size; nothing of it is kept.
  too_large,
};

/// What reading needs to know besides the path.
struct SourceOptions {
  std::string path;
  /// Lines that begin with "@ID " are read only if this is their ID; "@^ID " only if it is not. It
  /// is
  /// ${_INSTANCE} too.
  std::string config_id;
  /// Lines, repetitions and replacements that may be made of it: more is a mistake, or a bomb.
  std::uint64_t budget = kBudget;
  static constexpr std::uint64_t kBudget = 16U << 20;
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
