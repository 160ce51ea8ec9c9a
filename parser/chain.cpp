// ExpandedText: how a line came to be, for those who have to find it.
#include <algorithm>

#include "parser/expanded_text.hpp"

namespace understudy::parser {
namespace {

/// Definitions named for one line at most.
constexpr std::size_t kMaxNamed = 8;

bool name_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The names after '$' in a text.
std::vector<std::string_view> names_in(std::string_view text) {
  std::vector<std::string_view> names;
  while (names.size() < kMaxNamed) {
    const std::size_t dollar = text.find('$');
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('{')) text.remove_prefix(1);
    std::size_t end = 0;
    while (end < text.size() && name_octet(text[end])) ++end;
    if (end != 0) names.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return names;
}

/// Whether the steps say where the value of a name is from.
bool told(const std::vector<Step>& steps, std::string_view name) {
  const std::string value = std::string(name) + "=";
  return std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
    if (step.kind == Step::Kind::definition) return step.name == name;
    return step.kind == Step::Kind::values &&
           (step.name.starts_with(value) || step.name.find(", " + value) != std::string::npos);
  });
}

}  // namespace

Place ExpandedText::reported(Place written, std::uint32_t origin) const {
  while (origin != Origin::kNone && origins_[origin].kind != Origin::Kind::include) {
    written = origins_[origin].used;
    origin = origins_[origin].parent;
  }
  return written;
}

void ExpandedText::note_definition(std::string_view name, Place at) {
  definitions_.push_back({name, at, line_count_});
}

/// Looked for in the file's text: a complaint is rare, and an index of all lines is not.
std::string_view ExpandedText::written_line(Place at) const {
  std::string_view text = texts_[at.file];
  for (std::uint32_t number = 1; number < at.number && !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return text.substr(0, text.find('\n'));
}

const ExpandedText::Defined* ExpandedText::definition_of(std::string_view name,
                                                         std::size_t before) const {
  for (auto found = definitions_.rbegin(); found != definitions_.rend(); ++found) {
    if (found->from <= before && found->name == name) return &*found;
  }
  return nullptr;
}

std::vector<Step> ExpandedText::chain(Place written, std::uint32_t origin,
                                      std::size_t before) const {
  std::vector<Step> steps;
  const auto line = names_in(written_line(written));
  for (; origin != Origin::kNone; origin = origins_[origin].parent) {
    const Origin& now = origins_[origin];
    Step step;
    step.name = now.name;
    if (now.kind == Origin::Kind::include) {
      step.kind = Step::Kind::include;
      step.file = files_[now.used.file];
      step.line = now.used.number;
    } else if (now.kind == Origin::Kind::definition) {
      step.kind = Step::Kind::definition;
      step.file = files_[now.defined.file];
      step.line = now.defined.number;
      step.part = written.number;
    } else {
      step.kind = Step::Kind::values;
    }
    written = now.used;
    steps.push_back(std::move(step));
  }
  std::vector<std::string_view> named;
  for (const std::string_view name : line) {
    if (std::find(named.begin(), named.end(), name) != named.end()) continue;
    named.push_back(name);
    const Defined* const found = definition_of(name, before);
    if (found == nullptr) continue;
    if (told(steps, name)) continue;
    Step step;
    step.kind = Step::Kind::replaced;
    step.name = name;
    step.file = files_[found->at.file];
    step.line = found->at.number;
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace understudy::parser
