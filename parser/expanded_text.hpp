// One text put together from files, definitions and sequences: lines that know where they are from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/bytes.hpp"
#include "daemon/base/result.hpp"
#include "parser/diagnostics.hpp"

namespace understudy::parser {

/// A line of a file.
struct Place {
  /// Index into ExpandedText::files().
  std::uint32_t file = 0;
  /// From 1.
  std::uint32_t number = 0;
  bool operator==(const Place&) const = default;
};

/// Why a line stands where it does: shared by all lines that do for the same reason.
struct Origin {
  enum class Kind : std::uint8_t {
    /// The file of the line was included.
    include,
    /// The line is one of a definition's.
    definition,
    /// The line was repeated with these values.
    values,
  };
  static constexpr std::uint32_t kNone = 0xffffffff;
  Kind kind = Kind::include;
  /// Why the line at `used` stands where it does; an index below this one's, or kNone.
  std::uint32_t parent = kNone;
  /// The line that includes, uses the definition, or repeats.
  Place used;
  /// Of a definition: its first line.
  Place defined;
  /// The definition's name, or "NAME=VALUE" of what repeats, with ", " between several.
  std::string_view name;
};

/// Some lines that follow each other, as indices into ExpandedText::lines().
struct LineRange {
  std::uint32_t first = 0;
  /// One past the last.
  std::uint32_t end = 0;
  bool operator==(const LineRange&) const = default;
};

/// Text whose lines each know the file and line they came from. Owns the text; views of it stay
/// valid as long as this does, also when it is moved.
///
/// Lines that stand in a file one after the other are kept as one run: a line by itself costs
/// nothing, and is made when it is asked for.
class ExpandedText {
 public:
  /// At most so many octets in all files and expansions together, and so many lines.
  static constexpr std::size_t kMaxSize = 128U << 20;
  static constexpr std::size_t kMaxLines = 4U << 20;

  struct Line {
    std::string_view text;
    /// Where it is written; of a line of a definition that is the definition.
    std::uint32_t file = 0;
    std::uint32_t number = 0;
    /// Octets at its front that have been dealt with: "@id ".
    std::uint32_t skip : 31 = 0;
    /// No comment is left in it, and no escape of one: it is the result of an expansion.
    bool clean : 1 = false;
    /// Index into origins(), or Origin::kNone.
    std::uint32_t origin = Origin::kNone;
  };

  /// All lines in order, made one by one.
  class Lines;

  /// A text of one file, split at newlines; carriage returns before them are not part of a line.
  [[nodiscard]] static ExpandedText from_string(std::string text, std::string file_name);

  /// Serialised: for a child that must see what the parent saw without reading files.
  [[nodiscard]] Bytes to_bytes() const;
  /// Appends the same of some of the lines; `ranges` are in order.
  void write(ByteWriter& out, std::span<const LineRange> ranges) const;
  /// Checks every bound; the error says what does not fit. The text stays in `bytes`, which must
  /// outlive this.
  [[nodiscard]] static Result<ExpandedText> from_bytes(ByteView bytes);
  static Result<ExpandedText> from_bytes(Bytes&& gone) = delete;

  [[nodiscard]] Lines lines() const;
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }
  [[nodiscard]] const std::vector<Origin>& origins() const { return origins_; }
  /// Whether the parent's reports name the main file: the main path matched several.
  [[nodiscard]] bool names_main_file() const { return names_main_file_; }
  void set_names_main_file(bool names) { names_main_file_ = names; }

  /// The line of a file that a complaint about a line names, as the original: where the outermost
  /// definition is used.
  [[nodiscard]] Place reported(Place written, std::uint32_t origin) const;
  /// How a line came to be: what it is expanded from, innermost first, then what it is included
  /// from, then the definitions used in it. `before`: the line's index.
  [[nodiscard]] std::vector<Step> chain(Place written, std::uint32_t origin,
                                        std::size_t before) const;

  /// Names a file and gives its index; `text` must be a view from keep(), or empty.
  std::uint32_t add_file(std::string name, std::string_view text = {});
  /// Keeps `text` alive and gives a view of it.
  std::string_view keep(std::string text);
  /// Keeps a copy of a short text, many of which share a block of memory.
  std::string_view store(std::string_view text);
  /// Octets kept and stored.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Appends a line; `text` must be a view from keep() or store().
  void add_line(const Line& line);
  std::uint32_t add_origin(const Origin& origin);
  /// From here on `name` (a view from keep() or store()) is what is written at `at`.
  void note_definition(std::string_view name, Place at);

 private:
  /// Lines of one file, origin and kind that follow each other there.
  struct Run {
    /// From the first octet of the first line to the last octet of the last. A line by itself is
    /// all of it; otherwise newlines end lines, and carriage returns before them do not count.
    const char* text = nullptr;
    std::uint32_t size = 0;
    /// Index of its first line, and how many there are.
    std::uint32_t first = 0;
    std::uint32_t count = 1;
    /// Of the first line.
    std::uint32_t file = 0;
    std::uint32_t number = 0;
    std::uint32_t skip : 31 = 0;
    bool clean : 1 = false;
    std::uint32_t origin = Origin::kNone;
    [[nodiscard]] std::string_view view() const { return {text, size}; }
    /// Takes the line off the front of `rest`, which is what is left of view().
    [[nodiscard]] std::string_view take_line(std::string_view& rest) const;
  };
  /// A definition and the first line it holds for.
  struct Defined {
    std::string_view name;
    Place at;
    std::size_t from = 0;
  };
  [[nodiscard]] std::string_view written_line(Place at) const;
  [[nodiscard]] const Defined* definition_of(std::string_view name, std::size_t before) const;
  [[nodiscard]] bool joins_last_run(const Line& line) const;
  [[nodiscard]] std::vector<Run> runs_of(LineRange range) const;
  void write(ByteWriter& out, std::span<const Run> runs) const;
  [[nodiscard]] bool read_origins(ByteReader& in, std::uint32_t count);
  [[nodiscard]] bool read_run(ByteReader& in);

  // Pointers, so that views survive growth and moves.
  std::vector<std::unique_ptr<const std::string>> storage_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_left_ = 0;
  std::size_t size_ = 0;
  std::vector<std::string> files_;
  std::vector<std::string_view> texts_;
  std::vector<Run> runs_;
  std::uint32_t line_count_ = 0;
  std::vector<Origin> origins_;
  std::vector<Defined> definitions_;
  bool names_main_file_ = false;
};

class ExpandedText::Lines {
 public:
  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = Line;
    using reference = const Line&;
    using pointer = const Line*;
    using iterator_category = std::input_iterator_tag;
    /// `index` may be one past the last line.
    Iterator(const ExpandedText& text, std::uint32_t index);
    reference operator*() const { return line_; }
    pointer operator->() const { return &line_; }
    Iterator& operator++();
    [[nodiscard]] std::uint32_t index() const { return index_; }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    void enter_run();
    void take();

    const ExpandedText* text_;
    std::uint32_t index_;
    std::size_t run_ = 0;
    /// Of the run, behind the line.
    std::string_view rest_;
    Line line_;
  };

  explicit Lines(const ExpandedText& text) : text_(&text) {}
  [[nodiscard]] std::size_t size() const { return text_->line_count_; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] Iterator begin() const { return from(0); }
  [[nodiscard]] Iterator end() const { return from(text_->line_count_); }
  [[nodiscard]] Iterator from(std::uint32_t index) const { return {*text_, index}; }
  /// Looks it up; throws std::out_of_range.
  [[nodiscard]] Line at(std::size_t index) const;

 private:
  const ExpandedText* text_;
};

inline ExpandedText::Lines ExpandedText::lines() const { return Lines(*this); }

}  // namespace understudy::parser
