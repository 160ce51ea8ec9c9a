#include "vrrp/entry_reader.hpp"

#include <vector>

#include "parser/values.hpp"
#include "vrrp/routing_rows.hpp"

namespace understudy::vrrp {

using parser::Binding;
using parser::Severity;
using parser::Word;

namespace {

/// The deprecated spelling of "default" in a route for IPv6.
constexpr std::string_view kAny6 = "default6";

/// "did you mean …?" of a word that is no option; empty: none is like it.
std::string suggestion(const parser::BlockInfo& options, std::string_view word) {
  std::vector<std::string_view> names;
  for (const parser::RowInfo* row : options.infos()) {
    names.push_back(row->name);
    names.insert(names.end(), row->aliases.begin(), row->aliases.end());
  }
  const std::string_view near = parser::nearest(word, names);
  return near.empty() ? std::string() : fmt::format("did you mean '{}'?", near);
}

bool is_any(std::string_view word) { return word == "default" || word == "any" || word == "all"; }

/// Whether a word that is no option can be part of a route or rule all the same.
bool means_something(std::string_view word) {
  return is_any(word) || word == kAny6 || parse_route_type(word) ||
         IpAddress::parse(word.substr(0, word.find('/')));
}

}  // namespace

std::optional<Prefix> read_prefix(const Binding& line, const Word& word, bool slash) {
  const std::string_view text = word.text;
  const std::size_t end = slash ? text.find('/') : std::string_view::npos;
  // The length is looked at first, so that both complaints are made about an entry wrong in both.
  const std::uint8_t longest = text.find(':') == std::string_view::npos ? 32 : 128;
  Prefix prefix{{}, longest};
  if (end != std::string_view::npos) {
    const auto length = parser::parse_unsigned(text.substr(end + 1), 0, longest);
    if (length) {
      prefix.length = static_cast<std::uint8_t>(*length);
    } else {
      line.error_at(word, length.error().message);
      line.error_at(word, fmt::format("Invalid address prefix len {} for address {} - using {}",
                                      text.substr(end + 1), text, longest));
    }
  }
  const auto address = IpAddress::parse(text.substr(0, end));
  if (!address) {
    line.error_at(word, fmt::format("VRRP parsed invalid IP {}. skipping IP...", text));
    return std::nullopt;
  }
  prefix.address = *address;
  return prefix;
}

IprouteNames& EntryReader::names() const { return iproute_names(section_); }

std::string_view EntryReader::peek(std::size_t further) const {
  const auto words = line_.words();
  return next_ + further < words.size() ? words[next_ + further].text : std::string_view();
}

const Word& EntryReader::take() {
  static const Word kNone;
  if (!at_end()) return line_.words()[next_++];
  if (!ended_) {
    line_.missing(next_, row_ == nullptr
                             ? std::string()
                             : fmt::format("expected: {} {}", row_->name, row_->syntax));
  }
  ended_ = failed_ = true;
  return kNone;
}

bool EntryReader::take_if(std::string_view text) {
  if (at_end() || peek() != text) return false;
  ++next_;
  return true;
}

Binding EntryReader::here() const { return line_.narrowed(line_.words().subspan(next_ - 1)); }

void EntryReader::say(std::string message, std::string hint) const {
  if (ended_) return;
  if (hint.empty() && options_ != nullptr && !line_.diagnostics().full()) {
    hint = suggestion(*options_, here().keyword());
  }
  line_.report_at(Severity::error, line_.words()[next_ - 1].at, std::move(message),
                  std::move(hint));
}

std::optional<std::uint64_t> EntryReader::number(std::uint64_t max, std::string_view invalid) {
  const std::string_view text = take().text;
  if (failed_) return std::nullopt;
  const auto value = parser::parse_unsigned(text, 0, max);
  if (value) return *value;
  complain("{}", value.error().message);
  fail(fmt::runtime(invalid), text);
  return std::nullopt;
}

std::optional<IpAddress> EntryReader::address(std::string_view invalid) {
  const Word& word = take();
  if (failed_) return std::nullopt;
  const auto found = read_prefix(line_, word, false);
  if (found) return found->address;
  fail(fmt::runtime(invalid), word.text);
  return std::nullopt;
}

std::optional<Prefix> EntryReader::prefix(std::string_view invalid) {
  const Word& word = take();
  if (failed_) return std::nullopt;
  const std::string_view text = word.text;
  if (is_any(text)) return Prefix{};
  if (text == kAny6) {
    line_.report_at(Severity::note, word.at,
                    "'default6' is deprecated - please replace with 'inet6 default'");
    return Prefix{*IpAddress::parse("::"), 0};
  }
  auto found = read_prefix(line_, word, true);
  if (!found) fail(fmt::runtime(invalid), text);
  return found;
}

std::string EntryReader::device(std::string_view invalid) {
  std::string name(take().text);
  if (failed_ || check_interface(section_, name)) return name;
  fail(fmt::runtime(invalid), name);
  return {};
}

bool EntryReader::track_group(std::string& group) {
  const std::string name(take().text);
  if (failed_) return true;
  if (!group.empty()) {
    complain("track_group {} is a duplicate", name);
    return false;
  }
  if (section_.track_groups.contains(name)) {
    group = name;
  } else {
    say(fmt::format("track_group {} not found", name),
        "a track_group comes before what refers to it");
  }
  return true;
}

bool EntryReader::join(Family other) {
  if (family_ == Family::none) family_ = other;
  return other == Family::none || family_ == other;
}

IpAddress EntryReader::any_address() const {
  return family_ == Family::ipv6 ? IpAddress(in6_addr{}) : IpAddress(in_addr{});
}

void report_deprecation(const EntryReader& entry, const parser::RowInfo& row) {
  if (row.deprecation_message.empty()) return;
  entry.say(std::string(row.deprecation_message),
            row.replacement.empty() ? "" : fmt::format("use '{}'", row.replacement));
}

void report_lost_word(EntryReader& entry, const parser::RowInfo* next) {
  if (entry.failed() || entry.at_end()) return;
  const std::string_view family = entry.here().keyword();
  const std::string_view word = entry.peek();
  if (word == family || (next == nullptr && !means_something(word))) {
    // Nothing is lost with it; some files have such a word there on purpose.
    entry.take();
    return;
  }
  // A flag after it is lost to keepalived in silence.
  if (next != nullptr && next->kind == parser::Kind::flag) return;
  entry.say(
      fmt::format("'{}' stands before '{}', which keepalived 2.4.3 then ignores", family, word),
      fmt::format("put '{}' at the end", family));
}

}  // namespace understudy::vrrp
