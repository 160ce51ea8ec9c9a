#include "parser/include.hpp"

#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>

namespace understudy::parser {
namespace {

/// Patterns a brace expression may stand for; a hostile one stops here.
constexpr std::size_t kMaxAlternatives = 1024;

bool space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// End of the brace group that starts at `open`, npos if it is not closed; `commas` gets the
/// positions of its commas.
std::size_t group_end(std::string_view pattern, std::size_t open,
                      std::vector<std::size_t>& commas) {
  unsigned depth = 0;
  for (std::size_t at = open; at < pattern.size(); ++at) {
    if (pattern[at] == '\\') {
      ++at;
    } else if (pattern[at] == '{') {
      ++depth;
    } else if (pattern[at] == '}' && --depth == 0) {
      return at;
    } else if (pattern[at] == ',' && depth == 1) {
      commas.push_back(at);
    }
  }
  return std::string_view::npos;
}

/// "a{b,c}d" -> "abd", "acd". What is no group stands for itself.
std::vector<std::string> alternatives(const std::string& pattern) {
  std::vector<std::string> done;
  std::vector<std::string> work{pattern};
  while (!work.empty() && done.size() + work.size() <= kMaxAlternatives) {
    const std::string next = std::move(work.back());
    work.pop_back();
    std::vector<std::size_t> commas;
    std::size_t open = next.find('{');
    while (open != std::string::npos && open != 0 && next[open - 1] == '\\') {
      open = next.find('{', open + 1);
    }
    const std::size_t close = open == std::string::npos ? open : group_end(next, open, commas);
    if (close == std::string::npos || close == open + 1) {
      done.push_back(next);
      continue;
    }
    commas.push_back(close);
    std::size_t end = commas.size();
    while (end-- > 0) {
      const std::size_t from = (end == 0 ? open : commas[end - 1]) + 1;
      work.push_back(next.substr(0, open) + next.substr(from, commas[end] - from) +
                     next.substr(close + 1));
    }
  }
  return done;
}

bool wildcards(std::string_view pattern) {
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\') {
      ++at;
    } else if (pattern[at] == '*' || pattern[at] == '?' || pattern[at] == '[') {
      return true;
    }
  }
  return false;
}

/// Whether the directory in front of the first wildcard is there.
bool directory_there(const std::string& pattern) {
  const std::size_t wild = pattern.find_first_of("*?[");
  const std::size_t slash = pattern.rfind('/', wild);
  if (slash == std::string::npos || slash == 0) return true;
  struct stat status {};
  return ::stat(pattern.substr(0, slash).c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string quoted_for_glob(std::string_view directory) {
  std::string out;
  for (const char c : directory) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

void match_one(const std::string& pattern, const std::string& directory, Matches& matches) {
  const bool relative = !pattern.starts_with('/') && !directory.empty();
  const std::string full = relative ? quoted_for_glob(directory) + "/" + pattern : pattern;
  glob_t found{};
  const int result = ::glob(full.c_str(), GLOB_MARK, nullptr, &found);
  if (result == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      std::string path = found.gl_pathv[i];
      std::string shown = relative ? path.substr(directory.size() + 1) : path;
      matches.files.push_back({std::move(path), std::move(shown)});
    }
  } else if (result != GLOB_NOMATCH) {
    matches.error = result;
  } else if (!wildcards(pattern) || !directory_there(full)) {
    matches.missing = true;
  }
  ::globfree(&found);
}

}  // namespace

std::optional<IncludeDirective> include_directive(std::string_view line) {
  constexpr std::string_view word = "include";
  if (!line.starts_with(word) || line.size() == word.size()) return std::nullopt;
  std::string_view rest = line.substr(word.size());
  unsigned checks = 0;
  if (!space(rest[0])) {
    switch (rest[0]) {
      case 'r':
        checks = kCheckReadable;
        break;
      case 'm':
        checks = kCheckReadable | kCheckMatch;
        break;
      case 'w':
        checks = kCheckReadable | kCheckMatch | kCheckWildcard;
        break;
      case 'b':
        checks = kCheckReadable | kCheckBrace;
        break;
      case 'a':
        checks = kCheckReadable | kCheckMatch | kCheckWildcard | kCheckBrace;
        break;
      default:
        return std::nullopt;
    }
    rest.remove_prefix(1);
    if (rest.empty() || !space(rest[0])) return std::nullopt;
  }
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\v\f\r"), rest.size()));
  return IncludeDirective{std::string(rest), checks};
}

unsigned Matches::failed() const {
  if (missing) return braces || !files.empty() ? kCheckBrace : kCheckMatch;
  return files.empty() ? kCheckWildcard : 0;
}

Matches match_files(const std::string& pattern, const std::string& directory) {
  Matches matches;
  const std::vector<std::string> all = alternatives(pattern);
  matches.braces = all.size() > 1;
  for (const std::string& one : all) match_one(one, directory, matches);
  return matches;
}

std::string complaint_about(const Matches& matches, const IncludeDirective& directive) {
  if (matches.missing && matches.files.empty()) {
    return fmt::format("Config files missing '{}'.", directive.pattern);
  }
  if (matches.missing) return fmt::format("Some config files missing: \"{}\".", directive.pattern);
  if (matches.files.empty() && (directive.checks & kCheckWildcard) != 0) {
    return fmt::format("No config files matched '{}'.", directive.pattern);
  }
  return {};
}

}  // namespace understudy::parser
