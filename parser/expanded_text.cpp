// ExpandedText: building it from a string, and taking it through bytes.
#include <fmt/format.h>

#include "parser/source.hpp"

namespace understudy::parser {
namespace {

constexpr std::uint32_t kMagic = 0x55544531;  // "UTE1"

ByteView octets(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view characters(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

ExpandedText ExpandedText::from_string(std::string text, std::string file_name) {
  ExpandedText expanded;
  const std::uint32_t file = expanded.add_file(std::move(file_name));
  std::string_view rest = expanded.keep(std::move(text));
  for (std::uint32_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    while (line.ends_with('\r')) line.remove_suffix(1);
    expanded.add_line({line, file, number, 0});
  }
  return expanded;
}

std::uint32_t ExpandedText::add_file(std::string name) {
  files_.push_back(std::move(name));
  return static_cast<std::uint32_t>(files_.size() - 1);
}

std::string_view ExpandedText::keep(std::string text) {
  storage_.push_back(std::make_unique<const std::string>(std::move(text)));
  return *storage_.back();
}

Bytes ExpandedText::to_bytes() const {
  ByteWriter out;
  out.u32(kMagic);
  out.u32(static_cast<std::uint32_t>(files_.size()));
  out.u32(static_cast<std::uint32_t>(lines_.size()));
  for (const std::string& name : files_) {
    out.u32(static_cast<std::uint32_t>(name.size()));
    out.bytes(octets(name));
  }
  for (const Line& line : lines_) {
    out.u32(line.file);
    out.u32(line.number);
    out.u32(line.skip);
    out.u32(static_cast<std::uint32_t>(line.text.size()));
    out.bytes(octets(line.text));
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
  const std::uint32_t lines = in.u32();
  if (files > in.left() / 4 || lines > in.left() / 16) {
    return Error{fmt::format("{} files and {} lines do not fit", files, lines), 0};
  }
  for (std::uint32_t i = 0; i < files && in.ok(); ++i) {
    text.add_file(std::string(characters(in.bytes(in.u32()))));
  }
  text.lines_.reserve(lines);
  for (std::uint32_t i = 0; i < lines && in.ok(); ++i) {
    Line line;
    line.file = in.u32();
    line.number = in.u32();
    line.skip = in.u32();
    line.text = characters(in.bytes(in.u32()));
    if (line.file >= files || line.skip > line.text.size()) {
      return Error{fmt::format("line {} is out of bounds", i), 0};
    }
    text.add_line(line);
  }
  if (!in.ok() || in.left() != 0) return Error{"expanded configuration has a wrong length", 0};
  return text;
}

}  // namespace understudy::parser
