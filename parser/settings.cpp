#include "parser/settings.hpp"

#include <charconv>

#include "parser/include.hpp"
#include "parser/lines.hpp"

namespace understudy::parser {
namespace {

constexpr unsigned kAllChecks = kCheckReadable | kCheckMatch | kCheckWildcard | kCheckBrace;

/// 0: no such check.
unsigned check_named(std::string_view name) {
  if (name == "read" || name == "readable") return kCheckReadable;
  if (name == "match") return kCheckMatch;
  if (name == "wildcard_match") return kCheckWildcard;
  if (name == "brace_match") return kCheckBrace;
  return 0;
}

}  // namespace

bool Settings::mentioned(std::string_view text) {
  return text.find("include_check") != std::string_view::npos ||
         text.find("random_seed") != std::string_view::npos;
}

/// Names replace what was set, "+NAME" adds, "-NAME" takes away; nothing means all.
void Settings::apply_include_check() {
  if (words_.size() == 1) include_checks = kAllChecks;
  for (std::size_t i = 1; i < words_.size(); ++i) {
    const bool add = words_[i].starts_with('+');
    const bool remove = words_[i].starts_with('-');
    const unsigned check = check_named(words_[i].substr(add || remove ? 1 : 0));
    if (add) {
      include_checks |= check;
    } else if (remove) {
      include_checks &= ~check;
    } else if (i == 1) {
      include_checks = check == 0 ? 0 : kCheckReadable | check;
    }
  }
}

void Settings::end_statement() {
  if (words_.empty()) return;
  last_ = words_[0];
  if (in_global_defs_ && depth_ == 1 && last_ == "include_check") apply_include_check();
  if (in_global_defs_ && depth_ == 1 && last_ == "random_seed" && words_.size() > 1) {
    const std::string_view digits = words_[1];
    unsigned seed = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
    if (error == std::errc() && end == digits.data() + digits.size()) {
      random_seed = seed;
      ++seeds;
    }
  }
  words_.clear();
}

void Settings::take_words(std::string_view line) {
  constexpr std::string_view blanks = " \t\v\f\r";
  for (std::size_t at = line.find_first_not_of(blanks); at < line.size();
       at = line.find_first_not_of(blanks, at)) {
    if (line[at] == '{') {
      end_statement();
      if (depth_++ == 0) in_global_defs_ = last_ == "global_defs";
      last_ = {};
      ++at;
    } else if (line[at] == '}') {
      end_statement();
      if (depth_ != 0) --depth_;
      last_ = {};
      ++at;
    } else {
      const bool quoted = line[at] == '"';
      if (quoted) ++at;
      const std::size_t end = line.find_first_of(quoted ? "\"" : " \t\v\f\r\"{}", at);
      words_.push_back(line.substr(at, end - at));
      if (end == std::string_view::npos) break;
      at = quoted ? end + 1 : end;
    }
  }
  end_statement();
}

void Settings::take_line(const ExpandedText::Line& line) {
  const std::string_view rest = line.text.substr(line.skip);
  const CleanLine clean = line.clean ? expanded_line(rest) : clean_line(rest);
  take_words(clean.text);
  // Words are views: of an escaped line into what goes away now.
  if (clean.owned) last_ = {};
  ++seen_;
}

void Settings::follow(const ExpandedText& text, const ExpandedText::Line& last) {
  const auto lines = text.lines();
  if (seen_ + 1 < lines.size()) {
    for (auto at = lines.from(seen_); seen_ + 1 < lines.size(); ++at) take_line(*at);
  }
  take_line(last);
}

}  // namespace understudy::parser
