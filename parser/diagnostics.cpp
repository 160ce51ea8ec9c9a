#include "parser/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "parser/expanded_text.hpp"

namespace understudy::parser {
namespace {

constexpr std::string_view kEllipsis = "...";
/// Octets of a line, and of a message, that are shown.
constexpr std::size_t kMaxShown = 200;
constexpr std::size_t kMaxMessage = 400;

/// Length of the well-formed UTF-8 sequence at the front, 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80              ? 1
                             : (lead & 0xe0U) == 0xc0 ? 2
                             : (lead & 0xf0U) == 0xe0 ? 3
                             : (lead & 0xf8U) == 0xf0 ? 4
                                                      : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80) return 0;
  }
  return length;
}

/// Whether a terminal shows the sequence two columns wide: the East Asian scripts and emoji.
bool wide(std::string_view sequence) {
  if (sequence.size() < 3) return false;
  std::uint32_t point =
      static_cast<unsigned char>(sequence[0]) & (sequence.size() == 3 ? 0xfU : 7U);
  for (const char c : sequence.substr(1)) {
    point = point << 6U | (static_cast<unsigned char>(c) & 0x3fU);
  }
  return (point >= 0x1100 && point <= 0x115f) || (point >= 0x2e80 && point <= 0xa4cf) ||
         (point >= 0xac00 && point <= 0xd7a3) || (point >= 0xf900 && point <= 0xfaff) ||
         (point >= 0xfe30 && point <= 0xfe6f) || (point >= 0xff00 && point <= 0xff60) ||
         (point >= 0xffe0 && point <= 0xffe6) || (point >= 0x1f300 && point <= 0x1faff) ||
         point >= 0x20000;
}

/// Calls `take(sequence)` for each character; what is no character is given as "?".
template <typename Take>
void for_each_character(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto lead = static_cast<unsigned char>(text[0]);
    const bool control = (lead < 0x20 && lead != '\t') || lead == 0x7f;
    take(length == 0 || control ? std::string_view("?") : text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

std::string printable(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::string_view sequence) { out += sequence; });
  return out;
}

std::string caret_line(const Diagnostic& diagnostic) {
  const std::string_view line = diagnostic.source_line;
  const std::size_t begin =
      std::min<std::size_t>(diagnostic.column - 1 - diagnostic.left_out, line.size());
  std::string out(diagnostic.left_out != 0 ? kEllipsis.size() : 0, ' ');
  for_each_character(line.substr(0, begin), [&](std::string_view sequence) {
    out += sequence == "\t" ? "\t" : wide(sequence) ? "  " : " ";
  });
  std::size_t columns = 0;
  for_each_character(line.substr(begin, diagnostic.length),
                     [&](std::string_view sequence) { columns += wide(sequence) ? 2 : 1; });
  out += '^';
  if (columns > 1) out.append(columns - 1, '~');
  return out;
}

std::string describe(const Step& step) {
  const auto place = [&] { return fmt::format("{}:{}", step.file, step.line); };
  switch (step.kind) {
    case Step::Kind::include:
      return "included from " + place();
    case Step::Kind::definition:
      return fmt::format("in the expansion of ${} defined at {}, its line {}", step.name, place(),
                         step.part);
    case Step::Kind::values:
      return "with " + step.name;
    case Step::Kind::replaced:
      return fmt::format("${} is defined at {}", step.name, place());
  }
  return {};
}

/// Edit distance with transposition of neighbours, or `limit` + 1 when it is more.
std::size_t distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit) return limit + 1;
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  std::iota(previous.begin(), previous.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, previous);
    std::swap(previous, row);
  }
  return previous[b.size()];
}

/// The longest name that is the front of `word`, as in "router_idLVS".
std::string_view stuck_name(std::string_view word, const std::vector<std::string_view>& names) {
  std::string_view best;
  for (const std::string_view name : names) {
    if (name.size() >= 5 && name.size() > best.size() && word.starts_with(name)) best = name;
  }
  return best;
}

}  // namespace

std::string first_line(const Diagnostic& diagnostic) {
  if (diagnostic.line == 0) return printable(diagnostic.message);
  if (diagnostic.file.empty()) {
    return fmt::format("(Line {}) {}", diagnostic.line, printable(diagnostic.message));
  }
  return fmt::format("({}: Line {}) {}", diagnostic.file, diagnostic.line,
                     printable(diagnostic.message));
}

std::string render(const Diagnostic& diagnostic) {
  std::string out = first_line(diagnostic);
  if (diagnostic.line != 0 && !diagnostic.source_line.empty()) {
    out += '\n';
    if (diagnostic.left_out != 0) out += kEllipsis;
    out += printable(diagnostic.source_line);
    if (diagnostic.cut) out += kEllipsis;
    if (diagnostic.column != 0) out += "\n" + caret_line(diagnostic);
  }
  if (!diagnostic.hint.empty()) out += "\n" + printable(bounded(diagnostic.hint));
  const auto& chain = diagnostic.chain;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    std::string told = describe(chain[i]);
    // Loops inside each other are told as one, the outermost first.
    for (; chain[i].kind == Step::Kind::values && i + 1 < chain.size() &&
           chain[i + 1].kind == Step::Kind::values;
         ++i) {
      told = describe(chain[i + 1]) + ", " + told.substr(std::string_view("with ").size());
    }
    out += "\n" + printable(bounded(std::move(told)));
  }
  return out;
}

std::string summary(const std::vector<Diagnostic>& diagnostics, const std::string& name) {
  if (diagnostics.empty()) return {};
  const auto notes = static_cast<std::size_t>(
      std::ranges::count(diagnostics, Severity::note, &Diagnostic::severity));
  const auto counted = [](std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
  };
  const std::size_t errors = diagnostics.size() - notes;
  std::string out;
  if (errors != 0) out = counted(errors, "error");
  if (notes != 0) out += (out.empty() ? "" : ", ") + counted(notes, "note");
  return fmt::format("{} in {}", out, name);
}

std::string bounded(std::string message) {
  if (message.size() <= kMaxMessage) return message;
  message.resize(kMaxMessage);
  return message + std::string(kEllipsis);
}

void show_line(Diagnostic& diagnostic, std::string_view line) {
  const std::size_t at = diagnostic.column == 0 ? 0 : diagnostic.column - 1;
  // As much in front of the place as lets one see where it is.
  const std::size_t begin = line.size() <= kMaxShown || at <= kMaxShown / 2
                                ? 0
                                : std::min(at - kMaxShown / 2, line.size() - kMaxShown);
  diagnostic.left_out = static_cast<std::uint32_t>(begin);
  diagnostic.source_line = line.substr(begin, kMaxShown);
  diagnostic.cut = begin + diagnostic.source_line.size() < line.size();
}

int exit_status(const std::vector<Diagnostic>& diagnostics) {
  const auto any = [&](Severity severity) {
    return std::any_of(diagnostics.begin(), diagnostics.end(),
                       [&](const Diagnostic& d) { return d.severity == severity; });
  };
  if (any(Severity::missing_argument)) return 2;
  if (any(Severity::insecure)) return 6;
  if (any(Severity::error)) return 5;
  if (any(Severity::fatal)) return 4;
  return 0;
}

void Diagnostics::add(Severity severity, Location at, std::string message, std::string hint) {
  const auto index = static_cast<std::size_t>(severity);
  // What would be said of every use is said once: it may not crowd errors out. The kinds of notes
  // are few, so the first of each is near the front.
  const auto same_note = [&](const Entry& entry) {
    return entry.diagnostic.severity == Severity::note && entry.diagnostic.message == message;
  };
  if (severity == Severity::note && std::ranges::any_of(all_, same_note)) return;
  if (full() && seen_[index]) {
    ++dropped_;
    return;
  }
  seen_[index] = true;
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.stage = stage_;
  diagnostic.message = bounded(std::move(message));
  diagnostic.hint = std::move(hint);
  if (at.known()) {
    const ExpandedText::Line& line = text_->lines().at(at.line);
    const Place place = text_->reported({line.file, line.number}, line.origin);
    const bool named = stage_ != Stage::parent || place.file != 0 || text_->names_main_file();
    if (named) diagnostic.file = text_->files()[place.file];
    diagnostic.line = place.number;
    diagnostic.column = at.column + 1;
    diagnostic.length = std::max<std::uint32_t>(at.length, 1);
    diagnostic.chain = text_->chain({line.file, line.number}, line.origin, at.line);
    show_line(diagnostic, line.text);
  }
  const std::uint64_t order = at.known() ? at.line : std::uint64_t{Location::kNowhere} + turn_;
  all_.push_back({order, std::move(diagnostic)});
}

void Diagnostics::adopt(std::vector<Diagnostic> earlier) {
  for (Diagnostic& diagnostic : earlier) {
    seen_[static_cast<std::size_t>(diagnostic.severity)] = true;
    all_.push_back({std::nullopt, std::move(diagnostic)});
  }
}

std::vector<Diagnostic> Diagnostics::take() {
  std::stable_sort(all_.begin(), all_.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.diagnostic.stage, a.order) < std::pair(b.diagnostic.stage, b.order);
  });
  std::vector<Diagnostic> sorted;
  for (Entry& entry : all_) sorted.push_back(std::move(entry.diagnostic));
  if (dropped_ != 0) {
    Diagnostic last;
    last.severity = Severity::note;
    last.stage = Stage::bfd;
    last.message = fmt::format("{} more diagnostics are not shown", dropped_);
    sorted.push_back(std::move(last));
  }
  all_.clear();
  dropped_ = 0;
  seen_ = {};
  return sorted;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& names) {
  std::size_t best = std::max<std::size_t>(1, word.size() / 3);
  std::string_view found;
  for (const std::string_view name : names) {
    const std::size_t steps = distance(word, name, best);
    if (steps < best || (steps == best && found.empty())) {
      best = steps;
      found = name;
    }
  }
  return found.empty() ? stuck_name(word, names) : found;
}

}  // namespace understudy::parser
