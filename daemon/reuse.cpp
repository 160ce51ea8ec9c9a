#include "daemon/reuse.hpp"

namespace understudy {
namespace {

using parser::ExpandedText;
using parser::LineRange;
using parser::PassSet;
using parser::Unit;

constexpr PassSet kLate = parser::set_of(kVirtualServers);
constexpr PassSet kGlobal = parser::passes_of(parser::Stage::parent);

/// Whether they mean the same, wherever they are written.
bool same_lines(const ExpandedText& a, LineRange in_a, const ExpandedText& b, LineRange in_b) {
  if (in_a.end - in_a.first != in_b.end - in_b.first) return false;
  auto other = b.lines().from(in_b.first);
  for (auto line = a.lines().from(in_a.first); line.index() < in_a.end; ++line, ++other) {
    if (line->text != other->text || line->skip != other->skip || line->clean != other->clean) {
      return false;
    }
  }
  return true;
}

/// The units without virtual servers; nullopt: some have more than global settings in them. (A
/// group counts its virtual servers; a track_file and a BFD session must come before their use.)
std::optional<std::vector<Unit>> global_units(const ReadText& read) {
  std::vector<Unit> found;
  for (const Unit& unit : read.units) {
    if (unit.passes == kLate) continue;
    if ((unit.passes & ~kGlobal) != 0) return std::nullopt;
    found.push_back(unit);
  }
  return found;
}

bool same_globally(const ReadText& before, const ReadText& now) {
  if (!(before.findings == now.findings)) return false;
  const auto was = global_units(before);
  const auto is = global_units(now);
  if (!was || !is || was->size() != is->size()) return false;
  for (std::size_t i = 0; i < is->size(); ++i) {
    if (!same_lines(before.text, (*was)[i].lines, now.text, (*is)[i].lines)) return false;
  }
  return true;
}

}  // namespace

std::optional<Reuse> Reuse::of(const ReadText& before, std::span<const std::uint32_t> places,
                               const ReadText& now) {
  if (!same_globally(before, now)) return std::nullopt;
  Reuse reuse(before, now);
  reuse.known_.reserve(places.size());
  auto place = places.begin();
  for (const Unit& unit : before.units) {
    if (unit.passes != kLate) continue;
    if (place == places.end()) return std::nullopt;
    const std::uint32_t index = *place++;
    if (index == kNone) continue;
    const std::string_view first = before.text.lines().from(unit.lines.first)->text;
    reuse.known_.emplace(first, Known{unit.lines, index});
  }
  return reuse;
}

std::optional<std::uint32_t> Reuse::place_of(const Unit& unit) const {
  const auto found = known_.find(now_->text.lines().from(unit.lines.first)->text);
  if (found == known_.end()) return std::nullopt;
  const Known& known = found->second;
  if (!same_lines(before_->text, known.lines, now_->text, unit.lines)) return std::nullopt;
  return known.place;
}

}  // namespace understudy
