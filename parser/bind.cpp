#include "parser/bind.hpp"

#include <fmt/format.h>

#include <utility>

#include "parser/schema.hpp"

namespace understudy::parser {
namespace {

void report_unmatched_quote(const RowInfo* row, const Binding& binding) {
  if (!binding.node().unmatched_quote || (row != nullptr && row->escaped)) return;
  binding.report_at(Severity::error, binding.here(),
                    fmt::format("Unmatched quote: '{}'", binding.node().raw));
}

/// "expected: priority NUMBER, from 1 to 255"; empty: the row does not say.
std::string usage(const RowInfo& row) {
  if (row.syntax.empty()) return {};
  return fmt::format("expected: {} {}{}{}", row.name, row.syntax, row.range.empty() ? "" : ", ",
                     row.range);
}

/// False: the row is not to be taken in.
bool admit_count(const RowInfo& row, const Binding& binding) {
  const std::size_t given = binding.arguments().size();
  if (given < row.min_words) {
    if (row.missing == Missing::ends) binding.missing(given + 1, usage(row));
    if (row.missing == Missing::complains) {
      binding.error(fill(row.missing_message, binding), usage(row));
    }
    return false;
  }
  if (given <= row.max_words || row.extra == Extra::ignored) return true;
  const Word& surplus = binding.arguments()[row.max_words];
  binding.error_at(surplus, fill(row.extra_message, binding),
                   row.syntax.empty() ? fmt::format("'{}' takes no argument", row.name)
                                      : fmt::format("expected: {} {}", row.name, row.syntax));
  return row.extra == Extra::complains;
}

std::vector<std::string_view> names_of(const BlockInfo& block) {
  std::vector<std::string_view> names;
  for (const RowInfo* row : block.infos()) {
    names.push_back(row->name);
    names.insert(names.end(), row->aliases.begin(), row->aliases.end());
  }
  return names;
}

}  // namespace

Location Binding::first_argument() const {
  if (words_.size() > 1) return words_[1].at;
  return words_.empty() ? node_->at : words_[0].at;
}

void Binding::error(std::string message, std::string hint) const {
  report(Severity::error, std::move(message), std::move(hint));
}

void Binding::error_at(const Word& word, std::string message, std::string hint) const {
  report_at(Severity::error, word.at, std::move(message), std::move(hint));
}

void Binding::report(Severity severity, std::string message, std::string hint) const {
  report_at(severity, first_argument(), std::move(message), std::move(hint));
}

void Binding::report_at(Severity severity, Location at, std::string message,
                        std::string hint) const {
  diagnostics_->add(severity, at, std::move(message), std::move(hint));
}

void Binding::missing(std::size_t position, std::string hint) const {
  const Word* before = position >= 1 && position <= words_.size() ? &words_[position - 1] : nullptr;
  // An option's words are some of its line's.
  const auto line = tree_->words_of(*node_);
  const bool narrowed =
      !words_.empty() && words_.data() >= line.data() && words_.data() < line.data() + line.size();
  const auto offset = narrowed ? static_cast<std::size_t>(words_.data() - line.data()) : 0;
  const std::string after =
      before == nullptr ? std::string() : fmt::format(" after keyword `{}`", before->text);
  Location at = before == nullptr ? here() : before->at;
  report_at(Severity::missing_argument, at,
            fmt::format("*** Configuration line starting `{}` is missing a parameter{} at word "
                        "position {}",
                        narrowed ? line[0].text : keyword(), after, offset + position + 1),
            std::move(hint));
}

std::optional<std::vector<std::string>> Binding::quoted_words() const {
  auto words = split_quoted(node_->raw);
  if (words) return *std::move(words);
  report_at(Severity::error, here(), words.error().message);
  return std::nullopt;
}

bool Seen::test_and_set(std::size_t index) {
  if (index < kFew) {
    const std::uint64_t bit = std::uint64_t{1} << index;
    return (std::exchange(few_, few_ | bit) & bit) != 0;
  }
  index -= kFew;
  // Room for many: it is the rows that are used, in any order.
  if (index >= more_.size()) more_.resize((index / 64 + 1) * 64);
  const bool before = more_[index];
  more_[index] = true;
  return before;
}

std::string fill(std::string_view format, const Binding& binding, std::string_view replacement) {
  return fmt::format(fmt::runtime(format), binding.keyword(), binding.argument(), binding.label(),
                     replacement);
}

bool admit(const RowInfo& row, Seen& seen, const Binding& binding) {
  report_unmatched_quote(&row, binding);
  if (!row.deprecation_message.empty()) {
    binding.report_at(Severity::error, binding.words()[0].at,
                      fill(row.deprecation_message, binding, row.replacement),
                      row.replacement.empty() ? "" : fmt::format("use '{}'", row.replacement));
  }
  if (row.no_effect && row.deprecation_message.empty()) {
    binding.report_at(Severity::note, binding.here(),
                      fmt::format("'{}' has no effect in this version yet", row.name));
  }
  if (!admit_count(row, binding)) return false;
  const bool again = seen.test_and_set(row.index);
  if (!again || row.repeat == Repeat::last_wins || row.repeat == Repeat::adds_up) return true;
  binding.report_at(Severity::error, binding.words()[0].at, fill(row.repeat_message, binding));
  return row.repeat == Repeat::replaced;
}

void refuse(const RowInfo& row, const Binding& binding, std::string_view unspoken) {
  const std::string_view message =
      row.invalid_message.empty() ? unspoken : row.invalid_message.view();
  if (message.empty()) return;
  const std::string_view value =
      binding.arguments().empty() ? binding.keyword() : binding.argument();
  binding.error(fmt::format(fmt::runtime(message), binding.keyword(), value, binding.label()),
                row.range.empty() ? std::string() : fmt::format("expected {}", row.range));
}

void for_each_entry(const Binding& block, const std::function<void(const Binding&)>& take) {
  const Tree& tree = block.tree();
  const std::string_view own = block.argument();
  const std::string_view label = own.empty() ? block.label() : own;
  const auto lines = tree.children(block.node());
  for (std::uint32_t index = lines.first(); index < lines.last();) {
    const Node& node = tree.nodes[index];
    const Binding entry(tree, block.diagnostics(), node, label);
    if (entry.words().empty()) {
      index = report_brace(entry) ? index + 1 : node.end;
      continue;
    }
    report_unmatched_quote(nullptr, entry);
    take(entry);
    if (node.has_block) {
      entry.report_at(Severity::error, node.open, "Unexpected '{' - ignoring");
    }
    ++index;
  }
}

bool report_brace(const Binding& binding) {
  const Node& node = binding.node();
  if (node.has_block) {
    binding.report_at(Severity::error, node.open, "Unexpected '{' - ignoring",
                      "a block needs a keyword before its '{'");
    return true;
  }
  // The grammar has said that a '}' is too many.
  if (node.kind == Node::Kind::statement && node.unmatched_quote) {
    binding.report_at(Severity::error, node.at, fmt::format("Unmatched quote: '{}'", node.raw));
  }
  return false;
}

bool check_braces(const RowInfo& row, const Binding& binding) {
  const Node& node = binding.node();
  const bool wanted = row.kind == Kind::block || row.kind == Kind::entries;
  if (wanted == node.has_block) return false;
  if (!wanted) {
    binding.report_at(Severity::error, node.open, "Unexpected '{' - ignoring",
                      fmt::format("'{}' has no block", row.name));
    return true;
  }
  binding.report_at(Severity::error, node.at, "Missing '{' at beginning of configuration block");
  return false;
}

void report_unknown(const BlockInfo& block, const Binding& binding) {
  std::string hint;
  if (!binding.diagnostics().full()) {
    const std::string_view near = nearest(binding.keyword(), names_of(block));
    if (!near.empty()) hint = fmt::format("did you mean '{}'?", near);
  }
  if (hint.empty() && binding.keyword().starts_with('$')) {
    hint = "it is not defined; a definition is '$NAME=VALUE', without a blank before its '='";
  }
  binding.report_at(Severity::error, binding.words()[0].at, fill(block.unknown_message, binding),
                    std::move(hint));
}

}  // namespace understudy::parser
