#include "parser/substitute.hpp"

#include <fmt/format.h>

namespace understudy::parser {
namespace {

bool word_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// "NAME" of "$NAME=…"; empty when the line defines nothing.
std::string_view defined_name(std::string_view text) {
  if (!text.starts_with('$')) return {};
  std::size_t end = 1;
  while (end < text.size() && word_octet(text[end])) ++end;
  const std::string_view name = text.substr(1, end - 1);
  while (end < text.size() && (text[end] == ' ' || text[end] == '\t')) ++end;
  return end < text.size() && text[end] == '=' ? name : std::string_view();
}

}  // namespace

std::optional<std::size_t> Substitution::select(std::string_view text) const {
  const bool inverted = text.starts_with("@^");
  const std::size_t start = inverted ? 2 : 1;
  const std::size_t end = text.find_first_of(" \t", start);
  if (end == std::string_view::npos) return std::nullopt;
  const bool ours = !config_id_.empty() && text.substr(start, end - start) == config_id_;
  if (ours == inverted) return std::nullopt;
  return text.find_first_not_of(" \t", end);
}

LineVerdict Substitution::judge(const CleanLine& line) {
  using Kind = LineVerdict::Kind;
  if (in_definition_) {
    in_definition_ = line.continues;
    return {Kind::drop, 0, {}};
  }
  LineVerdict verdict;
  std::string_view text = line.text;
  if (text.starts_with('@')) {
    const auto skip = select(text);
    if (!skip) return {Kind::drop, 0, {}};
    verdict.skip = *skip;
    text.remove_prefix(*skip);
  }
  if (const std::string_view name = defined_name(text); !name.empty()) {
    in_definition_ = line.continues;
    return {Kind::drop, 0,
            fmt::format("Definition of '${}' is not supported by this version - ignoring", name)};
  }
  if (text.starts_with("~SEQ") || text.starts_with("~LST")) {
    return {Kind::drop, 0,
            fmt::format("{} is not supported by this version - ignoring line", text.substr(0, 4))};
  }
  return verdict;
}

}  // namespace understudy::parser
