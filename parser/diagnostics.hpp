// What the reader of a configuration has to say about it: where, what, and how to mend it.
//
// parser/ turns configuration text into values: source (files -> lines) -> grammar (lines -> tree)
// -> bind (tree -> the section's own structs, by the rows of schema.hpp). It may not know what any
// keyword means. Start with the worked example at the top of schema.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::parser {

class ExpandedText;

/// What a diagnostic does to the exit status of -t. A higher status of exit_status() wins in the
/// order insecure, error, fatal; missing_argument outranks all.
enum class Severity : std::uint8_t {
  /// Worth saying; status 0.
  note,
  /// A keyword lacks a required argument. Status 2.
  missing_argument,
  /// An interface or device that has to be there is not. Status 4.
  fatal,
  /// Everything ordinary: unknown words, numbers, braces, quotes, deprecations. Status 5.
  error,
  /// Scripts without script security, or an include whose check failed. Status 6.
  insecure,
};

/// Which process of keepalived reports it: decides the order of the output, and the parent alone
/// omits the file name for a main file that includes nothing.
enum class Stage : std::uint8_t { parent, checkers, vrrp, bfd };

/// A stretch of a line of ExpandedText. Columns and lengths count octets.
struct Location {
  static constexpr std::uint32_t kNowhere = 0xffffffff;
  /// Index into ExpandedText, or kNowhere.
  std::uint32_t line = kNowhere;
  /// From 0.
  std::uint32_t column = 0;
  std::uint32_t length = 0;
  [[nodiscard]] bool known() const { return line != kNowhere; }
  bool operator==(const Location&) const = default;
};

/// A step on the way of a line to where it stands.
struct Step {
  enum class Kind : std::uint8_t {
    /// The line is included from `file`, `line`.
    include,
    /// It is line `part` of a definition that begins at `file`, `line`.
    definition,
    /// It was repeated, now with the values in `name`: "NUM=3".
    values,
    /// It uses a definition made at `file`, `line`.
    replaced,
  };
  Kind kind = Kind::include;
  /// Of a definition, without its '$'.
  std::string name;
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t part = 0;
  bool operator==(const Step&) const = default;
};

/// One complaint, complete in itself: it outlives the text it speaks of.
struct Diagnostic {
  Severity severity = Severity::error;
  Stage stage = Stage::parent;
  /// The original's wording, without its "(FILE: Line N) " prefix.
  std::string message;
  /// Empty: not about a place, or stage parent and in the main file.
  std::string file;
  /// From 1; 0: not about a line.
  std::uint32_t line = 0;
  /// From 1, in octets; 0: the whole line.
  std::uint32_t column = 0;
  /// Octets; at least 1 when column is.
  std::uint32_t length = 0;
  /// The line as written or expanded, without its end; of a long one what is around the place.
  std::string source_line;
  /// Octets of the line in front of source_line, and whether some after it are left out.
  std::uint32_t left_out = 0;
  bool cut = false;
  /// "did you mean 'retry'?", or what would be accepted; empty: nothing to add.
  std::string hint;
  /// How the line came to stand where it does, innermost first.
  std::vector<Step> chain;
  bool operator==(const Diagnostic&) const = default;
};

/// The original's one line: "(FILE: Line N) MESSAGE", "(Line N) MESSAGE" or "MESSAGE".
[[nodiscard]] std::string first_line(const Diagnostic& diagnostic);

/// first_line(), then the source line with a caret line below it, the hint, and the chain, each on
/// its own line without a final newline. Tabs are kept so that the caret stands under its word;
/// octets that are not printable UTF-8 appear as '?'.
[[nodiscard]] std::string render(const Diagnostic& diagnostic);

/// "3 errors, 1 note in NAME": what a reader of many complaints wants to know first. Empty when
/// there are none.
[[nodiscard]] std::string summary(const std::vector<Diagnostic>& diagnostics,
                                  const std::string& name);

/// A complaint's message, cut where it repeats more of the text than anybody reads.
[[nodiscard]] std::string bounded(std::string message);

/// Takes as much of a line as a diagnostic shows; its column and length must have been set.
void show_line(Diagnostic& diagnostic, std::string_view line);

/// Exit status of -t for these: 0, 2, 4, 5 or 6.
[[nodiscard]] int exit_status(const std::vector<Diagnostic>& diagnostics);

/// Collects diagnostics while a text is read; turns locations into file, line and text. Keeps
/// `kLimit` of them (a last note counts the rest), and always one of each severity.
class Diagnostics {
 public:
  static constexpr std::size_t kLimit = 1000;

  /// `text` must outlive this.
  explicit Diagnostics(const ExpandedText& text) : text_(&text) {}

  /// Who reports what is added from here on.
  void set_stage(Stage stage) { stage_ = stage; }
  /// What has no place is told in the order of turns within its stage; 0 unless set.
  void set_turn(std::uint32_t turn) { turn_ = turn; }
  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] const ExpandedText& text() const { return *text_; }
  void add(Severity severity, Location at, std::string message, std::string hint = {});
  /// Takes over what was said while the text was put together; it comes first in its stage.
  void adopt(std::vector<Diagnostic> earlier);
  /// Whether further ones are only counted: no need to think up a hint.
  [[nodiscard]] bool full() const { return all_.size() >= kLimit; }
  /// Whether there was one of this severity.
  [[nodiscard]] bool any(Severity severity) const {
    return seen_[static_cast<std::size_t>(severity)];
  }
  /// In the original's order: the parent's, the checkers', vrrp's, bfd's, each in text order and
  /// what has no place last. Leaves nothing behind.
  [[nodiscard]] std::vector<Diagnostic> take();

 private:
  struct Entry {
    /// Line in the text, or behind all lines its turn; nothing: before all lines.
    std::optional<std::uint64_t> order;
    Diagnostic diagnostic;
  };
  const ExpandedText* text_;
  Stage stage_ = Stage::parent;
  std::uint32_t turn_ = 0;
  std::vector<Entry> all_;
  std::array<bool, 5> seen_{};
  std::size_t dropped_ = 0;
};

/// The name of `names` most like `word` (edit distance with transposition at most a third of its
/// length, or one is the other plus what stuck to it); empty when none is close.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& names);

}  // namespace understudy::parser
