// The words of one line of a value block, taken one after the other: what the rows of routes and
// rules (routing_rows.hpp) read from.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "parser/bind.hpp"
#include "parser/schema.hpp"
#include "vrrp/draft.hpp"
#include "vrrp/iproute_names.hpp"

namespace understudy::vrrp {

/// An address, with its length when `slash` allows one. Complaints are the original's; one about
/// the length leaves the address whole. nullopt: no address, which has been reported.
[[nodiscard]] std::optional<Prefix> read_prefix(const parser::Binding& line,
                                                const parser::Word& word, bool slash);

/// A line being read. A missing word or a failure ends it: it is then not to be kept.
class EntryReader {
 public:
  EntryReader(const parser::Binding& line, VrrpDraft& section) : line_(line), section_(section) {}

  [[nodiscard]] bool at_end() const { return stopped_ || next_ >= line_.words().size(); }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] VrrpDraft& section() const { return section_; }
  [[nodiscard]] IprouteNames& names() const;
  /// The word that comes next, or after it; "" beyond the end.
  [[nodiscard]] std::string_view peek(std::size_t further = 0) const;
  /// Whether so many words are left.
  [[nodiscard]] bool has(std::size_t count) const { return next_ + count <= line_.words().size(); }
  /// What follows is that option, or a word that is none of `options`; for hints.
  void enter(const parser::RowInfo& row) {
    row_ = &row;
    options_ = nullptr;
  }
  void enter_other(const parser::BlockInfo& options) {
    row_ = nullptr;
    options_ = &options;
  }
  /// The next word. Without one, says so, fails, and gives an empty word.
  const parser::Word& take();
  /// Takes the next word if it is `text`.
  bool take_if(std::string_view text);
  /// The statement from the word taken last on.
  [[nodiscard]] parser::Binding here() const;

  /// A complaint about the word taken last.
  template <typename... Args>
  void complain(fmt::format_string<Args...> format, Args&&... args) const {
    say(fmt::format(format, std::forward<Args>(args)...), {});
  }
  /// The same, and the line is not to be kept.
  template <typename... Args>
  void fail(fmt::format_string<Args...> format, Args&&... args) {
    say(fmt::format(format, std::forward<Args>(args)...), {});
    failed_ = true;
  }
  /// A complaint with a hint.
  void say(std::string message, std::string hint) const;
  /// The line is not to be kept; what is wrong has been said.
  void drop() { failed_ = true; }
  /// The line is kept all the same, without what follows the word taken last.
  void forgive() {
    failed_ = ended_;
    stop();
  }
  /// Nothing after the word taken last is looked at.
  void stop() { stopped_ = true; }
  /// The word taken last comes again.
  void back() { --next_; }

  /// A number of at most `max`. Otherwise fails with `invalid`, where {} is the word.
  std::optional<std::uint64_t> number(std::uint64_t max, std::string_view invalid);
  template <typename N>
  std::optional<N> number(std::string_view invalid) {
    const auto value = number(std::numeric_limits<N>::max(), invalid);
    return value ? std::optional(static_cast<N>(*value)) : std::nullopt;
  }
  /// The next word as `find` understands it; otherwise fails with `invalid`, where {} is the word.
  template <typename Find>
  auto word(Find find, std::string_view invalid) -> decltype(find(std::string_view())) {
    const std::string_view text = take().text;
    if (failed_) return {};
    auto value = find(text);
    if (!value) fail(fmt::runtime(invalid), text);
    return value;
  }
  /// A plain address; otherwise fails with `invalid`, where {} is the word.
  std::optional<IpAddress> address(std::string_view invalid);
  /// An address with a length, or default, any, all: an empty address, whose family is open.
  std::optional<Prefix> prefix(std::string_view invalid);
  /// An interface that exists or may come; otherwise fails with `invalid`, where {} is the word.
  std::string device(std::string_view invalid);

  /// The name of a track_group that is defined before this line; complains otherwise. False: there
  /// was one already.
  [[nodiscard]] bool track_group(std::string& group);

  /// Makes `other` the family of the line, unless it has another one.
  [[nodiscard]] bool join(Family other);
  [[nodiscard]] Family family() const { return family_; }
  /// The address "default" means: all zeros of the family, IPv4 when that is open.
  [[nodiscard]] IpAddress any_address() const;

 private:
  parser::Binding line_;
  VrrpDraft& section_;
  std::size_t next_ = 0;
  /// The option being read, or what could have been.
  const parser::RowInfo* row_ = nullptr;
  const parser::BlockInfo* options_ = nullptr;
  bool stopped_ = false;
  bool failed_ = false;
  /// A word is missing: there is no more to say.
  bool ended_ = false;
  Family family_ = Family::none;
};

/// What to say after the option of `row`, at the word taken last: nothing, that it is deprecated,
/// or that `inet` and `inet6` make keepalived 2.4.3 lose the word after them, which is `next`.
void report_deprecation(const EntryReader& entry, const parser::RowInfo& row);
void report_lost_word(EntryReader& entry, const parser::RowInfo* next);

/// Reads the rest of a line by its option rows; a word that is none is given to `other(reader)`,
/// as the word taken last.
template <typename Reader, typename Other>
void read_options(const parser::Block<Reader>& options, Reader& reader, Other other) {
  while (!reader.at_end() && !reader.failed()) {
    const parser::Row<Reader>* row = options.find(reader.take().text);
    if (row == nullptr) {
      reader.enter_other(options);
      other(reader);
      continue;
    }
    reader.enter(*row);
    report_deprecation(reader, *row);
    row->apply(reader, reader.here());
    if (row->name.starts_with("inet")) report_lost_word(reader, options.find(reader.peek()));
  }
}

/// The rows `inet` and `inet6`; `what` is "route" or "rule".
template <typename Reader>
void add_family_rows(parser::Block<Reader>& rows, const std::string& what) {
  rows.flag("inet", "It is for IPv4; put it last.", [what](Reader& reader, bool) {
    if (!reader.join(Family::ipv4)) reader.fail("inet specified for IPv6 {}", what);
  });
  rows.flag("inet6", "It is for IPv6; put it last.", [what](Reader& reader, bool) {
    if (!reader.join(Family::ipv6)) reader.fail("inet6 specified for IPv4 {}", what);
  });
}

}  // namespace understudy::vrrp
