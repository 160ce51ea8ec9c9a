// Runs single attempts of a check, as its monitor would.
#pragma once

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>

#include "checkers/monitor.hpp"
#include "checkers/probes.hpp"
#include "tests/support/check_bench.hpp"

/// Outcomes in the messages of failed tests.
template <>
struct Catch::StringMaker<understudy::checkers::ProbeOutcome> {
  static std::string convert(const understudy::checkers::ProbeOutcome& outcome) {
    return fmt::format("{} '{}' mail '{}'", static_cast<int>(outcome.result), outcome.line,
                       outcome.mail);
  }
};

struct ProbeBench : Bench {
  using Outcome = understudy::checkers::ProbeOutcome;

  understudy::checkers::ProbeHost host{loop, log, nullptr};

  /// What one attempt of `check` finds; nothing when it takes longer than `patience`.
  std::optional<Outcome> attempt(const understudy::checkers::Check& check,
                                 understudy::Duration patience = std::chrono::seconds(5)) {
    std::optional<Outcome> outcome;
    const auto probe = make_probe(host, check, {"[R]:x:1", "[V]:x:1"},
                                  [&](const Outcome& found) { outcome = found; });
    probe->start(0);
    CHECK_FALSE(outcome);
    run_until([&] { return outcome.has_value(); }, patience);
    return outcome;
  }
};
