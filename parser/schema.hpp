// Keywords as rows: one row says everything there is to know about a keyword.
//
// A Block<T> is the list of keywords that may stand in a block and how each changes a T. Reading,
// range checks, "did you mean", the statuses of -t and the manual all come from the rows; adding a
// keyword is adding a row. The project's rows: daemon/global/keywords.cpp, vrrp/ and checkers/
// keywords.cpp and *_rows.cpp. Worked example (tests/unit/parser_schema_test.cpp runs it):
//
// clang-format off
//   struct Door { std::string name; unsigned width = 80; bool locked = false;
//                 std::chrono::microseconds delay{}; std::vector<IpAddress> bells;
//                 std::optional<Side> side; };
//   struct House { std::vector<Door> doors; };
//
//   Block<Door> door_rows() {
//     Block<Door> rows;
//     rows.value("width|breadth", "Width in cm.", number<unsigned>(60, 200), &Door::width)
//         .by_default("80")
//         .invalid("({2}) width '{1}' must be in [60, 200] - ignoring");
//     rows.flag("locked", "Nobody gets in.", &Door::locked);
//     rows.value("side", "Where it is.",
//                choice<Side>({{"FRONT", Side::front}, {"BACK", Side::back}}), &Door::side)
//         .once("({2}) side already given - ignoring");
//     rows.value("wait", "Pause.", decimal_seconds(0, 10'000'000), &Door::delay)
//         .deprecated("delay");
//     rows.words("bells", "Who rings.", address(), &Door::bells);  // bells { 10.0.0.1 10.0.0.2 }
//     rows.gone("hinge", "hinge is no longer supported");
//     return rows;
//   }
//   Block<House> house_rows() {
//     Block<House> rows;
//     rows.block("door", "A way in.", door_rows(),
//                [](House& house, const Binding& binding) -> Door* {   // nullptr: skip the block
//                  house.doors.emplace_back().name = binding.argument();
//                  return &house.doors.back();
//                },
//                [](House&, Door& door, const Binding& binding) {      // at its '}'
//                  if (door.bells.empty()) binding.report_at(Severity::error, binding.closing(), …);
//                })
//         .takes("NAME", 1, 1)
//         .when_missing("door name missing")                           // else: ends, status 2
//         .reported_by(Stage::vrrp);
//     return rows;
//   }
//   House house;  bind_all(house_rows(), house, tree, diagnostics);  // passes.hpp
// clang-format on
//
// A target is a member pointer (the value is converted: Strong types, optionals, chrono) or a
// function (T&, V) or (T&, V, const Binding&). In messages {0} is the keyword, {1} the first
// argument, {2} the label: the first argument of the nearest enclosing block that has one.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "parser/bind.hpp"
#include "parser/row_info.hpp"
#include "parser/values.hpp"

namespace understudy::parser {

namespace detail {

/// Converts what a codec gives into what a member holds.
template <typename Member, typename V>
void assign(Member& member, V&& value) {
  using Plain = std::decay_t<V>;
  if constexpr (std::is_assignable_v<Member&, V&&> &&
                (!std::is_arithmetic_v<Plain> || std::is_same_v<Member, Plain>)) {
    member = std::forward<V>(value);
  } else if constexpr (requires {
                         typename Member::value_type;
                         member.push_back(value);
                       }) {
    member.push_back(typename Member::value_type(std::forward<V>(value)));
  } else if constexpr (requires { member.emplace(std::forward<V>(value)); }) {
    member.emplace(std::forward<V>(value));
  } else {
    member = static_cast<Member>(std::forward<V>(value));
  }
}

template <typename T, typename V, typename Target>
void deliver(const Target& target, T& object, V&& value, const Binding& binding) {
  if constexpr (std::is_member_object_pointer_v<Target>) {
    assign(object.*target, std::forward<V>(value));
  } else if constexpr (std::is_invocable_v<const Target&, T&, V&&, const Binding&>) {
    target(object, std::forward<V>(value), binding);
  } else {
    target(object, std::forward<V>(value));
  }
}

/// Where a list of statements is bound: the text, and what encloses it.
struct Frame {
  const Tree* tree;
  Diagnostics* diagnostics;
  std::string_view label;
  /// Only rows of this pass; nullopt: all.
  std::optional<Pass> only;
};

}  // namespace detail

/// A keyword and what it does to a T. The functions that return *this are its flags.
template <typename T>
class Row : public RowInfo {
 public:
  /// Takes the statement in; it has been admitted.
  std::function<void(T&, const Binding&)> apply;

  Row& by_default(RowText text) { return set(fallback, text); }
  /// What is accepted, in words; codecs say it themselves.
  Row& accepts(RowText what) { return set(range, what); }
  Row& from(RowText version) { return set(since, version); }
  /// keepalived does not know it.
  Row& ours() { return set(own, true); }
  Row& reported_by(Stage who) { return set(pass.stage, who); }
  /// Bound after all others of its stage: it needs them.
  Row& after_others() { return set(pass.late, true); }
  /// Words of a block's line or an entry: their description and number.
  Row& takes(RowText what, std::size_t min, std::size_t max) {
    min_words = min;
    max_words = max;
    return set(syntax, what);
  }
  /// A missing argument is a complaint (status 5) instead of the end of the reading.
  Row& when_missing(RowText message) {
    missing = Missing::complains;
    return set(missing_message, message);
  }
  /// A missing argument is fine; the statement then does nothing.
  Row& allow_missing() { return set(missing, Missing::allowed); }
  /// Further words are a complaint; the value is taken all the same unless `what` says refused.
  Row& when_extra(RowText message, Extra what = Extra::complains) {
    extra = what;
    return set(extra_message, message);
  }
  /// A second use is diagnosed and ignored.
  Row& once(RowText message) {
    repeat = Repeat::first_wins;
    return set(repeat_message, message);
  }
  /// A second use is diagnosed and replaces the first.
  Row& replaced(RowText message) {
    repeat = Repeat::replaced;
    return set(repeat_message, message);
  }
  Row& adds_up() { return set(repeat, Repeat::adds_up); }
  /// Taken in, and noted: what it asks for is not done by this version.
  Row& pending() { return set(no_effect, true); }
  /// Said after the codec's own message when it refused the value.
  Row& invalid(RowText message) { return set(invalid_message, message); }
  /// Works, and every use is diagnosed. The message defaults to the original's.
  Row& deprecated(RowText instead, RowText message = "{0} is deprecated - please use '{3}'") {
    replacement = instead;
    return set(deprecation_message, message);
  }

 private:
  template <typename M, typename V>
  Row& set(M& member, V&& value) {
    member = std::forward<V>(value);
    return *this;
  }
};

/// The keywords that may stand in a block, and how each changes a T.
template <typename T>
class Block : public BlockInfo {
 public:
  /// A keyword with a value. `names` is "name" or "name|alias|alias".
  template <typename V, typename Target>
  Row<T>& value(RowText names, RowText doc, Codec<V> codec, Target target) {
    Row<T>& row = add(names, doc, Kind::value);
    describe(row, codec);
    row.apply = [codec = std::move(codec), target, &row](T& object, const Binding& binding) {
      auto value = codec.read(binding, binding.arguments());
      if (value) {
        detail::deliver(target, object, *std::move(value), binding);
      } else {
        refuse(row, binding, codec.refusal);
      }
    };
    return row;
  }

  /// A keyword alone. `target`: a member set to `value`, or a function (T&, bool[, Binding]).
  template <typename Target>
  Row<T>& flag(RowText names, RowText doc, Target target, bool value = true) {
    Row<T>& row = add(names, doc, Kind::flag);
    row.apply = [target, value](T& object, const Binding& binding) {
      detail::deliver(target, object, bool(value), binding);
    };
    return row;
  }

  /// A statement `take(T&, const Binding&)` makes sense of by itself.
  template <typename Take>
  requires std::is_invocable_v<const Take&, T&, const Binding&> Row<T>
  &statement(RowText names, RowText doc, Take take) {
    Row<T>& row = add(names, doc, Kind::value);
    row.max_words = SIZE_MAX;
    row.apply = std::move(take);
    return row;
  }

  /// A block with rows of its own. `open(T&, const Binding&) -> C*` gives what it fills, nullptr to
  /// skip it; `close(T&, C&, const Binding&)` runs at its end.
  template <typename C, typename Open, typename Close>
  Row<T>& block(RowText names, RowText doc, Block<C> rows, Open open, Close close) {
    Row<T>& row = add(names, doc, Kind::block);
    auto shared = std::make_shared<const Block<C>>(std::move(rows));
    row.children = shared;
    row.apply = [shared, open, close](T& object, const Binding& binding) {
      C* child = open(object, binding);
      if (child == nullptr) return;
      const std::string_view own = binding.argument();
      shared->bind(*child, binding.tree().children(binding.node()),
                   {&binding.tree(), &binding.diagnostics(), own.empty() ? binding.label() : own,
                    std::nullopt});
      close(object, *child, binding);
    };
    return row;
  }
  template <typename C, typename Open>
  Row<T>& block(RowText names, RowText doc, Block<C> rows, Open open) {
    return block(names, doc, std::move(rows), open, [](T&, C&, const Binding&) {});
  }
  /// A block whose rows change the T itself.
  Row<T>& block(RowText names, RowText doc, Block<T> rows) {
    return block(names, doc, std::move(rows), [](T& object, const Binding&) { return &object; });
  }

  /// A value block of lines, each given to `take(T&, const Binding&)`; words()[0] is its first
  /// word.
  template <typename Take>
  requires std::is_invocable_v<const Take&, T&, const Binding&> Row<T>
  &entries(RowText names, RowText doc, RowText entry_syntax, Take take) {
    Row<T>& row = add(names, doc, Kind::entries);
    row.syntax = entry_syntax;
    row.apply = [take](T& object, const Binding& binding) {
      for_each_entry(binding, [&](const Binding& entry) { take(object, entry); });
    };
    return row;
  }

  /// A value block of lines with option words. `head(T&, const Binding&, C&) -> words` fills the C
  /// from the words at the front and says how many they are, 0 to skip the line; the rest is bound
  /// by `options`; then `commit(T&, C&&, const Binding&)`.
  template <typename C, typename Head, typename Commit>
  Row<T>& entries(RowText names, RowText doc, RowText entry_syntax, Block<C> options, Head head,
                  Commit commit) {
    auto shared = std::make_shared<const Block<C>>(std::move(options));
    Row<T>& row =
        entries(names, doc, entry_syntax, [shared, head, commit](T& object, const Binding& entry) {
          C value{};
          const std::size_t used = head(object, entry, value);
          if (used == 0) return;
          shared->bind_options(value, entry, used);
          commit(object, std::move(value), entry);
        });
    row.children = shared;
    return row;
  }

  /// A value block in which every word of every line is a value, delivered one by one.
  template <typename V, typename Target>
  Row<T>& words(RowText names, RowText doc, Codec<V> codec, Target target) {
    Row<T>& row = add(names, doc, Kind::entries);
    row.syntax = codec.syntax;
    row.range = codec.range;
    row.apply = [codec = std::move(codec), target, &row](T& object, const Binding& binding) {
      for_each_entry(binding, [&](const Binding& entry) {
        for (const Word& word : entry.words()) {
          auto value = codec.read(entry, std::span(&word, 1));
          if (value) {
            detail::deliver(target, object, *std::move(value), entry);
          } else {
            refuse(row, entry.narrowed(std::span(&word, 1)), codec.refusal);
          }
        }
      });
    };
    return row;
  }

  /// Takes in the rows of another block; they change the member of T that `member` points to.
  template <typename C>
  void merge(Block<C> rows, C T::*member) {
    auto shared = std::make_shared<const Block<C>>(std::move(rows));
    shared->each_row([&](const Row<C>& theirs) {
      Row<T>& row = rows_.emplace_back();
      static_cast<RowInfo&>(row) = theirs;
      row.index = rows_.size() - 1;
      row.apply = [shared, member, &theirs](T& object, const Binding& binding) {
        theirs.apply(object.*member, binding);
      };
      enter(row);
    });
  }
  template <typename Visit>
  void each_row(Visit visit) const {
    for (const Row<T>& row : rows_) visit(row);
  }

  /// A keyword that once existed: every use is diagnosed with `message`, and does nothing.
  Row<T>& gone(RowText names, RowText message) {
    Row<T>& row = statement(names, "No longer supported.", [](T&, const Binding&) {});
    row.missing = Missing::allowed;
    row.no_effect = true;
    row.deprecation_message = message;
    return row;
  }

  /// Binds statements in order.
  void bind(T& object, Tree::Siblings nodes, const detail::Frame& frame) const {
    Seen seen;
    bind(object, nodes, frame, seen);
  }
  /// … of which others came before.
  void bind(T& object, Tree::Siblings nodes, const detail::Frame& frame, Seen& seen) const {
    for (std::uint32_t index = nodes.first(); index < nodes.last();) {
      const Node& node = frame.tree->nodes[index];
      const Binding binding(*frame.tree, *frame.diagnostics, node, frame.label);
      const bool descend = bind_statement(object, binding, frame, seen);
      index = descend ? index + 1 : node.end;
    }
  }

  /// Binds the option words of an entry from its word `first` on.
  void bind_options(T& object, const Binding& entry, std::size_t first) const {
    Seen seen;
    const auto words = entry.words();
    while (first < words.size()) {
      const Row<T>* row = find(words[first].text);
      const std::size_t wanted = row == nullptr ? 1 : 1 + std::min(row->max_words, words.size());
      const auto own = words.subspan(first, std::min(wanted, words.size() - first));
      const Binding option = entry.narrowed(own);
      if (row == nullptr) {
        report_unknown(*this, option);
      } else if (admit(*row, seen, option)) {
        row->apply(object, option);
      }
      first += own.size();
    }
  }

  [[nodiscard]] const Row<T>* find(std::string_view name) const {
    const auto found = place_of(name);
    return found == by_name_.end() || found->name != name ? nullptr : found->row;
  }
  [[nodiscard]] std::vector<const RowInfo*> infos() const override {
    std::vector<const RowInfo*> all;
    for (const Row<T>& row : rows_) all.push_back(&row);
    return all;
  }

 private:
  /// True: the braces around what follows mean nothing; read on inside them.
  bool bind_statement(T& object, const Binding& binding, const detail::Frame& frame,
                      Seen& seen) const {
    const bool structure = !frame.only || frame.only->stage == Stage::parent;
    if (binding.words().empty()) return structure ? report_brace(binding) : descends(binding);
    const Row<T>* row = find(binding.keyword());
    if (row == nullptr) {
      if (structure) report_unknown(*this, binding);
      return false;
    }
    if (frame.only && row->pass != *frame.only) return false;
    if (!admit(*row, seen, binding)) return false;
    row->apply(object, binding);
    return check_braces(*row, binding);
  }

  Row<T>& add(RowText names, RowText doc, Kind kind) {
    Row<T>& row = rows_.emplace_back();
    const std::string_view all = names;
    const std::size_t bar = all.find('|');
    row.name = all.substr(0, bar);
    for (std::size_t at = bar; at != std::string_view::npos;) {
      const std::size_t next = all.find('|', at + 1);
      row.aliases.push_back(all.substr(at + 1, next - at - 1));
      at = next;
    }
    row.doc = doc;
    row.kind = kind;
    row.index = rows_.size() - 1;
    enter(row);
    return row;
  }

  /// A row under one of its names.
  struct Named {
    std::string_view name;
    const Row<T>* row;
    /// Lengths first: they differ mostly.
    [[nodiscard]] static bool less(const Named& named, std::string_view name) {
      return named.name.size() != name.size() ? named.name.size() < name.size() : named.name < name;
    }
  };
  [[nodiscard]] auto place_of(std::string_view name) const {
    return std::lower_bound(by_name_.begin(), by_name_.end(), name, Named::less);
  }
  /// Of two rows with a name the first counts.
  void enter(const Row<T>& row) {
    const auto under = [&](std::string_view name) {
      const auto place = place_of(name);
      if (place == by_name_.end() || place->name != name) by_name_.insert(place, {name, &row});
    };
    under(row.name);
    for (const std::string_view alias : row.aliases) under(alias);
  }

  template <typename V>
  static void describe(Row<T>& row, const Codec<V>& codec) {
    row.syntax = codec.syntax;
    row.range = codec.range;
    row.min_words = codec.min_words;
    row.max_words = codec.max_words;
    row.escaped = codec.escaped;
  }

  std::deque<Row<T>> rows_;
  /// In the order of Named::less: a table that hashes takes longer to make than it ever saves.
  std::vector<Named> by_name_;
};

}  // namespace understudy::parser
