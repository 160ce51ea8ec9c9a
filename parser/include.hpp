// The include family of directives: which line is one, and which files it means.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::parser {

/// What a directive insists on: `includer` that matches can be read, `includem` also that a file
/// named without wildcards exists, `includew` with them too, `includeb` that every brace
/// alternative does, `includea` all of it.
inline constexpr unsigned kCheckReadable = 1;
inline constexpr unsigned kCheckMatch = 2;
inline constexpr unsigned kCheckWildcard = 4;
inline constexpr unsigned kCheckBrace = 8;

/// A line that includes files.
struct IncludeDirective {
  /// As written: glob(7) with "{a,b}" alternatives.
  std::string pattern;
  /// kCheck… together.
  unsigned checks = 0;
};

/// The directive a line without its comment is; nullopt: it is none.
[[nodiscard]] std::optional<IncludeDirective> include_directive(std::string_view line);

/// What a pattern matches.
struct Matches {
  struct File {
    /// For open(2).
    std::string path;
    /// As messages name it: relative to the including file's directory when the pattern is.
    std::string shown;
  };
  std::vector<File> files;
  /// Some alternative without wildcards, or a wildcard's directory, is not there.
  bool missing = false;
  bool braces = false;
  /// What glob(3) returned when it failed, else 0.
  int error = 0;
  /// The check (kCheck…) that this fails, 0 for none.
  [[nodiscard]] unsigned failed() const;
};

/// Files in glob's order, alternative by alternative. Relative patterns start in `directory`.
[[nodiscard]] Matches match_files(const std::string& pattern, const std::string& directory);

/// What the original says about a pattern that does not match as it should; empty: nothing.
[[nodiscard]] std::string complaint_about(const Matches& matches,
                                          const IncludeDirective& directive);

}  // namespace understudy::parser
