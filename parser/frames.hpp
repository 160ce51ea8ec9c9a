// What is being read: files, definitions and sequences, each opened by a line of the one before.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "parser/definitions.hpp"
#include "parser/include.hpp"
#include "parser/sequence.hpp"

namespace understudy::parser {

/// Files an include directive matched, read one after another.
struct IncludeFrame {
  std::vector<Matches::File> files;
  std::size_t next = 0;
  unsigned checks = 0;
  /// The directive.
  std::string_view line;
};

/// A file.
struct FileFrame {
  std::string_view rest;
  Place at;
  /// What relative names start from; empty: the current directory.
  std::string directory;
  /// The same, absolute and without symbolic links: ${_PWD}.
  std::string absolute_directory;
  dev_t device = 0;
  ino_t inode = 0;
  /// include_check as it was when the file was opened.
  unsigned saved_checks = 0;
};

/// The lines of a definition of several.
struct BodyFrame {
  std::shared_ptr<const Body> body;
  /// The first has been read where the definition was used.
  std::size_t next = 1;
};

/// A line repeated.
struct SequenceFrame {
  Sequence sequence;
  std::uint64_t next = 0;
  std::uint64_t count = 0;
  std::vector<Definition*> variables;
  /// The repeated line.
  Place at;
};

/// One of them, and why it is read.
struct Frame {
  std::variant<IncludeFrame, FileFrame, BodyFrame, SequenceFrame> what;
  /// Its lines' origin, made when it is first asked for; kNone while it has not been.
  std::uint32_t origin = Origin::kNone;
  /// The line that opened it.
  Place used;
  /// Of a body: what is defined, and where.
  std::string_view name;
  Place defined;
};

}  // namespace understudy::parser
