// regex of url { }: whether a body that arrives in pieces has a match of a pattern (PCRE2).
//
// No sockets: octets in, a finding out. pcre2partial(3) is what this is built on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "checkers/config.hpp"
#include "daemon/base/bytes.hpp"

namespace understudy::checkers {

/// A pattern ready to be matched.
class CompiledPattern {
 public:
  /// Throws std::runtime_error if it is no pattern; verification lets none through.
  CompiledPattern(const std::string& pattern, std::uint32_t options);
  CompiledPattern(const CompiledPattern&) = delete;
  CompiledPattern& operator=(const CompiledPattern&) = delete;
  ~CompiledPattern();

 private:
  friend class BodyMatcher;
  struct Code;
  std::unique_ptr<const Code> code_;
};

/// Compiled patterns, by text and options: checks that look for the same share one.
class PatternStore {
 public:
  [[nodiscard]] std::shared_ptr<const CompiledPattern> get(const BodyPattern& pattern);

 private:
  std::map<std::pair<std::string, std::uint32_t>, std::weak_ptr<const CompiledPattern>> known_;
};

/// Looks for a pattern in one body of any length.
///
/// A body of up to kWindow octets is matched as a whole. Of a longer one no more than that is kept,
/// and a match may be no longer than kLongestMatch where it lies across the border of two windows:
/// the time a pattern takes may grow with the square of what it is given.
class BodyMatcher {
 public:
  static constexpr std::size_t kWindow = 8192;
  static constexpr std::size_t kLongestMatch = kWindow / 2;

  enum class Finding : std::uint8_t {
    /// Not known before the end.
    open,
    matched,
    unmatched,
    /// The matcher gave up: see trouble().
    failed,
  };

  /// `what` says where a match may start and how large the matcher's stack may grow.
  BodyMatcher(std::shared_ptr<const CompiledPattern> pattern, const BodyPattern& what);
  BodyMatcher(const BodyMatcher&) = delete;
  BodyMatcher& operator=(const BodyMatcher&) = delete;
  ~BodyMatcher();

  /// Takes octets in pieces of any size.
  void feed(ByteView data);
  /// The body is whole; finding() is no longer open.
  void end();

  [[nodiscard]] Finding finding() const { return finding_; }
  /// What went wrong, in the original's words where it has them; empty: nothing.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  struct Match;
  void scan(bool last);
  /// A match might begin at `from`, but what follows is not there yet.
  void weigh_partial(std::uint64_t from, std::size_t length);
  void settle(Finding finding);
  void give_up(int code);
  [[nodiscard]] int match(std::size_t length, std::uint32_t options);
  /// The part of the window that can be matched: not half a character.
  [[nodiscard]] std::size_t whole_characters() const;
  /// Forgets what lies before the next place to search, but for what a pattern may look back at.
  void forget();

  std::shared_ptr<const CompiledPattern> pattern_;
  std::unique_ptr<Match> match_;
  std::uint64_t max_offset_;
  Finding finding_ = Finding::open;
  std::string trouble_;
  std::string window_;
  /// Offsets in the body: of the window's first octet, and of the next where a match may start.
  std::uint64_t base_ = 0;
  std::uint64_t search_from_;
};

}  // namespace understudy::checkers
