// track_interface { IF [weight N [reverse]] } and its kin, in instances and in sync groups.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "vrrp/keywords.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;

constexpr int kHeaviest = 253;

/// A kind of tracked thing, and the original's words about it: {name} is the thing, {word} the word
/// that is wrong.
struct Kind {
  std::string keyword;
  std::vector<TrackReference> TrackReferences::*list;
  int heaviest = kHeaviest;
  /// A weight one beyond is taken as the heaviest.
  bool tolerates = false;
  bool has_noreverse = true;
  /// After another word than reverse the entry is taken in all the same.
  bool bad_direction_kept = true;
  std::string missing;
  std::string unknown_option;
  /// In "weight without value specified for …".
  std::string title;
  std::string bad_weight;
  std::string bad_direction;
};

const Kind& interface_kind() {
  static const Kind kind{"track_interface",
                         &TrackReferences::interfaces,
                         kHeaviest,
                         true,
                         false,
                         true,
                         "tracked interface {name} doesn't exist",
                         "unknown track_interface {name} option {word} - ignoring",
                         "track_interface",
                         "weight {word} for {name} must be between [-253..253] inclusive. "
                         "Ignoring...",
                         "unknown track_interace {name} weight option {word} - ignoring"};
  return kind;
}

const Kind& script_kind() {
  static const Kind kind{"track_script",
                         &TrackReferences::scripts,
                         kHeaviest,
                         true,
                         true,
                         true,
                         "track script {name} not found, ignoring...",
                         "unknown track script option {word} - ignoring",
                         "track script",
                         "track script {name}: weight must be between [-253..253] inclusive, "
                         "ignoring...",
                         "unknown track_script {name} weight option {word} - ignoring"};
  return kind;
}

const Kind& file_kind() {
  static const Kind kind{"track_file",
                         &TrackReferences::files,
                         kHeaviest + 1,
                         false,
                         true,
                         false,
                         "track file {name} not found, ignoring...",
                         "unknown track file option {word} - ignoring",
                         "track file",
                         "weight for track file {name} must be in [-254..254] inclusive. "
                         "Ignoring...",
                         "unknown track file {name} weight option {word} - ignoring"};
  return kind;
}

const Kind& process_kind() {
  static const Kind kind{"track_process",
                         &TrackReferences::processes,
                         kHeaviest + 1,
                         false,
                         true,
                         true,
                         "track process {name} not found, ignoring...",
                         "unknown track process option {word} - ignoring",
                         "track process",
                         "weight for track process {name} must be in [-254..254] inclusive. "
                         "Ignoring...",
                         "unknown track_process {name} weight option {word} - ignoring"};
  return kind;
}

const Kind& bfd_kind() {
  static const Kind kind{"track_bfd",
                         &TrackReferences::bfds,
                         kHeaviest,
                         false,
                         true,
                         false,
                         "track bfd {name} not found, ignoring...",
                         "unknown track bfd {name} option {word} - ignoring",
                         "track bfd",
                         "weight for track bfd {name} must be in [-253..253] inclusive. "
                         "Ignoring...",
                         "unknown track bfd {name} weight option {word} - ignoring"};
  return kind;
}

/// A line of a track block, and how to complain about it.
class Line {
 public:
  Line(const std::string& owner, const Kind& kind, const Binding& line)
      : owner_(owner), kind_(kind), line_(line) {}

  [[nodiscard]] std::string_view name() const { return line_.words()[0].text; }
  void complain(const Word& word, const std::string& message, std::string hint = {}) const {
    line_.error_at(
        word,
        fmt::format("({}) ", owner_) + fmt::format(fmt::runtime(message), fmt::arg("name", name()),
                                                   fmt::arg("word", word.text)),
        std::move(hint));
  }
  /// The thing is not there; `names` are those that are.
  void complain_missing(const std::vector<std::string_view>& names) const {
    const auto near = nearest(name(), names);
    complain(line_.words()[0], kind_.missing,
             near.empty() ? std::string() : fmt::format("did you mean '{}'?", near));
  }
  void complain_unknown_option(const Word& word) const {
    complain(word, kind_.unknown_option, "expected weight");
  }
  void complain_no_value(const Word& word) const {
    complain(word, "weight without value specified for " + kind_.title + " {name} - ignoring");
  }

  void read_weight(TrackReference& reference, const Word& word) const {
    const int limit = kind_.tolerates ? kind_.heaviest + 1 : kind_.heaviest;
    const auto weight = parse_signed(word.text, -limit, limit);
    if (!weight) {
      line_.error_at(word, weight.error().message);
      complain(word, kind_.bad_weight);
      return;
    }
    const int value = static_cast<int>(*weight);
    reference.weight = std::clamp(value, -kind_.heaviest, kind_.heaviest);
    if (reference.weight != value) {
      complain(word, "weight for {name} cannot be +/-254. Setting to +/-253");
    }
  }

  /// False: the entry is to be ignored.
  [[nodiscard]] bool read_direction(TrackReference& reference, const Word& word) const {
    if (word.text == "reverse" || (kind_.has_noreverse && word.text == "noreverse")) {
      reference.reverse = word.text == "reverse";
      return true;
    }
    complain(word, kind_.bad_direction,
             kind_.has_noreverse ? "expected reverse or noreverse" : "expected reverse");
    return kind_.bad_direction_kept;
  }

 private:
  const std::string& owner_;
  const Kind& kind_;
  const Binding& line_;
};

/// An entry while its options are read.
struct Entry {
  const Line& line;
  TrackReference reference;
  bool dropped = false;
};

Block<Entry> option_rows(const Kind& kind) {
  Block<Entry> rows;
  rows.statement("weight", "Its weight here; 0: it decides on FAULT.",
                 [](Entry& entry, const Binding& option) {
                   const auto words = option.arguments();
                   entry.line.read_weight(entry.reference, words[0]);
                   if (words.size() < 2) return;
                   entry.dropped = !entry.line.read_direction(entry.reference, words[1]);
                 })
      .takes(kind.has_noreverse ? "NUMBER [reverse|noreverse]" : "NUMBER [reverse]", 1, 2)
      .accepts(fmt::format("-{0}..{0}", kind.heaviest))
      .by_default(kind.has_noreverse ? "its own weight" : "0");
  return rows;
}

void read_options(Entry& entry, const Block<Entry>& options, const Binding& line) {
  const auto words = line.words();
  if (words.size() < 2) return;
  const Row<Entry>* row = options.find(words[1].text);
  if (row == nullptr) {
    entry.line.complain_unknown_option(words[1]);
  } else if (words.size() == 2) {
    entry.line.complain_no_value(words[1]);
  } else {
    row->apply(entry, line.narrowed(words.subspan(1, std::min<std::size_t>(3, words.size() - 1))));
    return;
  }
  entry.dropped = true;
}

std::vector<std::string_view> names_of(const NameIndex& index) {
  std::vector<std::string_view> names;
  for (const auto& [name, at] : index) names.emplace_back(name);
  std::ranges::sort(names);
  return names;
}

/// The weight and direction of a tracked thing that has them, for entries that give none.
struct Found {
  int weight = 0;
  bool reverse = false;
};

/// A thing of that name, or nothing after a complaint.
using Find = std::optional<Found> (*)(VrrpDraft&, const Line&, const Binding&);

std::optional<Found> find_interface(VrrpDraft& section, const Line& line, const Binding&) {
  if (check_interface(section, std::string(line.name()))) return Found{};
  line.complain_missing({});
  return std::nullopt;
}

std::optional<Found> find_script(VrrpDraft& section, const Line& line, const Binding&) {
  const auto found = section.script_index.find(std::string(line.name()));
  if (found == section.script_index.end()) {
    line.complain_missing(names_of(section.script_index));
    return std::nullopt;
  }
  const TrackScript& script = section.scripts[found->second].script;
  return Found{script.weight, script.reverse};
}

std::optional<Found> find_process(VrrpDraft& section, const Line& line, const Binding&) {
  const auto found = section.process_index.find(std::string(line.name()));
  if (found == section.process_index.end()) {
    line.complain_missing(names_of(section.process_index));
    return std::nullopt;
  }
  const TrackProcess& process = section.processes[found->second];
  return Found{process.weight, process.reverse};
}

std::optional<Found> find_file(VrrpDraft& section, const Line& line, const Binding& binding) {
  const TrackFile* file = section.global->find_track_file(line.name(), binding.here());
  if (file != nullptr) return Found{file->weight, file->reverse};
  line.complain_missing({});
  return std::nullopt;
}

std::optional<Found> find_bfd(VrrpDraft& section, const Line& line, const Binding& binding) {
  const BfdName* bfd = section.bfd_defined(line.name(), binding.here())
                           ? section.global->find_bfd(line.name(), binding.here())
                           : nullptr;
  if (bfd != nullptr) return Found{bfd->weight, bfd->weight_reverse};
  line.complain_missing({});
  return std::nullopt;
}

template <typename Draft>
Row<Draft>& add_row(Block<Draft>& rows, const Kind& kind, Find find, const std::string& doc) {
  const auto options = std::make_shared<const Block<Entry>>(option_rows(kind));
  const auto take = [&kind, find, options](Draft& draft, const Binding& binding) {
    const Line line(draft.name, kind, binding);
    VrrpDraft& section = *draft.section;
    const auto found = find(section, line, binding);
    if (!found) return;
    if (section.seen_in_block.contains(kind.keyword + ' ' + std::string(line.name()))) {
      line.complain(binding.words()[0], "duplicate " + kind.keyword + " {name} - ignoring");
      return;
    }
    Entry entry{line, {std::string(line.name()), found->weight, found->reverse}};
    read_options(entry, *options, binding);
    if (entry.dropped) return;
    section.seen_in_block.insert(kind.keyword + ' ' + entry.reference.name);
    (draft.track.edit().*(kind.list)).push_back(std::move(entry.reference));
  };
  Row<Draft>& row =
      rows.entries(kind.keyword, doc,
                   fmt::format("{} [weight NUMBER [reverse{}]]",
                               kind.keyword == "track_interface" ? "INTERFACE" : "NAME",
                               kind.has_noreverse ? "|noreverse" : ""),
                   take);
  row.children = options;
  return row.when_extra(kExtraParameters).adds_up();
}

template <typename Draft>
void add_rows(Block<Draft>& rows) {
  add_row(rows, interface_kind(), find_interface, "Interfaces whose links count.");
  add_row(rows, script_kind(), find_script, "Scripts whose results count.");
  add_row(rows, file_kind(), find_file, "Files whose numbers count.");
  add_row(rows, process_kind(), find_process, "Processes that count.");
  add_row(rows, bfd_kind(), find_bfd, "BFD sessions that count.").pending();
}

}  // namespace

void add_track_rows(Block<InstanceDraft>& rows) { add_rows(rows); }

void add_track_rows(Block<SyncGroupDraft>& rows) { add_rows(rows); }

}  // namespace understudy::vrrp
