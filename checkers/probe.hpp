// One attempt at finding out whether a server works: the interface every kind of check implements.
//
// A probe only reports what it found. Counting, retrying, alerting and logging live once, in
// verdict.hpp; monitor.hpp joins the two.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "checkers/probe_outcome.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"

namespace understudy::checkers {

class PatternStore;
class ScriptRuns;
class TlsContext;

/// What the probes of a process share. Outlives them.
struct ProbeHost {
  Loop& loop;
  Log& log;
  /// For checks over TLS; nullptr: there is none.
  std::shared_ptr<const TlsContext> tls;
  /// For checks that look for patterns; nullptr: each compiles its own.
  std::shared_ptr<PatternStore> patterns = {};
  /// For checks that are scripts; nullptr: there is none.
  ScriptRuns* scripts = nullptr;
};

/// What a server and its virtual server are called in log lines; they outlive the probe.
struct ProbeLabels {
  std::string_view server;
  std::string_view service;
};

/// How a probe tells what an attempt found.
using ProbeReport = std::function<void(const ProbeOutcome&)>;

/// A check's means of asking a server. It may be started again and again; at most one attempt is
/// under way. It reports through the callback it was built with, never from within start().
class Probe {
 public:
  Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  virtual ~Probe() = default;

  /// Begins an attempt; `step` counts what is asked in turn (the URLs of HTTP_GET), from 0.
  virtual void start(std::size_t step) = 0;
  /// Gives the attempt under way up; nothing is reported for it.
  virtual void cancel() = 0;
  /// Whether it knows anything that matters to the next attempt. When it does not, its report may
  /// destroy it, and it is made anew when it is needed: thousands of checks idle most of the time.
  [[nodiscard]] virtual bool remembers() const { return true; }
};

}  // namespace understudy::checkers
