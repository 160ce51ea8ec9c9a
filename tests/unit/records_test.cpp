// What a respawned checker goes on from.
#include "checkers/records.hpp"

#include <catch2/catch.hpp>

namespace understudy::checkers {
namespace {

PoolState state_of(std::size_t servers, std::size_t checks) {
  PoolState state;
  state.servers.resize(servers);
  for (auto& server : state.servers) {
    for (std::size_t i = 0; i < checks; ++i) server.checks.push_back({});
  }
  return state;
}

}  // namespace

TEST_CASE("a server's record brings back all that is known of it", "[records]") {
  PoolState state = state_of(3, 4);
  auto& server = state.servers[1];
  server.alive = true;
  server.told_alive = false;
  server.checks[0] = {WeightWord::set(8), true, Duty::drain};
  server.checks[1] = {WeightWord::add(-2), true, Duty::maintain};
  server.checks[3] = {WeightWord::percent(50), true, Duty::serve};
  state.phases = {{1, Phase::Kind::draining, TimePoint(std::chrono::seconds(5000))}};
  const auto record = record_of(state, 1, 0b1001);
  CHECK(record.has_run == 0b1001);

  PoolState found = state_of(3, 4);
  CHECK(restore(record, 1, found));
  CHECK(found == state);
}

TEST_CASE("a server nothing special is known of has a brief record that says all", "[records]") {
  PoolState state = state_of(1, 8);
  auto& server = state.servers[0];
  server.alive = true;
  server.checks[2].up = server.checks[7].up = true;
  const auto record = record_of(state, 0, 0b1000'0001);
  const auto brief = in_brief(record);
  REQUIRE(brief);
  CHECK(in_full(*brief).has_run == 0b1000'0001);
  PoolState found = state_of(1, 8);
  CHECK(restore(in_full(*brief), 0, found));
  CHECK(found == state);
}

TEST_CASE("what is special of a server does not fit into a brief record", "[records]") {
  CHECK_FALSE(in_brief(record_of(state_of(1, 9), 0, 0)));
  const auto with = [](auto change) {
    PoolState state = state_of(1, 2);
    change(state);
    return in_brief(record_of(state, 0, 0)).has_value();
  };
  CHECK(with([](PoolState&) {}));
  CHECK_FALSE(with([](PoolState& state) { state.servers[0].checks[1].duty = Duty::drain; }));
  CHECK_FALSE(with([](PoolState& state) { state.servers[0].checks[1].duty = Duty::maintain; }));
  CHECK_FALSE(
      with([](PoolState& state) { state.servers[0].checks[0].weight = WeightWord::add(1); }));
  CHECK_FALSE(with([](PoolState& state) {
    state.phases = {{0, Phase::Kind::growing, TimePoint(std::chrono::seconds(1))}};
  }));
}

TEST_CASE("a record of other checks says nothing", "[records]") {
  PoolState state = state_of(1, 2);
  state.servers[0].alive = true;
  PoolState other = state_of(1, 3);
  CHECK_FALSE(restore(record_of(state, 0, 0), 0, other));
  CHECK(other == state_of(1, 3));
}

TEST_CASE("a record has room for so many checks and words of weight", "[records]") {
  PoolState state = state_of(1, 70);
  for (auto& check : state.servers[0].checks) check = {WeightWord::add(1), true, Duty::serve};
  PoolState found = state_of(1, 70);
  REQUIRE(restore(record_of(state, 0, 0), 0, found));
  const auto& checks = found.servers[0].checks;
  CHECK(checks[kRecordedChecks - 1].up);
  CHECK_FALSE(checks[kRecordedChecks].up);
  CHECK(checks[kRecordedWords - 1].weight == WeightWord::add(1));
  CHECK(checks[kRecordedWords].weight == WeightWord());
}

}  // namespace understudy::checkers
