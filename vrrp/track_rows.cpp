// track_interface { IF [weight N [reverse]] } and track_script { NAME [weight N [reverse]] }.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "vrrp/keywords.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;

/// A weight one beyond the range is taken as the range's end; further ones are refused.
constexpr std::int64_t kTolerated = 254;
constexpr int kLimit = 253;

bool is_tracked(const std::vector<TrackReference>& references, std::string_view name) {
  return std::ranges::any_of(references,
                             [&](const TrackReference& known) { return known.name == name; });
}

/// The words of an entry after its name, and how to complain about them.
class WeightWords {
 public:
  WeightWords(const InstanceDraft& draft, const Binding& line, bool script)
      : instance_(draft.name), line_(line), script_(script) {}

  /// False: the entry is to be ignored.
  bool read(TrackReference& reference) const {
    const auto words = line_.words();
    if (words.size() < 2) return true;
    if (words[1].text != "weight") {
      complain(words[1],
               script_ ? fmt::format("unknown track script option {} - ignoring", words[1].text)
                       : fmt::format("unknown track_interface {} option {} - ignoring", name(),
                                     words[1].text));
      return false;
    }
    if (words.size() == 2) {
      complain(words[1],
               fmt::format("weight without value specified for {} {} - ignoring", kind(), name()));
      return false;
    }
    read_number(reference, words[2]);
    if (words.size() > 3) read_direction(reference, words[3]);
    return true;
  }

 private:
  [[nodiscard]] std::string_view name() const { return line_.words()[0].text; }
  [[nodiscard]] std::string_view kind() const {
    return script_ ? "track script" : "track_interface";
  }
  void complain(const Word& word, const std::string& message) const {
    line_.error_at(word, fmt::format("({}) {}", instance_, message));
  }

  void read_number(TrackReference& reference, const Word& word) const {
    const auto weight = parse_signed(word.text, -kTolerated, kTolerated);
    if (!weight) {
      line_.error_at(word, weight.error().message);
      complain(word,
               script_ ? fmt::format("track script {}: weight must be between [-253..253] "
                                     "inclusive, ignoring...",
                                     name())
                       : fmt::format(
                             "weight {} for {} must be between [-253..253] inclusive. Ignoring...",
                             word.text, name()));
      return;
    }
    if (*weight == kTolerated || *weight == -kTolerated) {
      complain(word, fmt::format("weight for {} cannot be +/-254. Setting to +/-253", name()));
    }
    reference.weight = std::clamp(static_cast<int>(*weight), -kLimit, kLimit);
  }

  void read_direction(TrackReference& reference, const Word& word) const {
    if (word.text == "reverse") {
      reference.reverse = true;
    } else if (script_ && word.text == "noreverse") {
      reference.reverse = false;
    } else {
      complain(word, fmt::format("unknown {} {} weight option {} - ignoring",
                                 script_ ? "track_script" : "track_interace", name(), word.text));
    }
  }

  const std::string& instance_;
  const Binding& line_;
  bool script_;
};

void track_interface(InstanceDraft& draft, const Binding& line) {
  const Word& word = line.words()[0];
  TrackReference reference{std::string(word.text), 0, false};
  if (!check_interface(*draft.section, reference.name)) {
    line.error_at(
        word, fmt::format("({}) tracked interface {} doesn't exist", draft.name, reference.name));
  } else if (is_tracked(draft.track_interfaces, reference.name)) {
    line.error_at(word, fmt::format("({}) duplicate track_interface {} - ignoring", draft.name,
                                    reference.name));
  } else if (WeightWords(draft, line, false).read(reference)) {
    draft.track_interfaces.push_back(std::move(reference));
  }
}

void track_script(InstanceDraft& draft, const Binding& line) {
  const Word& word = line.words()[0];
  const auto& scripts = draft.section->scripts;
  const auto found = std::ranges::find_if(
      scripts, [&](const TrackScriptDraft& known) { return known.script.name == word.text; });
  if (found == scripts.end()) {
    std::vector<std::string_view> names;
    for (const auto& known : scripts) names.emplace_back(known.script.name);
    const auto near = nearest(word.text, names);
    line.error_at(word,
                  fmt::format("({}) track script {} not found, ignoring...", draft.name, word.text),
                  near.empty() ? std::string() : fmt::format("did you mean '{}'?", near));
    return;
  }
  TrackReference reference{found->script.name, found->script.weight, found->script.reverse};
  if (is_tracked(draft.track_scripts, reference.name)) {
    line.error_at(
        word, fmt::format("({}) duplicate track_script {} - ignoring", draft.name, reference.name));
  } else if (WeightWords(draft, line, true).read(reference)) {
    draft.track_scripts.push_back(std::move(reference));
  }
}

}  // namespace

void add_track_rows(Block<InstanceDraft>& rows) {
  rows.entries("track_interface", "Interfaces whose links count.",
               "INTERFACE [weight NUMBER [reverse]]", track_interface)
      .when_extra("Block {0} has extra parameters {1} ...")
      .adds_up();
  rows.entries("track_script", "Scripts whose results count.",
               "NAME [weight NUMBER [reverse|noreverse]]", track_script)
      .when_extra("Block {0} has extra parameters {1} ...")
      .adds_up();
}

}  // namespace understudy::vrrp
