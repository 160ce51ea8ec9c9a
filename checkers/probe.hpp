// One attempt at finding out whether a server works: the interface every kind of check implements.
//
// A probe only reports what it found. Counting, retrying, alerting and logging live once, in
// verdict.hpp; monitor.hpp joins the two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace understudy::checkers {

/// What one attempt found.
struct ProbeOutcome {
  enum class Result : std::uint8_t {
    passed,
    failed,
    /// The attempt could not be made here (no socket, no local port): says nothing about the
    /// server.
    not_made,
  };
  Result result = Result::passed;
  /// One log line, may be empty. passed: said while the server is not up. failed: said with
  /// log_all_failures. not_made: always said.
  std::string line;
  bool operator==(const ProbeOutcome&) const = default;
};

/// A check's means of asking a server. It lives as long as its check and is started again and
/// again; at most one attempt is under way. It reports through the callback it was built with,
/// never from within start().
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
};

}  // namespace understudy::checkers
