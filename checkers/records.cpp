#include "checkers/records.hpp"

#include <algorithm>

namespace understudy::checkers {

std::uint64_t record_bit(std::size_t check) {
  return check < kRecordedChecks ? std::uint64_t{1} << check : 0;
}

ServerRecord record_of(const PoolState& state, std::size_t server, std::uint64_t has_run) {
  const ServerState& known = state.servers[server];
  ServerRecord record;
  record.alive = known.alive ? 1 : 0;
  record.told_alive = known.told_alive ? 1 : 0;
  record.checks = static_cast<std::uint8_t>(known.checks.size());
  record.has_run = has_run;
  for (std::size_t i = 0; i < known.checks.size(); ++i) {
    const CheckState& check = known.checks[i];
    if (check.up) record.up |= record_bit(i);
    if (check.duty == Duty::drain) record.drain |= record_bit(i);
    if (check.duty == Duty::maintain) record.maintain |= record_bit(i);
    if (check.weight == WeightWord() || record.words == kRecordedWords || record_bit(i) == 0) {
      continue;
    }
    record.word.at(record.words) = {check.weight.value(), static_cast<std::uint8_t>(i),
                                    static_cast<std::uint8_t>(check.weight.kind())};
    ++record.words;
  }
  const auto phase = std::ranges::lower_bound(state.phases, server, {}, &Phase::server);
  if (phase != state.phases.end() && phase->server == server) {
    record.phase = static_cast<std::uint8_t>(static_cast<unsigned>(phase->kind) + 1);
    record.phase_time = phase->time.time_since_epoch().count();
  }
  return record;
}

std::optional<BriefServerRecord> in_brief(const ServerRecord& record) {
  constexpr std::size_t kBits = 8;
  if (record.checks > kBits || record.words != 0 || record.phase != 0 || record.drain != 0 ||
      record.maintain != 0) {
    return std::nullopt;
  }
  return BriefServerRecord{record.alive, record.told_alive, record.checks,
                           static_cast<std::uint8_t>(record.up),
                           static_cast<std::uint8_t>(record.has_run)};
}

ServerRecord in_full(const BriefServerRecord& brief) {
  ServerRecord record;
  record.alive = brief.alive;
  record.told_alive = brief.told_alive;
  record.checks = brief.checks;
  record.up = brief.up;
  record.has_run = brief.has_run;
  return record;
}

bool restore(const ServerRecord& record, std::size_t server, PoolState& state) {
  ServerState& known = state.servers[server];
  if (record.checks != static_cast<std::uint8_t>(known.checks.size())) return false;
  known.alive = record.alive != 0;
  known.told_alive = record.told_alive != 0;
  for (std::size_t i = 0; i < known.checks.size(); ++i) {
    const std::uint64_t bit = record_bit(i);
    if (bit == 0) continue;
    CheckState& check = known.checks[i];
    check.up = (record.up & bit) != 0;
    check.duty = (record.drain & bit) != 0      ? Duty::drain
                 : (record.maintain & bit) != 0 ? Duty::maintain
                                                : Duty::serve;
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(record.words, kRecordedWords); ++i) {
    const auto& [value, check, kind] = record.word.at(i);
    if (check >= known.checks.size()) continue;
    known.checks[check].weight = {static_cast<WeightWord::Kind>(kind), value};
  }
  if (record.phase != 0) {
    state.phases.push_back({server, static_cast<Phase::Kind>(record.phase - 1),
                            TimePoint(Duration(record.phase_time))});
  }
  return true;
}

}  // namespace understudy::checkers
