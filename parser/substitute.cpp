#include "parser/substitute.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <limits>

#include "parser/lines.hpp"
#include "parser/sequence.hpp"

namespace understudy::parser {
namespace {

/// Definitions inside definitions on a line.
constexpr std::size_t kMaxNesting = 256;

bool blank(char c) { return c == ' ' || c == '\t'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool name_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || digit(c);
}

/// The predefined names and how many words may follow them.
struct Predefined {
  std::string_view name;
  std::size_t least;
  std::size_t most;
};
constexpr Predefined kPredefined[] = {{"_PWD", 0, 0}, {"_INSTANCE", 0, 0}, {"_RANDOM", 0, 2},
                                      {"_ENV", 1, 1}, {"_HASH", 0, 0},     {"_BANG", 0, 0}};

/// Saturating, as strtoul(3).
unsigned long to_number(std::string_view digits) {
  unsigned long value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() ? value : std::numeric_limits<unsigned long>::max();
}

}  // namespace

std::optional<std::size_t> selected(std::string_view text, std::string_view config_id) {
  const bool inverted = text.starts_with("@^");
  const std::size_t start = inverted ? 2 : 1;
  const std::size_t end = text.find_first_of(" \t", start);
  if (end == std::string_view::npos) return std::nullopt;
  const bool ours = !config_id.empty() && text.substr(start, end - start) == config_id;
  if (ours == inverted) return std::nullopt;
  const std::size_t rest = text.find_first_not_of(" \t", end);
  return rest == std::string_view::npos ? std::nullopt : std::optional(rest);
}

RandomNumbers::RandomNumbers() {
  initstate_r(static_cast<unsigned>(std::time(nullptr)), state_, sizeof state_, &data_);
}

void RandomNumbers::seed(unsigned number) { srandom_r(number, &data_); }

unsigned long RandomNumbers::between(unsigned long low, unsigned long high) {
  std::int32_t number = 0;
  random_r(&data_, &number);
  const unsigned long width = high - low;
  if (width == std::numeric_limits<unsigned long>::max()) return static_cast<unsigned>(number);
  return low + static_cast<unsigned long>(number) % (width + 1);
}

/// The octet so far behind the front of the pieces, '\0' behind their end.
char Substitution::octet(std::size_t offset) const {
  for (auto piece = pieces_.rbegin(); piece != pieces_.rend(); ++piece) {
    if (offset < piece->rest.size()) return piece->rest[offset];
    offset -= piece->rest.size();
  }
  return '\0';
}

/// The words of "${NAME WORD WORD}" and its '}'.
bool Substitution::parameters(Reference& found, std::size_t& at) const {
  bool in_word = false;
  char c = octet(at);
  for (; blank(c) || name_octet(c); c = octet(++at)) {
    if (blank(c)) {
      in_word = false;
      continue;
    }
    if (!in_word) found.parameters.emplace_back();
    in_word = true;
    found.parameters.back() += c;
  }
  ++at;
  return c == '}';
}

/// Whether "$NAME" or "${NAME}" is at the front. The former ends where the name and the line do, or
/// before a blank, ',' or ')'.
bool Substitution::reference(Reference& found) const {
  found.name.clear();
  found.parameters.clear();
  std::size_t at = 1;
  found.braces = octet(at) == '{';
  if (found.braces) ++at;
  if (digit(octet(at))) return false;
  char c = octet(at);
  for (; name_octet(c); c = octet(++at)) found.name += c;
  if (found.name.empty()) return false;
  if (found.braces) {
    if (!parameters(found, at)) return false;
  } else if (c != '\0' && !blank(c) && c != ',' && c != ')') {
    return false;
  }
  found.length = at;
  return true;
}

void Substitution::drop(std::size_t octets) {
  for (auto piece = pieces_.rbegin(); octets != 0; ++piece) {
    const std::size_t here = std::min(octets, piece->rest.size());
    piece->rest.remove_prefix(here);
    octets -= here;
  }
}

void Substitution::push(std::string_view value, Definition* definition) {
  if (definition != nullptr) definition->active = true;
  pieces_.push_back({value, definition});
}

void Substitution::pop_finished() {
  while (!pieces_.empty() && pieces_.back().rest.empty()) {
    if (pieces_.back().definition != nullptr) pieces_.back().definition->active = false;
    pieces_.pop_back();
  }
}

/// Whether what comes now makes the line one that is not simply taken.
bool Substitution::at_directive() const {
  const char first = octet(0);
  if (first == '@') return true;
  if (first == '~') {
    std::string front;
    for (std::size_t i = 0; i < 4; ++i) front += octet(i);
    return begins_sequence(front);
  }
  if (first != '$') return false;
  std::size_t at = 1;
  while (name_octet(octet(at))) ++at;
  return at > 1 && !digit(octet(1)) && octet(at) == '=';
}

/// False: it is not replaced.
bool Substitution::take_definition(Definition& definition, const Reference& found,
                                   Replaced& result) {
  if (!found.parameters.empty()) return false;
  if (definition.body && octet(found.length) != '\0') {
    result.complaints.push_back(
        {true,
         fmt::format("${} has several lines: not replaced in front of other text", found.name),
         "use it at the end of a line"});
    return false;
  }
  if (definition.active) {
    result.failed = true;
    result.complaints.push_back(
        {false,
         fmt::format("The definition of ${} contains itself - ignoring line", found.name),
         {}});
    return true;
  }
  drop(found.length);
  push(definition.value, &definition);
  if (definition.body) result.bodies.push_back(&definition);
  return true;
}

std::optional<std::string> Substitution::random_number(const Reference& found, Replaced& result) {
  const bool numbers = std::all_of(
      found.parameters.begin(), found.parameters.end(),
      [](const std::string& word) { return std::all_of(word.begin(), word.end(), digit); });
  if (!numbers) {
    result.complaints.push_back({false, "Definition _RANDOM requires numeric parameters only.",
                                 "expected ${_RANDOM [MIN [MAX]]}"});
    return std::nullopt;
  }
  const unsigned long low = found.parameters.empty() ? 0 : to_number(found.parameters[0]);
  unsigned long high = found.parameters.size() < 2 ? 32767 : to_number(found.parameters[1]);
  if (low > high) {
    result.complaints.push_back(
        {false, fmt::format("${{_RANDOM}}: min {} exceeds max {}, using {}", low, high, low), {}});
    high = low;
  }
  return std::to_string(random_.between(low, high));
}

/// The value of a predefined name; nullopt: it is none, or not used as it should be.
std::optional<std::string> Substitution::predefined(const Reference& found,
                                                    const std::string& directory,
                                                    Replaced& result) {
  const auto* const row = std::ranges::find(kPredefined, found.name, &Predefined::name);
  if (row == std::end(kPredefined)) return std::nullopt;
  const std::size_t given = found.parameters.size();
  if (row->most == 0 && given != 0) return std::nullopt;
  if (given < row->least || given > row->most) {
    result.complaints.push_back(
        {false,
         fmt::format("Definition {} requires between {} and {} parameters, {} specified.",
                     found.name, row->least, row->most, given),
         {}});
    return std::nullopt;
  }
  if (found.name == "_PWD") return directory;
  if (found.name == "_INSTANCE") return config_id_;
  if (found.name == "_HASH") return "#";
  if (found.name == "_BANG") return "!";
  if (found.name == "_RANDOM") return random_number(found, result);
  const char* const value = std::getenv(found.parameters[0].c_str());
  return value == nullptr ? std::string() : std::string(value);
}

/// "${NAME}" that stays breaks the line at its braces; inside quotes it may be a shell's.
void Substitution::say_undefined(const Reference& found, Replaced& result) const {
  if (!found.braces || std::ranges::count(result.text, '"') % 2 != 0) return;
  const std::string near = definitions_.nearest_to(found.name);
  result.complaints.push_back({true, fmt::format("${{{}}} is not defined", found.name),
                               near.empty() ? near : fmt::format("did you mean ${{{}}}?", near)});
}

/// What to do with a '$' at the front of the pieces.
void Substitution::take_dollar(Replaced& result, const std::string& directory) {
  if (reference(found_)) {
    Definition* const definition = definitions_.find(found_.name);
    if (definition != nullptr) {
      if (take_definition(*definition, found_, result)) {
        result.any = true;
        return;
      }
    } else if (auto value = predefined(found_, directory, result)) {
      result.any = true;
      drop(found_.length);
      made_.push_back(std::make_unique<const std::string>(*std::move(value)));
      push(*made_.back(), nullptr);
      return;
    } else if (result.complaints.empty()) {
      say_undefined(found_, result);
    }
  }
  result.text += '$';
  drop(1);
}

Replaced Substitution::replace(std::string_view line, const std::string& directory) {
  Replaced result;
  push(line, nullptr);
  // Only blanks are in front: what a replacement begins with may be a directive.
  bool front = true;
  for (pop_finished(); !pieces_.empty() && !result.failed; pop_finished()) {
    if (front && result.any && !result.directive) {
      result.directive = at_directive();
    }
    std::string_view& rest = pieces_.back().rest;
    const std::size_t plain =
        result.directive ? rest.size() : std::min(rest.find('$'), rest.size());
    // What is nested is looked through for the end of a name.
    const std::uint64_t cost = 1 + pieces_.size() / 16;
    if (plain != 0) {
      result.text += rest.substr(0, plain);
      front = front && rest.substr(0, plain).find_first_not_of(" \t") == std::string_view::npos;
      rest.remove_prefix(plain);
    } else if (pieces_.size() > kMaxNesting) {
      result.failed = true;
      result.complaints.push_back({false, "Definitions are nested too deeply - ignoring line", {}});
    } else if (budget_ <= cost) {
      budget_ = 0;
      result.failed = true;
    } else {
      budget_ -= cost;
      const std::size_t before = result.text.size();
      take_dollar(result, directory);
      front = front && result.text.size() == before;
    }
    if (result.text.size() > kMaxLineLength) {
      result.failed = true;
      result.complaints.push_back(
          {false,
           fmt::format("Parameter substitution on line '{}' would exceed maximum line length",
                       line.substr(0, 100)),
           {}});
    }
  }
  for (const Piece& piece : pieces_) {
    if (piece.definition != nullptr) piece.definition->active = false;
  }
  pieces_.clear();
  made_.clear();
  return result;
}

}  // namespace understudy::parser
