#include "checkers/agent_line.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

namespace understudy::checkers {
namespace {

constexpr std::string_view kBlanks = " \t,";
/// HAProxy's limit, which is there for the same reason: a share of a weight must stay a number.
constexpr int kLargestPercent = 25600;
constexpr std::size_t kLongestText = 256;

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

template <typename Value, std::size_t size>
std::optional<Value> look_up(const std::array<std::pair<std::string_view, Value>, size>& words,
                             std::string_view word) {
  for (const auto& [name, value] : words) {
    if (same_word(name, word)) return value;
  }
  return std::nullopt;
}

constexpr std::array<std::pair<std::string_view, AgentHealth>, 4> kHealth{{
    {"up", AgentHealth::up},
    {"down", AgentHealth::down},
    {"stopped", AgentHealth::stopped},
    {"fail", AgentHealth::fail},
}};
constexpr std::array<std::pair<std::string_view, Duty>, 3> kDuty{{
    {"ready", Duty::serve},
    {"drain", Duty::drain},
    {"maint", Duty::maintain},
}};

/// Digits and a percent sign, and nothing else.
std::optional<int> parse_percent(std::string_view word) {
  if (!word.ends_with('%')) return std::nullopt;
  word.remove_suffix(1);
  const bool digits = !word.empty() && std::ranges::all_of(word, [](unsigned char c) {
    return std::isdigit(c) != 0;
  });
  if (!digits) return std::nullopt;
  int value = kLargestPercent;
  const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc{} ? std::min(value, kLargestPercent) : kLargestPercent;
}

/// For the log: neither control characters nor too much of it.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, kLongestText));
  std::ranges::replace_if(
      out, [](unsigned char c) { return c < ' ' || c >= 0x7f; }, '?');
  return out;
}

void take_word(std::string_view word, AgentLine& line) {
  constexpr std::string_view kMaxconn = "maxconn:";
  if (const auto health = look_up(kHealth, word)) {
    line.health = health;
  } else if (const auto duty = look_up(kDuty, word)) {
    line.duty = duty;
  } else if (const auto percent = parse_percent(word)) {
    line.percent = percent;
  } else if (!same_word(word.substr(0, kMaxconn.size()), kMaxconn) && line.unknown.empty()) {
    line.unknown = printable(word);
  }
}

}  // namespace

AgentLine parse_agent_line(std::string_view line) {
  AgentLine result;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (line.empty()) return result;
    if (line[0] == '#') break;
    const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
    take_word(word, result);
    line.remove_prefix(word.size());
  }
  line.remove_prefix(std::min(line.find_first_not_of("# \t"), line.size()));
  result.description = printable(line);
  return result;
}

void AgentDialogue::receive(ByteView data) {
  if (over_) return;
  const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  const auto end = text.find_first_of("\r\n");
  const auto own = text.substr(0, end);
  if (line_.size() + own.size() >= kLongest) {
    over_ = true;
    return;
  }
  line_ += own;
  complete_ = over_ = end != std::string_view::npos;
}

}  // namespace understudy::checkers
