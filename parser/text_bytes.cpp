// ExpandedText: taking it through bytes, for a child that must see what its parent saw.
#include <fmt/format.h>

#include <algorithm>

#include "parser/expanded_text.hpp"

namespace understudy::parser {
namespace {

constexpr std::uint32_t kMagic = 0x55544533;  // "UTE3"
/// Of skip and clean in one number.
constexpr std::uint32_t kCleanBit = 0x80000000;
/// Octets that each of them takes at least.
constexpr std::size_t kFileSize = 4;
constexpr std::size_t kOriginSize = 25;
constexpr std::size_t kRunSize = 24;

ByteView octets(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view characters(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_text(ByteWriter& out, std::string_view text) {
  out.u32(static_cast<std::uint32_t>(text.size()));
  out.bytes(octets(text));
}

void write_place(ByteWriter& out, Place place) {
  out.u32(place.file);
  out.u32(place.number);
}

Place read_place(ByteReader& in) {
  const std::uint32_t file = in.u32();
  return {file, in.u32()};
}

}  // namespace

Bytes ExpandedText::to_bytes() const {
  ByteWriter out;
  write(out, std::span<const Run>(runs_));
  return out.take();
}

void ExpandedText::write(ByteWriter& out, std::span<const LineRange> ranges) const {
  std::vector<Run> runs;
  for (const LineRange range : ranges) {
    for (const Run& run : runs_of(range)) runs.push_back(run);
  }
  write(out, std::span<const Run>(runs));
}

/// The runs of a range of lines, or what of them is in it.
std::vector<ExpandedText::Run> ExpandedText::runs_of(LineRange range) const {
  std::vector<Run> found;
  auto run = std::upper_bound(
      runs_.begin(), runs_.end(), range.first,
      [](std::uint32_t wanted, const Run& candidate) { return wanted < candidate.first; });
  if (run != runs_.begin()) --run;
  for (; run != runs_.end() && run->first < range.end; ++run) {
    Run part = *run;
    part.first = std::max(run->first, range.first);
    const std::uint32_t end = std::min(run->first + run->count, range.end);
    if (end <= part.first) continue;
    if (end - part.first == run->count) {
      found.push_back(part);
      continue;
    }
    std::string_view rest = run->view();
    for (std::uint32_t i = run->first; i < part.first; ++i) (void)run->take_line(rest);
    part.text = rest.data();
    part.number += part.first - run->first;
    part.count = end - part.first;
    std::string_view last;
    for (std::uint32_t i = part.first; i < end; ++i) last = run->take_line(rest);
    part.size = static_cast<std::uint32_t>(last.data() + last.size() - part.text);
    found.push_back(part);
  }
  return found;
}

void ExpandedText::write(ByteWriter& out, std::span<const Run> runs) const {
  std::size_t size = 0;
  for (const Run& run : runs) size += kRunSize + run.size;
  out.reserve(size);
  out.u32(kMagic);
  out.u32(static_cast<std::uint32_t>(files_.size()));
  out.u32(static_cast<std::uint32_t>(origins_.size()));
  out.u32(static_cast<std::uint32_t>(runs.size()));
  out.u8(names_main_file_ ? 1 : 0);
  for (const std::string& name : files_) write_text(out, name);
  for (const Origin& origin : origins_) {
    out.u8(static_cast<std::uint8_t>(origin.kind));
    out.u32(origin.parent);
    write_place(out, origin.used);
    write_place(out, origin.defined);
    write_text(out, origin.name);
  }
  for (const Run& run : runs) {
    write_place(out, {run.file, run.number});
    out.u32(run.count);
    out.u32(run.skip | (run.clean ? kCleanBit : 0U));
    out.u32(run.origin);
    write_text(out, run.view());
  }
}

bool ExpandedText::read_origins(ByteReader& in, std::uint32_t count) {
  origins_.reserve(count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    Origin origin;
    const std::uint8_t kind = in.u8();
    origin.kind = static_cast<Origin::Kind>(kind);
    origin.parent = in.u32();
    origin.used = read_place(in);
    origin.defined = read_place(in);
    origin.name = characters(in.bytes(in.u32()));
    if (kind > static_cast<std::uint8_t>(Origin::Kind::values) ||
        origin.used.file >= files_.size() || origin.defined.file >= files_.size() ||
        (origin.parent != Origin::kNone && origin.parent >= i)) {
      return false;
    }
    add_origin(origin);
  }
  return true;
}

/// False: it is out of bounds.
bool ExpandedText::read_run(ByteReader& in) {
  Run run;
  const Place place = read_place(in);
  run.file = place.file;
  run.number = place.number;
  run.count = in.u32();
  const std::uint32_t skip = in.u32();
  run.skip = skip & ~kCleanBit;
  run.clean = (skip & kCleanBit) != 0;
  run.origin = in.u32();
  const std::string_view text = characters(in.bytes(in.u32()));
  run.text = text.data();
  run.size = static_cast<std::uint32_t>(text.size());
  run.first = line_count_;
  if (!in.ok()) return true;
  const auto newlines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  const bool lines_fit = run.count == 1 ? run.skip <= run.size
                                        : skip == 0 && run.count > 1 && newlines + 1 == run.count;
  if (!lines_fit || run.file >= files_.size() || kMaxLines - line_count_ < run.count ||
      (run.origin != Origin::kNone && run.origin >= origins_.size())) {
    return false;
  }
  runs_.push_back(run);
  line_count_ += run.count;
  return true;
}

Result<ExpandedText> ExpandedText::from_bytes(ByteView bytes) {
  ExpandedText text;
  ByteReader in(bytes);
  if (in.u32() != kMagic) return Error{"not an expanded configuration", 0};
  const std::uint32_t files = in.u32();
  const std::uint32_t origins = in.u32();
  const std::uint32_t runs = in.u32();
  const std::uint8_t names = in.u8();
  if (names > 1 || files > in.left() / kFileSize || origins > in.left() / kOriginSize ||
      runs > in.left() / kRunSize) {
    return Error{fmt::format("{} files, {} origins and {} runs do not fit", files, origins, runs),
                 0};
  }
  text.names_main_file_ = names != 0;
  for (std::uint32_t i = 0; i < files && in.ok(); ++i) {
    text.add_file(std::string(characters(in.bytes(in.u32()))));
  }
  if (!text.read_origins(in, origins)) return Error{"an origin is out of bounds", 0};
  text.runs_.reserve(runs);
  for (std::uint32_t i = 0; i < runs && in.ok(); ++i) {
    if (!text.read_run(in)) return Error{fmt::format("run {} is out of bounds", i), 0};
  }
  if (!in.ok() || in.left() != 0) return Error{"expanded configuration has a wrong length", 0};
  return text;
}

}  // namespace understudy::parser
