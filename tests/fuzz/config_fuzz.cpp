// Any octets as a configuration file, and as the expanded text a child is handed. There must always
// be a text, a tree, diagnostics that can be shown, and a configuration; what is printed from a
// tree must read as the same tree. Mutations insert keywords with values of their rows.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "daemon/base/fd.hpp"
#include "daemon/config.hpp"
#include "daemon/config_rows.hpp"
#include "parser/passes.hpp"
#include "parser/print.hpp"
#include "parser/source.hpp"
#include "tests/fuzz/config_words.hpp"

using namespace understudy;
using namespace understudy::parser;

namespace {

/// What a text may cost here: little, for there are many.
constexpr std::uint64_t kBudget = 20'000;
/// Octets a mutation may add.
constexpr std::size_t kMaxInserted = 4096;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz target: %s\n", what);
  std::abort();
}

void places_are_inside(const ExpandedText& text, const Tree& tree) {
  for (const Word& word : tree.words) {
    require(word.at.column + word.at.length <= text.lines().at(word.at.line).text.size(),
            "a word lies outside its line");
  }
  for (const Node& node : tree.nodes) {
    require(node.end <= tree.nodes.size() && &tree.nodes[0] + node.end > &node,
            "a block ends outside the tree");
  }
}

void printing_keeps(const Tree& tree) {
  const std::string printed = print_tree(tree);
  const ExpandedText text = ExpandedText::from_string(printed, "printed");
  Diagnostics diagnostics(text);
  require(print_tree(build_tree(text, {}, diagnostics)) == printed, "printing changes the tree");
}

void can_be_shown(const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) {
    require(!render(diagnostic).empty(), "a diagnostic says nothing");
  }
}

void decode(const Bytes& text) {
  // What the parent hands to its children: here it has found nothing out.
  ReadText read{ExpandedText::from_bytes(text).value(), {}, {}};
  Diagnostics ignored(read.text);
  const auto rows = config_rows();
  cut(rows, block_names(rows), read.text, ignored, read.units);
  const Bytes packed = write_role_text(read, Part::all);
  const auto config = decode_config(packed, {});
  require(config || config.error().message.find("argument is missing") != std::string::npos,
          "a child cannot read what it is handed");
}

void read_as_text(const std::string& octets) {
  const ExpandedText text = ExpandedText::from_string(octets, "fuzz");
  Diagnostics diagnostics(text);
  const Tree tree = build_tree(text, {}, diagnostics);
  places_are_inside(text, tree);
  // With backslashes the original's comments and words disagree about what is quoted.
  if (!tree.unbalanced_quotes && octets.find('\\') == std::string::npos) printing_keeps(tree);
  can_be_shown(diagnostics.take());
}

/// Reads a file that has no name, with its definitions and sequences.
Source read_as_file(const std::string& octets, std::vector<Diagnostic>& problems) {
  static const Fd file(::memfd_create("fuzz", MFD_CLOEXEC));
  const bool written =
      file && ::fchmod(file.get(), 0600) == 0 && ::ftruncate(file.get(), 0) == 0 &&
      ::pwrite(file.get(), octets.data(), octets.size(), 0) == static_cast<ssize_t>(octets.size());
  require(written, "no file to read from");
  return read_source({"/proc/self/fd/" + std::to_string(file.get()), "x", kBudget}, problems);
}

void read_expanded(const std::string& octets) {
  // Files of the machine are none of this program's business.
  if (octets.find("include") != std::string::npos) return;
  std::vector<Diagnostic> problems;
  const Source source = read_as_file(octets, problems);
  can_be_shown(problems);
  require(source.text.lines().size() <= kBudget, "more lines than were paid for");
  const Bytes handed = source.text.to_bytes();
  const auto again = ExpandedText::from_bytes(handed);
  require(again.has_value(), "a text cannot be handed to a child");

  Diagnostics diagnostics(source.text);
  const Tree tree = build_tree(source.text, {}, diagnostics);
  places_are_inside(source.text, tree);
  for (const Node& node : tree.nodes) {
    if (!diagnostics.full()) diagnostics.add(Severity::note, node.at, "here");
  }
  can_be_shown(diagnostics.take());
  Diagnostics theirs(*again);
  require(print_tree(build_tree(*again, {}, theirs)) == print_tree(tree),
          "a child sees another text");
  decode(handed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto handed = ExpandedText::from_bytes(ByteView(data, size));
  if (handed) require(handed->to_bytes() == Bytes(data, data + size), "bytes do not survive");
  (void)decode_config(ByteView(data, size), {});
  const std::string octets(data, data + size);
  read_as_text(octets);
  read_expanded(octets);
  return 0;
}

/// Puts a statement or a directive in front of a line, at its end or in the middle of it.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  static const fuzz::ConfigWords words;
  std::mt19937 random(seed);
  std::string text(data, data + size);
  for (auto changes = 1 + random() % 3; changes > 0; --changes) {
    const std::string piece =
        random() % 3 == 0 ? fuzz::ConfigWords::directive(random) : words.statement(random);
    std::size_t at = text.empty() ? 0 : random() % text.size();
    if (random() % 4 != 0) at = std::min(text.find('\n', at), text.size());
    if (at < text.size() && text[at] == '\n') ++at;
    if (piece.size() <= kMaxInserted) text.insert(at, piece);
  }
  text.resize(std::min(text.size(), max_size));
  std::copy(text.begin(), text.end(), data);
  return text.size();
}
