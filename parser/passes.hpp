// A text bound in passes, as the original's processes would: each statement of the top level is
// bound in one of them, and only what a pass needs is in memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "parser/schema.hpp"

namespace understudy::parser {

/// The passes in their order; bfd_instance comes before what refers to it.
inline constexpr std::array kPasses{Pass{Stage::parent, false}, Pass{Stage::bfd, false},
                                    Pass{Stage::checkers, false}, Pass{Stage::checkers, true},
                                    Pass{Stage::vrrp, false}};

/// A bit for each of kPasses.
using PassSet = std::uint8_t;
inline constexpr PassSet kAllPasses = (1U << kPasses.size()) - 1;

/// The passes of a stage.
[[nodiscard]] constexpr PassSet passes_of(Stage stage) {
  unsigned set = 0;
  for (std::size_t i = 0; i < kPasses.size(); ++i)
    set |= (kPasses[i].stage == stage ? 1U : 0U) << i;
  return static_cast<PassSet>(set);
}
[[nodiscard]] constexpr PassSet set_of(Pass pass) {
  unsigned set = 0;
  for (std::size_t i = 0; i < kPasses.size(); ++i) set |= (kPasses[i] == pass ? 1U : 0U) << i;
  return static_cast<PassSet>(set);
}

/// Some lines with whole statements, and the passes that have to look at them.
struct Unit {
  LineRange lines;
  PassSet passes = 0;
  bool operator==(const Unit&) const = default;
};

/// The passes that have something to do or to say in a tree.
template <typename T>
[[nodiscard]] PassSet passes_of(const Block<T>& rows, const Tree& tree) {
  unsigned set = 0;
  for (const Node& node : tree.top()) {
    if (node.word_count == 0) {
      // What stands between braces of no keyword is read as if they were not there.
      set |= node.has_block ? kAllPasses : passes_of(Stage::parent);
      continue;
    }
    const Row<T>* row = rows.find(tree.words_of(node)[0].text);
    set |= row == nullptr ? passes_of(Stage::parent) : set_of(row->pass);
  }
  return static_cast<PassSet>(set);
}

/// Cuts a text into units. Complaints about braces and quotes go to `diagnostics`.
template <typename T>
Balance cut(const Block<T>& rows, const BlockNames& names, const ExpandedText& text,
            Diagnostics& diagnostics, std::vector<Unit>& units) {
  return for_each_unit(text, names, diagnostics, [&](const Tree& tree, LineRange lines) {
    units.push_back({lines, passes_of(rows, tree)});
  });
}

/// Nodes of a tree whose memory stays for the next one.
inline constexpr std::size_t kUsualNodes = 4096;

/// Binds what a pass has to look at, unit by unit, of those that are `wanted(unit)`; `bound()` is
/// called after each.
template <typename T, typename Wanted, typename Bound>
void bind_pass(const Block<T>& rows, const BlockNames& names, T& object, const ExpandedText& text,
               const std::vector<Unit>& units, Pass pass, Diagnostics& diagnostics, Wanted wanted,
               Bound bound) {
  diagnostics.set_stage(pass.stage);
  Tree tree;
  Seen seen;
  for (const Unit& unit : units) {
    if ((unit.passes & set_of(pass)) == 0 || !wanted(unit)) continue;
    read_tree(text, unit.lines, names, tree);
    rows.bind(object, tree.top(), {&tree, &diagnostics, {}, pass}, seen);
    // What comes now may take as much.
    if (tree.nodes.capacity() > kUsualNodes) tree = {};
    bound();
  }
}

/// Binds a whole tree to `object`, pass by pass.
template <typename T>
void bind_all(const Block<T>& rows, T& object, const Tree& tree, Diagnostics& diagnostics) {
  for (const Pass pass : kPasses) {
    diagnostics.set_stage(pass.stage);
    rows.bind(object, tree.top(), {&tree, &diagnostics, {}, pass});
  }
}

}  // namespace understudy::parser
