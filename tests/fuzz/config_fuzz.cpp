// Any octets as a configuration file, and as the expanded text a child is handed. There must always
// be a tree, diagnostics that can be shown, and a configuration; what is printed from a tree must
// read as the same tree.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "daemon/config.hpp"
#include "parser/grammar.hpp"
#include "parser/print.hpp"
#include "parser/source.hpp"

using namespace understudy;
using namespace understudy::parser;

namespace {

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

void read_as_file(const std::string& octets) {
  const ExpandedText text = ExpandedText::from_string(octets, "fuzz");
  Diagnostics diagnostics(text);
  const Tree tree = build_tree(text, {}, diagnostics);
  places_are_inside(text, tree);
  // With backslashes the original's comments and words disagree about what is quoted.
  if (!tree.unbalanced_quotes && octets.find('\\') == std::string::npos) printing_keeps(tree);

  for (const Diagnostic& diagnostic : diagnostics.take()) {
    require(!render(diagnostic).empty(), "a diagnostic says nothing");
  }

  // No mail server address, then the text: what the parent hands to its children.
  ByteWriter packed;
  packed.u8(0);
  packed.u16(0);
  packed.bytes(text.to_bytes());
  (void)decode_config(packed.view(), {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto handed = ExpandedText::from_bytes(ByteView(data, size));
  if (handed) require(handed->to_bytes() == Bytes(data, data + size), "bytes do not survive");
  (void)decode_config(ByteView(data, size), {});
  read_as_file(std::string(data, data + size));
  return 0;
}
