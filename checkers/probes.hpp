// Which probe and which words belong to a kind of check: the one place that knows them all.
//
// A new kind of check is a member of Check (config.hpp) and an overload here for its words, rules
// and probe.
#pragma once

#include <memory>

#include "checkers/config.hpp"
#include "checkers/probe.hpp"
#include "checkers/verdict.hpp"

namespace understudy::checkers {

/// The state of a `check`, one that has timing, before its first attempt.
[[nodiscard]] VerdictState first_state(const Check& check, bool up, bool has_run);

/// The verdict of `check`, one that has timing. What `labels` refers to must outlive the
/// verdict.
[[nodiscard]] Verdict make_verdict(const Check& check, const ProbeLabels& labels,
                                   const VerdictState& state);

/// The probe of `check`, one that has timing. `host` and what `labels` refers to must
/// outlive it.
[[nodiscard]] std::unique_ptr<Probe> make_probe(const ProbeHost& host, const Check& check,
                                                const ProbeLabels& labels, ProbeReport report);

}  // namespace understudy::checkers
