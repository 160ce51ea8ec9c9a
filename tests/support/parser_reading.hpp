// Reads a text by rows, for tests: what it filled in, and every diagnostic as it is printed.
#pragma once

#include <string>
#include <vector>

#include "parser/passes.hpp"
#include "parser/source.hpp"

namespace understudy::parser {

template <typename T>
struct Reading {
  T value;
  std::vector<Diagnostic> diagnostics;
  bool unbalanced_braces = false;
  bool unbalanced_quotes = false;

  /// render() of all, joined by newlines.
  [[nodiscard]] std::string said() const {
    std::string all;
    for (const Diagnostic& diagnostic : diagnostics) {
      all += (all.empty() ? "" : "\n") + render(diagnostic);
    }
    return all;
  }
  /// first_line() of all, joined by newlines.
  [[nodiscard]] std::string messages() const {
    std::string all;
    for (const Diagnostic& diagnostic : diagnostics) {
      all += (all.empty() ? "" : "\n") + first_line(diagnostic);
    }
    return all;
  }
  [[nodiscard]] int status() const { return exit_status(diagnostics); }
};

/// As a file called t.conf.
template <typename T>
Reading<T> read_text(const Block<T>& rows, const std::string& text) {
  const ExpandedText expanded = ExpandedText::from_string(text, "t.conf");
  Diagnostics diagnostics(expanded);
  const Tree tree = build_tree(expanded, block_names(rows), diagnostics);
  Reading<T> reading;
  bind_all(rows, reading.value, tree, diagnostics);
  reading.diagnostics = diagnostics.take();
  reading.unbalanced_braces = tree.unbalanced_braces;
  reading.unbalanced_quotes = tree.unbalanced_quotes;
  return reading;
}

}  // namespace understudy::parser
