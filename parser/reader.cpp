#include "parser/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace understudy::parser {
namespace {

/// Frames inside each other.
constexpr std::size_t kMaxFrames = 256;
/// How often a line may turn out to be another kind of line.
constexpr int kMaxTurns = 32;

/// Octets that may mean something to the language, wherever they stand.
constexpr auto kMeaningful = [] {
  std::array<bool, 256> table{};
  for (const unsigned char c : {'\0', '$', '@', '~', '#', '!', '"', '\\'}) table[c] = true;
  return table;
}();

/// A line that is a line of the configuration as it stands, as most are: no definition, comment,
/// quote or escape is in it, and it is no directive.
bool is_plain(std::string_view raw) {
  if (raw.size() > kMaxLineLength) return false;
  for (const char c : raw) {
    if (kMeaningful[static_cast<unsigned char>(c)]) return false;
  }
  const std::size_t first = raw.find_first_not_of(" \t");
  // "include" and its kin.
  return first != std::string_view::npos && raw[first] != 'i';
}

}  // namespace

Reader::Reader(const SourceOptions& options, std::vector<Diagnostic>& problems)
    : problems_(problems),
      config_id_(options.config_id),
      budget_(options.budget),
      substitution_(definitions_, options.config_id, budget_) {}

bool Reader::spend(std::uint64_t steps) {
  if (budget_ < steps) budget_ = 0;
  if (budget_ != 0) budget_ -= steps;
  if (budget_ == 0) give_up("it defines and repeats more than is sensible");
  return !gave_up_;
}

void Reader::give_up(const std::string& why) {
  if (gave_up_) return;
  gave_up_ = true;
  complain(Severity::error, "The configuration is too large: " + why);
}

bool Reader::push(Frame frame) {
  if (frames_.size() >= kMaxFrames) {
    give_up("definitions and includes are nested too deeply");
    return false;
  }
  frames_.push_back(std::move(frame));
  return true;
}

/// Made when a line or a complaint needs it: a repetition that leaves nothing costs nothing.
std::uint32_t Reader::origin_of(std::size_t index) {
  Frame& frame = frames_[index];
  if (frame.origin != Origin::kNone) return frame.origin;
  const std::uint32_t parent = index == 0 ? Origin::kNone : origin_of(index - 1);
  // The main file was not asked for by any line, and what a directive matched by the file's.
  if (frame.used.number == 0 || std::holds_alternative<IncludeFrame>(frame.what)) return parent;
  Origin origin;
  origin.parent = parent;
  origin.used = frame.used;
  std::string values;
  if (std::holds_alternative<BodyFrame>(frame.what)) {
    origin.kind = Origin::Kind::definition;
    origin.defined = frame.defined;
    origin.name = source_.text.store(frame.name);
  } else if (const auto* sequence = std::get_if<SequenceFrame>(&frame.what)) {
    origin.kind = Origin::Kind::values;
    for (const Definition* variable : sequence->variables) {
      values += fmt::format("{}{}={}", values.empty() ? "" : ", ", variable->name, variable->value);
    }
    origin.name = source_.text.store(values);
  }
  frame.origin = source_.text.add_origin(origin);
  return frame.origin;
}

Diagnostic Reader::about_line(Severity severity, std::string message, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.message = bounded(std::move(message));
  diagnostic.hint = std::move(hint);
  if (current_.at.number == 0) return diagnostic;
  const std::uint32_t origin = frames_.empty() ? Origin::kNone : origin_of(frames_.size() - 1);
  const Place place = source_.text.reported(current_.at, origin);
  if (place.file != 0 || source_.text.names_main_file()) {
    diagnostic.file = source_.text.files()[place.file];
  }
  diagnostic.line = place.number;
  diagnostic.chain = source_.text.chain(current_.at, origin, source_.text.lines().size());
  show_line(diagnostic, current_.raw.empty() ? current_.text : current_.raw);
  return diagnostic;
}

void Reader::complain(Severity severity, std::string message, std::string hint) {
  // What ends the reading is always said.
  if (problems_.size() >= Diagnostics::kLimit && !gave_up_) return;
  problems_.push_back(about_line(severity, std::move(message), std::move(hint)));
}

void Reader::close(const Frame& frame) {
  const auto* const file = std::get_if<FileFrame>(&frame.what);
  if (file == nullptr) return;
  finish_definition();
  settings_.include_checks = file->saved_checks;
}

void Reader::read_all() {
  while (!frames_.empty() && !gave_up_) {
    if (!pull()) {
      close(frames_.back());
      frames_.pop_back();
    }
  }
}

/// Takes one line of the innermost frame; false: it has no more.
bool Reader::pull() {
  if (!spend(1)) return true;
  return std::visit([this](auto& frame) { return pull_from(frame); }, frames_.back().what);
}

bool Reader::pull_from(FileFrame& frame) {
  if (frame.rest.empty()) return false;
  const std::size_t end = frame.rest.find('\n');
  std::string_view raw = frame.rest.substr(0, end);
  frame.rest.remove_prefix(end == std::string_view::npos ? frame.rest.size() : end + 1);
  while (raw.ends_with('\r')) raw.remove_suffix(1);
  ++frame.at.number;
  current_.at = frame.at;
  if (!unfinished_ && is_plain(raw)) {
    current_.raw = raw;
    keep({raw, frame.at.file, frame.at.number, 0, false, origin_of(frames_.size() - 1)});
  } else if (take_raw(raw)) {
    take();
  }
  return true;
}

bool Reader::pull_from(BodyFrame& frame) {
  if (frame.next >= frame.body->size()) return false;
  const BodyLine& line = (*frame.body)[frame.next++];
  current_ = {line.text, {}, {}, line.at, true};
  take();
  return true;
}

bool Reader::pull_from(SequenceFrame& frame) {
  if (frame.next == frame.count) return false;
  for (std::size_t i = 0; i < frame.variables.size(); ++i) {
    Definition& variable = *frame.variables[i];
    variable.value = frame.sequence.value(frame.next, i, variable.own);
    variable.body.reset();
  }
  ++frame.next;
  frames_.back().origin = Origin::kNone;
  current_ = {frame.sequence.text, {}, {}, frame.at, true};
  take();
  return true;
}

/// False: there is nothing more to do about the line.
bool Reader::take_raw(std::string_view raw) {
  current_.raw = raw;
  current_.replaced = false;
  if (raw.size() > kMaxLineLength) {
    complain(Severity::error, "line too long - ignoring",
             fmt::format("expected at most {} octets", kMaxLineLength));
    return false;
  }
  if (raw.find('\0') != std::string_view::npos) {
    complain(Severity::error, "configuration appears to have embedded NULs - ignoring line");
    return false;
  }
  if (unfinished_) {
    continue_definition(raw);
    return false;
  }
  current_.line = clean_line(raw);
  current_.text = current_.line.text;
  return true;
}

void Reader::take() {
  // A line may be selected, then replaced by one that is selected, and so on.
  for (int turn = 0; turn < kMaxTurns; ++turn) {
    if (current_.text.empty()) return;
    const char first = current_.text[0];
    if (first == '@' && !select()) return;
    if (first == '$' && define()) return;
    if (first == '~' && begins_sequence(current_.text)) {
      repeat();
      return;
    }
    if (first != '@' && !replace()) {
      emit();
      return;
    }
  }
  complain(Severity::error, "The definitions on the line contain themselves - ignoring line");
}

/// False: the line is for another "@id".
bool Reader::select() {
  const auto skip = selected(current_.text, config_id_);
  if (skip) {
    current_.text.remove_prefix(*skip);
    return true;
  }
  const std::size_t dollar = current_.text.find('$');
  if (!current_.replaced && current_.line.continues && dollar != std::string_view::npos &&
      definition_line(current_.text.substr(dollar))) {
    unfinished_ = Unfinished{{}, {}, {}, true};
  }
  return false;
}

bool Reader::define() {
  const auto line = definition_line(current_.text);
  if (!line) return false;
  if (!current_.replaced && current_.line.unterminated_quote) {
    complain(Severity::error, fmt::format("Unterminated quote '{}'", current_.text));
  }
  // Views of the file's text, unless the line had escapes or is the result of a replacement.
  const bool kept = !current_.replaced && !current_.line.owned;
  const auto lasting = [&](std::string_view text) {
    return kept ? text : source_.text.store(text);
  };
  if (!current_.replaced && current_.line.continues) {
    begin_definition(lasting(line->name), lasting(without_continuation(line->value)));
    return true;
  }
  Definition& definition = definitions_.at(line->name);
  definition.value = lasting(line->value);
  definition.body.reset();
  definition.at = current_.at;
  source_.text.note_definition(lasting(line->name), current_.at);
  return true;
}

void Reader::begin_definition(std::string_view name, std::string_view value) {
  unfinished_ = Unfinished{name, current_.at, {}, false};
  if (!value.empty()) unfinished_->body.push_back({value, current_.at});
}

/// An empty line ends it; one of blanks or a comment does not.
void Reader::continue_definition(std::string_view raw) {
  if (raw.empty()) {
    finish_definition();
    return;
  }
  const CleanLine line = clean_line(raw);
  if (line.text.empty()) return;
  if (line.unterminated_quote) {
    complain(Severity::error, fmt::format("Unterminated quote '{}'", line.text));
  }
  const std::string_view text = line.continues ? without_continuation(line.text) : line.text;
  if (!text.empty() && !unfinished_->unwanted) {
    unfinished_->body.push_back({line.owned ? source_.text.store(text) : text, current_.at});
  }
  if (!line.continues) finish_definition();
}

void Reader::finish_definition() {
  if (!unfinished_) return;
  Unfinished done = *std::exchange(unfinished_, std::nullopt);
  if (done.unwanted) return;
  Definition& definition = definitions_.at(done.name);
  definition.at = done.at;
  definition.value = done.body.empty() ? std::string_view() : done.body[0].text;
  definition.body =
      done.body.empty() ? nullptr : std::make_shared<const Body>(std::move(done.body));
  source_.text.note_definition(done.name, done.at);
}

/// A ~SEQ or ~LST line.
void Reader::repeat() {
  const FileFrame* const file = innermost_file();
  // Views of the line are kept in the frame.
  const std::string_view line =
      current_.replaced || current_.line.owned ? source_.text.store(current_.text) : current_.text;
  const Replaced parameters =
      substitution_.replace(sequence_parameters(line), file->absolute_directory);
  auto sequence = read_sequence(line, parameters.text);
  if (!sequence || !parameters.bodies.empty() || parameters.failed) {
    complain(
        Severity::error, fmt::format("Invalid {} specification '{}'", line.substr(0, 4), line),
        sequence ? "its numbers cannot be definitions of several lines" : sequence.error().message);
    return;
  }
  if (sequence->text.empty()) return;
  SequenceFrame frame;
  frame.count = sequence->count();
  frame.at = current_.at;
  for (const std::string_view name : sequence->names) {
    frame.variables.push_back(&definitions_.at(name));
  }
  frame.sequence = *std::move(sequence);
  push({std::move(frame), Origin::kNone, current_.at, {}, {}});
}

/// Replaces the definitions the line uses. False: there is nothing more to be done to it.
bool Reader::replace() {
  if (current_.text.find('$') == std::string_view::npos) return false;
  Replaced replaced = substitution_.replace(current_.text, innermost_file()->absolute_directory);
  for (Replaced::Complaint& complaint : replaced.complaints) {
    complain(complaint.note ? Severity::note : Severity::error, std::move(complaint.message),
             std::move(complaint.hint));
  }
  if (!spend(1) || replaced.failed) {
    current_.text = {};
    return true;
  }
  if (!replaced.any) return false;
  open_bodies(replaced.bodies);
  const std::string_view text = replaced.text;
  const std::size_t begin = text.find_first_not_of(" \t");
  current_.raw = {};
  current_.replaced = true;
  // A line that is a comment now is one; elsewhere a comment sign that was made stands for itself.
  const bool nothing = begin == std::string_view::npos || text[begin] == '#' || text[begin] == '!';
  current_.text = nothing ? std::string_view() : source_.text.store(text.substr(begin));
  return replaced.directive || nothing;
}

/// The lines that follow the first of each definition of several that the line ends with.
void Reader::open_bodies(const std::vector<const Definition*>& bodies) {
  for (const Definition* definition : bodies) {
    Frame frame{BodyFrame{definition->body, 1}, Origin::kNone, current_.at, definition->name,
                definition->at};
    if (!push(std::move(frame))) return;
    current_.at = definition->body->front().at;
  }
}

void Reader::emit() {
  if (current_.text.empty() || gave_up_) return;
  if (const auto directive = include_directive(current_.text)) {
    include(*directive);
    return;
  }
  ExpandedText::Line line;
  line.file = current_.at.file;
  line.number = current_.at.number;
  line.origin = origin_of(frames_.size() - 1);
  line.clean = current_.replaced;
  line.text = current_.text;
  if (!current_.replaced) {
    line.text = current_.raw;
    const auto skipped = static_cast<std::size_t>(current_.text.data() - current_.line.text.data());
    line.skip = skipped == 0 ? 0 : current_.line.column(skipped) & 0x7fffffffU;
  }
  keep(line);
}

void Reader::keep(const ExpandedText::Line& line) {
  source_.text.add_line(line);
  if (source_.text.lines().size() >= ExpandedText::kMaxLines ||
      source_.text.size() > ExpandedText::kMaxSize) {
    give_up("it has more lines or octets than is sensible");
  }
  if (!follow_settings_) return;
  const unsigned seeds = settings_.seeds;
  settings_.follow(source_.text, line);
  if (settings_.seeds != seeds) substitution_.seed(settings_.random_seed);
}

}  // namespace understudy::parser
