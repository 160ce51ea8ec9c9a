// What one attempt of a check found, as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "checkers/duty.hpp"

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
  /// failed: body of the mail when this attempt makes the server down; empty: that of its kind of
  /// check.
  std::string mail = {};
  /// What the check adds to the server's configured weight from now on; empty: as before.
  std::optional<int> weight = {};
  /// What the server's agent wants of it from now on; empty: as before.
  std::optional<Duty> duty = {};
  bool operator==(const ProbeOutcome&) const = default;
};

}  // namespace understudy::checkers
