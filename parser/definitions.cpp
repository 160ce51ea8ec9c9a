#include "parser/definitions.hpp"

#include "parser/diagnostics.hpp"

namespace understudy::parser {
namespace {

bool first_octet(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool later_octet(char c) { return first_octet(c) || (c >= '0' && c <= '9'); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

Definition* Definitions::find(std::string_view name) {
  const auto found = all_.find(name);
  return found == all_.end() ? nullptr : &found->second;
}

Definition& Definitions::at(std::string_view name) {
  if (Definition* const known = find(name)) return *known;
  Definition& made = all_[std::string(name)];
  made.name = name;
  return made;
}

std::string Definitions::nearest_to(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const auto& [known, definition] : all_) names.push_back(known);
  return std::string(nearest(name, names));
}

std::size_t name_length(std::string_view text) {
  if (text.empty() || !first_octet(text[0])) return 0;
  std::size_t length = 1;
  while (length < text.size() && later_octet(text[length])) ++length;
  return length;
}

std::optional<DefinitionLine> definition_line(std::string_view text) {
  if (!text.starts_with('$')) return std::nullopt;
  text.remove_prefix(1);
  const std::size_t length = name_length(text);
  if (length == 0 || length == text.size() || text[length] != '=') return std::nullopt;
  return DefinitionLine{text.substr(0, length), trimmed(text.substr(length + 1))};
}

std::string_view without_continuation(std::string_view text) {
  return trimmed(text.substr(0, text.size() - 1));
}

}  // namespace understudy::parser
