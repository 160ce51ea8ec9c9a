// Checks without a connection of their own: what scripts and files say of a server.
#include <catch2/catch.hpp>
#include <cerrno>
#include <climits>
#include <string>
#include <vector>

#include "checkers/misc.hpp"
#include "checkers/tracked.hpp"

namespace understudy::checkers {
namespace {

using namespace std::chrono_literals;
using Result = ProbeOutcome::Result;

FileCheck file_check(int weight, bool reverse = false) { return {"load", weight, reverse}; }

const std::string kLine = "Misc check for [R VS V] by [/bin/check]";

/// A parent that keeps what it is asked for.
struct Parent {
  std::vector<TrackScriptRun> asked;
  ScriptRuns runs{"check of 7 ", [this](const TrackScriptRun& run) { asked.push_back(run); }};

  void answer(std::size_t run, int status) {
    runs.on_result({asked.at(run).name, ScriptEnd::exited, status});
  }
};

const ScriptCommand kCommand{{"/bin/check", "a b"}, 65534, 65533};

}  // namespace

TEST_CASE("a file's number times the weight is added to the server's", "[tracked]") {
  CHECK(file_state(file_check(1), 0) == CheckState{WeightWord::add(0), true, Duty::serve});
  CHECK(file_state(file_check(2), 5).weight == WeightWord::add(10));
  CHECK(file_state(file_check(2, true), 5).weight == WeightWord::add(-10));
  CHECK(file_state(file_check(-3), 5).weight == WeightWord::add(-15));
  CHECK(file_state(file_check(INT_MAX), INT_MAX).weight == WeightWord::add(INT_MAX));
}

TEST_CASE("a file takes a server down by the smallest number there is", "[tracked]") {
  CHECK(file_state(file_check(1), INT_MIN + 1).up);
  CHECK_FALSE(file_state(file_check(1), INT_MIN).up);
  CHECK_FALSE(file_state(file_check(2), INT_MIN).up);
  CHECK(file_state(file_check(1, true), INT_MIN).up);
  CHECK_FALSE(file_state(file_check(1, true), std::int64_t{INT_MAX} + 1).up);
  // Down, it says nothing of the weight.
  CHECK(file_state(file_check(2), INT_MIN).weight == WeightWord());
}

TEST_CASE("without a weight a file's number only says up or down", "[tracked]") {
  CHECK(file_state(file_check(0), 0).up);
  CHECK_FALSE(file_state(file_check(0), 1).up);
  CHECK_FALSE(file_state(file_check(0), -1).up);
  CHECK_FALSE(file_state(file_check(0, true), 0).up);
  CHECK(file_state(file_check(0, true), 3).up);
}

TEST_CASE("what the end of a script says of a server", "[misc]") {
  const auto of = [](bool dynamic, ScriptEnd end, int code) {
    return misc_outcome(kLine, dynamic, end, code);
  };
  CHECK(of(false, ScriptEnd::exited, 0).line == kLine + " succeeded");
  CHECK_FALSE(of(false, ScriptEnd::exited, 0).weight);
  CHECK(of(true, ScriptEnd::exited, 0).weight == WeightWord());

  const auto weight = of(true, ScriptEnd::exited, 10);
  CHECK(weight.result == Result::passed);
  CHECK(weight.weight == WeightWord::set(8));
  CHECK(of(true, ScriptEnd::exited, 255).weight == WeightWord::set(253));
  CHECK(of(true, ScriptEnd::exited, 2).weight == WeightWord::set(0));

  for (const bool dynamic : {false, true}) {
    const auto failed = of(dynamic, ScriptEnd::exited, 1);
    CHECK(failed.result == Result::failed);
    CHECK(failed.line == kLine + " failed");
    CHECK(failed.reason == "(exited with status 1)");
    CHECK_FALSE(failed.weight);
  }
  CHECK(of(false, ScriptEnd::exited, 10).result == Result::failed);
  CHECK(of(true, ScriptEnd::signalled, 9).reason == "(due to signal 9)");

  const auto late = of(true, ScriptEnd::timed_out, 0);
  CHECK(late.result == Result::failed);
  CHECK(late.line == kLine + " timed out");
  CHECK(late.reason.empty());
  CHECK(late.mail == "=> MISC CHECK timed out on service <=");
}

TEST_CASE("a script that could not be started", "[misc]") {
  const auto missing = misc_outcome(kLine, false, ScriptEnd::not_started, ENOENT);
  CHECK(missing.result == Result::failed);
  CHECK(missing.reason == "(not started: No such file or directory)");
  // No process left for it: that is not the server's fault.
  CHECK(misc_outcome(kLine, false, ScriptEnd::not_started, EAGAIN).result == Result::not_made);
  CHECK(misc_outcome(kLine, false, ScriptEnd::not_started, ECANCELED).line.empty());
}

TEST_CASE("the parent is asked to run the script as its user, for so long", "[misc]") {
  Parent parent;
  MiscCheck check;
  check.script = {{"/bin/check", "a b"}, 65534, 65533};
  check.allowed = 3s;
  check.dynamic = true;
  std::vector<ProbeOutcome> found;
  MiscProbe probe(parent.runs, check, {"R", "V"},
                  [&](const ProbeOutcome& outcome) { found.push_back(outcome); });
  probe.start(0);
  REQUIRE(parent.asked.size() == 1);
  CHECK(parent.asked[0].command == kCommand);
  CHECK(parent.asked[0].timeout_us == 3'000'000);
  CHECK(found.empty());
  parent.answer(0, 12);
  REQUIRE(found.size() == 1);
  CHECK(found[0].weight == WeightWord::set(10));
  CHECK(found[0].line == kLine + " succeeded");
}

TEST_CASE("each check has a place of its own", "[misc]") {
  Parent parent;
  std::vector<int> first;
  std::vector<int> second;
  const auto one = parent.runs.open([&](ScriptEnd, int code) { first.push_back(code); });
  const auto two = parent.runs.open([&](ScriptEnd, int code) { second.push_back(code); });
  parent.runs.run(one, kCommand, 1s);
  parent.runs.run(two, kCommand, 1s);
  CHECK(parent.asked.at(0).name != parent.asked.at(1).name);
  parent.answer(1, 5);
  parent.answer(0, 4);
  CHECK(first == std::vector<int>{4});
  CHECK(second == std::vector<int>{5});
  // Nobody waits for these.
  parent.answer(0, 3);
  parent.runs.on_result({"check of 7 99", ScriptEnd::exited, 0});
  parent.runs.on_result({"check of 7 x", ScriptEnd::exited, 0});
  parent.runs.on_result({"somebody else's", ScriptEnd::exited, 0});
  CHECK(first.size() + second.size() == 2);
}

TEST_CASE("a script abandoned is waited for before it runs again", "[misc]") {
  Parent parent;
  std::vector<int> found;
  const auto place = parent.runs.open([&](ScriptEnd, int code) { found.push_back(code); });
  parent.runs.run(place, kCommand, 1s);
  parent.runs.abandon(place);
  parent.runs.run(place, kCommand, 1s);
  CHECK(parent.asked.size() == 1);
  parent.answer(0, 1);
  CHECK(found.empty());
  REQUIRE(parent.asked.size() == 2);
  parent.answer(1, 0);
  CHECK(found == std::vector<int>{0});
}

TEST_CASE("a place is used again when its run has ended", "[misc]") {
  Parent parent;
  std::vector<int> old;
  std::vector<int> fresh;
  const auto first = parent.runs.open([&](ScriptEnd, int code) { old.push_back(code); });
  parent.runs.run(first, kCommand, 1s);
  parent.runs.close(first);
  const auto second = parent.runs.open([&](ScriptEnd, int code) { fresh.push_back(code); });
  CHECK(second != first);
  parent.answer(0, 0);
  CHECK(old.empty());
  CHECK(fresh.empty());
  CHECK(parent.runs.open([](ScriptEnd, int) {}) == first);
}

}  // namespace understudy::checkers
