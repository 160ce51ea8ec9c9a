// What agents that mean harm say. The first octet says in pieces of which size the rest arrives;
// what is made of it must not depend on that, and nothing of it reaches the log as it is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "checkers/agent_line.hpp"

namespace {

using namespace understudy;
using namespace understudy::checkers;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Reading {
  bool answered;
  std::string line;
  bool operator==(const Reading&) const = default;
};

Reading read(ByteView data, std::size_t piece) {
  AgentDialogue dialogue("");
  while (!data.empty() && !dialogue.over()) {
    const auto size = std::min(data.size(), piece);
    dialogue.receive(data.first(size));
    data = data.subspan(size);
  }
  if (!dialogue.over()) dialogue.end();
  require(dialogue.over());
  if (!dialogue.answered()) return {false, {}};
  return {true, std::string(dialogue.line())};
}

void require_printable(const std::string& text) {
  constexpr std::size_t kLongest = 256;
  require(text.size() <= kLongest);
  require(std::ranges::all_of(text, [](unsigned char c) { return c >= ' ' && c < 0x7f; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView said(data + 1, size - 1);
  const Reading whole = read(said, said.size() + 1);
  require(whole == read(said, static_cast<std::size_t>(data[0]) + 1));
  if (!whole.answered) return 0;
  require(whole.line.size() < AgentDialogue::kLongest);
  require(whole.line.find_first_of("\r\n") == std::string::npos);
  const AgentLine line = parse_agent_line(whole.line);
  require_printable(line.description);
  require_printable(line.unknown);
  require(!line.percent || (*line.percent >= 0 && *line.percent <= 25600));
  // A word more counts alone, unless a description has begun.
  if (whole.line.find('#') != std::string::npos) return 0;
  const AgentLine more = parse_agent_line(whole.line + " up ready 7%");
  require(more.health == AgentHealth::up && more.duty == Duty::serve && more.percent == 7);
  require(more.unknown == line.unknown);
  return 0;
}
