#include "daemon/role_text.hpp"

namespace understudy {
namespace {

using parser::LineRange;
using parser::PassSet;
using parser::Stage;
using parser::Unit;

/// Octets of a unit: how many lines, and which passes.
constexpr std::size_t kUnitSize = 5;

PassSet passes_for(Part part) {
  // A track_file is one of those that the checkers' early pass has.
  constexpr auto common = parser::passes_of(Stage::parent) | parser::passes_of(Stage::bfd) |
                          parser::set_of({Stage::checkers, false});
  switch (part) {
    case Part::all:
      return parser::kAllPasses;
    case Part::parent:
      return common;
    case Part::vrrp:
      return common | parser::passes_of(Stage::vrrp);
    case Part::checkers:
      return common | parser::passes_of(Stage::checkers);
  }
  return 0;
}

}  // namespace

Bytes write_role_text(const ReadText& read, Part part) {
  const PassSet wanted = passes_for(part);
  std::vector<Unit> units;
  std::vector<LineRange> ranges;
  for (const Unit& unit : read.units) {
    if ((unit.passes & wanted) == 0) continue;
    units.push_back(unit);
    if (!ranges.empty() && ranges.back().end == unit.lines.first) {
      ranges.back().end = unit.lines.end;
    } else {
      ranges.push_back(unit.lines);
    }
  }
  ByteWriter out;
  write_findings(out, read.findings);
  out.u32(static_cast<std::uint32_t>(units.size()));
  for (const Unit& unit : units) {
    out.u32(unit.lines.end - unit.lines.first);
    out.u8(unit.passes);
  }
  read.text.write(out, ranges);
  return out.take();
}

Result<ReadText> read_role_text(ByteView octets) {
  ByteReader in(octets);
  auto findings = read_findings(in);
  if (!findings) return Error{"expanded text: bad header", 0};
  ReadText read;
  read.findings = *std::move(findings);
  const std::uint32_t count = in.u32();
  if (count > in.left() / kUnitSize) return Error{"expanded text: too many units", 0};
  read.units.reserve(count);
  std::uint64_t end = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto first = static_cast<std::uint32_t>(end);
    end += in.u32();
    const PassSet passes = in.u8();
    if (end > parser::ExpandedText::kMaxLines || passes > parser::kAllPasses) {
      return Error{"expanded text: a unit is out of bounds", 0};
    }
    read.units.push_back({{first, static_cast<std::uint32_t>(end)}, passes});
  }
  auto text = parser::ExpandedText::from_bytes(in.bytes(in.left()));
  if (!text) return text.error();
  if (text->lines().size() != end) return Error{"expanded text: lines that are in no unit", 0};
  read.text = *std::move(text);
  return read;
}

}  // namespace understudy
