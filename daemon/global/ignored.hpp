// Keywords of keepalived that are accepted, whose work this program does not do yet.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "parser/schema.hpp"

namespace understudy {

/// A keyword without effect: enough to read past it, to warn, and to list it in the manual.
struct Ignored {
  /// "name" or "name|alias".
  std::string_view names;
  std::string_view doc;
  /// Of its argument; empty: none, "[…]": optional.
  std::string_view syntax = {};
  /// What an absent argument is.
  parser::Missing missing = parser::Missing::ends;
  /// A block follows.
  bool block = false;
  parser::Stage stage = parser::Stage::parent;
};

/// Says that the keyword of `binding` changes nothing.
inline void note_without_effect(const parser::Binding& binding) {
  binding.report_at(parser::Severity::note, binding.here(),
                    "'" + std::string(binding.keyword()) + "' has no effect in this version yet");
}

/// Adds a row for each.
template <typename T>
void add_ignored(parser::Block<T>& rows, std::span<const Ignored> keywords) {
  for (const Ignored& keyword : keywords) {
    auto& row =
        rows.statement(keyword.names, std::string(keyword.doc), [](T&, const parser::Binding&) {});
    const bool required = !keyword.syntax.empty() && keyword.syntax.front() != '[';
    row.takes(std::string(keyword.syntax), required ? 1 : 0, SIZE_MAX);
    row.kind = keyword.block            ? parser::Kind::block
               : keyword.syntax.empty() ? parser::Kind::flag
                                        : parser::Kind::value;
    row.no_effect = true;
    row.stage = keyword.stage;
    row.repeat = parser::Repeat::adds_up;
    if (keyword.missing == parser::Missing::complains) row.when_missing("{0} missing - ignoring");
  }
}

}  // namespace understudy
