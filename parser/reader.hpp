// Puts a text together: the work behind read_source().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parser/definitions.hpp"
#include "parser/frames.hpp"
#include "parser/lines.hpp"
#include "parser/settings.hpp"
#include "parser/source.hpp"
#include "parser/substitute.hpp"

namespace understudy::parser {

/// A line's way: pull() takes it from the innermost frame, take() sees whether it is a definition,
/// a sequence or one that uses definitions, which opens frames; emit() follows an include or keeps
/// it. Nothing calls itself, so nesting costs no stack, and all that is done is counted: a text of
/// no sensible size ends the reading.
class Reader {
 public:
  Reader(const SourceOptions& options, std::vector<Diagnostic>& problems);
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  /// Once.
  Source read_main(const std::string& path);

 private:
  /// The line at hand.
  struct Current {
    /// Without what does not count.
    std::string_view text;
    /// As written, for lines of files; empty: `text` is all there is.
    std::string_view raw;
    /// Where `text` starts in `raw`, should nothing be replaced.
    CleanLine line;
    Place at;
    bool replaced = false;
  };
  /// A definition of several lines being read.
  struct Unfinished {
    std::string_view name;
    Place at;
    Body body;
    /// The line is for another "@id": so are those of its definition.
    bool unwanted = false;
  };

  void read_all();
  bool pull();
  bool pull_from(IncludeFrame& frame);
  bool pull_from(FileFrame& frame);
  bool pull_from(BodyFrame& frame);
  bool pull_from(SequenceFrame& frame);
  void close(const Frame& frame);

  bool take_raw(std::string_view raw);
  void take();
  bool select();
  bool define();
  void begin_definition(std::string_view name, std::string_view value);
  void continue_definition(std::string_view raw);
  void finish_definition();
  void repeat();
  bool replace();
  void open_bodies(const std::vector<const Definition*>& bodies);
  void emit();
  void keep(const ExpandedText::Line& line);

  void include(const IncludeDirective& directive);
  bool open(const Matches::File& file, unsigned checks);
  [[nodiscard]] const FileFrame* innermost_file() const;
  [[nodiscard]] bool being_read(dev_t device, ino_t inode) const;
  [[nodiscard]] std::size_t files_open() const;

  bool push(Frame frame);
  std::uint32_t origin_of(std::size_t index);
  bool spend(std::uint64_t steps);
  void give_up(const std::string& why);
  [[nodiscard]] Diagnostic about_line(Severity severity, std::string message, std::string hint);
  void complain(Severity severity, std::string message, std::string hint = {});
  void check_failed(unsigned failed, unsigned checks, std::string message);

  Source source_;
  std::vector<Diagnostic>& problems_;
  std::string config_id_;
  /// Lines, repetitions and replacements that may yet be made.
  std::uint64_t budget_;
  Definitions definitions_;
  Substitution substitution_;
  Settings settings_;
  /// Whether a text that has been read mentions a setting.
  bool follow_settings_ = false;
  std::vector<Frame> frames_;
  Current current_;
  std::optional<Unfinished> unfinished_;
  bool main_opened_ = false;
  bool gave_up_ = false;
};

}  // namespace understudy::parser
