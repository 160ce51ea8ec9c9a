// What a respawned process must know of a real server, in a record of fixed size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "checkers/pool.hpp"

namespace understudy::checkers {

/// Checks a record has room for; further ones of a server are not remembered.
inline constexpr std::size_t kRecordedChecks = 64;
/// Checks that say something of the weight a record has room for; what further ones said counts
/// again when they say it again.
inline constexpr std::size_t kRecordedWords = 6;

/// The check's bit in a record; 0 for one it has no room for.
[[nodiscard]] std::uint64_t record_bit(std::size_t check);

/// A WeightWord and whose it is.
struct RecordedWord {
  std::int32_t value = 0;
  std::uint8_t check = 0;
  std::uint8_t kind = 0;
};

/// A real server's state. A bit per check where several are spoken of.
struct ServerRecord {
  std::uint8_t alive = 0;
  std::uint8_t told_alive = 0;
  std::uint8_t checks = 0;
  std::uint8_t words = 0;
  /// 0: none, else one more than Phase::Kind.
  std::uint8_t phase = 0;
  std::int64_t phase_time = 0;
  std::uint64_t up = 0;
  std::uint64_t has_run = 0;
  std::uint64_t drain = 0;
  std::uint64_t maintain = 0;
  std::array<RecordedWord, kRecordedWords> word;
};

/// The same of a server with at most 8 checks of which there is nothing else to say, as most are:
/// there are tens of thousands.
struct BriefServerRecord {
  std::uint8_t alive = 0;
  std::uint8_t told_alive = 0;
  std::uint8_t checks = 0;
  std::uint8_t up = 0;
  std::uint8_t has_run = 0;
};

/// A virtual server's state.
struct ServiceRecord {
  std::uint8_t quorum_up = 0;
  std::uint8_t told_up = 0;
  /// Whether there are records of servers that are no longer configured.
  std::uint8_t has_leavers = 0;
};

/// The record of a pool's server; `has_run` is a bit per check.
[[nodiscard]] ServerRecord record_of(const PoolState& state, std::size_t server,
                                     std::uint64_t has_run);
/// nullopt: it says more than fits.
[[nodiscard]] std::optional<BriefServerRecord> in_brief(const ServerRecord& record);
[[nodiscard]] ServerRecord in_full(const BriefServerRecord& brief);
/// Puts what a record says into the state of a server that has begun; false: it is of another
/// number of checks, so nothing can be said.
bool restore(const ServerRecord& record, std::size_t server, PoolState& state);

}  // namespace understudy::checkers
