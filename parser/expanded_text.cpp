// ExpandedText: building it, and taking it through bytes.
#include "parser/expanded_text.hpp"

#include <fmt/format.h>

#include <cstring>

namespace understudy::parser {
namespace {

constexpr std::uint32_t kMagic = 0x55544532;  // "UTE2"
/// Octets of a block of memory for short texts.
constexpr std::size_t kBlockSize = 64U << 10;
/// Of skip and clean in one number.
constexpr std::uint32_t kCleanBit = 0x80000000;

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

ExpandedText ExpandedText::from_string(std::string text, std::string file_name) {
  ExpandedText expanded;
  std::string_view rest = expanded.keep(std::move(text));
  const std::uint32_t file = expanded.add_file(std::move(file_name), rest);
  for (std::uint32_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    while (line.ends_with('\r')) line.remove_suffix(1);
    expanded.add_line({line, file, number});
  }
  return expanded;
}

std::uint32_t ExpandedText::add_file(std::string name, std::string_view text) {
  files_.push_back(std::move(name));
  texts_.push_back(text);
  return static_cast<std::uint32_t>(files_.size() - 1);
}

std::string_view ExpandedText::keep(std::string text) {
  size_ += text.size();
  storage_.push_back(std::make_unique<const std::string>(std::move(text)));
  return *storage_.back();
}

std::string_view ExpandedText::store(std::string_view text) {
  if (text.size() > kBlockSize / 4) return keep(std::string(text));
  size_ += text.size();
  if (text.size() > block_left_) {
    blocks_.push_back(std::make_unique<char[]>(kBlockSize));
    block_left_ = kBlockSize;
  }
  if (text.empty()) return {};
  char* const at = blocks_.back().get() + (kBlockSize - block_left_);
  std::memcpy(at, text.data(), text.size());
  block_left_ -= text.size();
  return {at, text.size()};
}

std::uint32_t ExpandedText::add_origin(const Origin& origin) {
  origins_.push_back(origin);
  return static_cast<std::uint32_t>(origins_.size() - 1);
}

Bytes ExpandedText::to_bytes() const {
  ByteWriter out;
  out.u32(kMagic);
  out.u32(static_cast<std::uint32_t>(files_.size()));
  out.u32(static_cast<std::uint32_t>(origins_.size()));
  out.u32(static_cast<std::uint32_t>(lines_.size()));
  out.u8(names_main_file_ ? 1 : 0);
  for (const std::string& name : files_) write_text(out, name);
  for (const Origin& origin : origins_) {
    out.u8(static_cast<std::uint8_t>(origin.kind));
    out.u32(origin.parent);
    write_place(out, origin.used);
    write_place(out, origin.defined);
    write_text(out, origin.name);
  }
  for (const Line& line : lines_) {
    write_place(out, {line.file, line.number});
    out.u32(line.skip | (line.clean ? kCleanBit : 0U));
    out.u32(line.origin);
    write_text(out, line.text);
  }
  return out.take();
}

Result<ExpandedText> ExpandedText::from_bytes(ByteView bytes) {
  // Views of one copy: a line costs no allocation.
  ExpandedText text;
  const std::string_view copy = text.keep(std::string(characters(bytes)));
  ByteReader in(octets(copy));
  if (in.u32() != kMagic) return Error{"not an expanded configuration", 0};
  const std::uint32_t files = in.u32();
  const std::uint32_t origins = in.u32();
  const std::uint32_t lines = in.u32();
  const std::uint8_t names = in.u8();
  if (names > 1 || files > in.left() / 4 || origins > in.left() / 25 || lines > in.left() / 20) {
    return Error{fmt::format("{} files, {} origins and {} lines do not fit", files, origins, lines),
                 0};
  }
  text.names_main_file_ = names != 0;
  for (std::uint32_t i = 0; i < files && in.ok(); ++i) {
    text.add_file(std::string(characters(in.bytes(in.u32()))));
  }
  text.origins_.reserve(origins);
  for (std::uint32_t i = 0; i < origins && in.ok(); ++i) {
    Origin origin;
    const std::uint8_t kind = in.u8();
    origin.kind = static_cast<Origin::Kind>(kind);
    origin.parent = in.u32();
    origin.used = read_place(in);
    origin.defined = read_place(in);
    origin.name = characters(in.bytes(in.u32()));
    if (kind > static_cast<std::uint8_t>(Origin::Kind::values) || origin.used.file >= files ||
        origin.defined.file >= files || (origin.parent != Origin::kNone && origin.parent >= i)) {
      return Error{fmt::format("origin {} is out of bounds", i), 0};
    }
    text.add_origin(origin);
  }
  text.lines_.reserve(lines);
  for (std::uint32_t i = 0; i < lines && in.ok(); ++i) {
    Line line;
    const Place place = read_place(in);
    line.file = place.file;
    line.number = place.number;
    const std::uint32_t skip = in.u32();
    line.skip = skip & ~kCleanBit;
    line.clean = (skip & kCleanBit) != 0;
    line.origin = in.u32();
    line.text = characters(in.bytes(in.u32()));
    if (line.file >= files || line.skip > line.text.size() ||
        (line.origin != Origin::kNone && line.origin >= origins)) {
      return Error{fmt::format("line {} is out of bounds", i), 0};
    }
    text.add_line(line);
  }
  if (!in.ok() || in.left() != 0) return Error{"expanded configuration has a wrong length", 0};
  return text;
}

}  // namespace understudy::parser
