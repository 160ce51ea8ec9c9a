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
  /// Body of the mail when this attempt is news (it makes the server up or down); empty: that of
  /// its kind of check.
  std::string mail = {};
  /// MISC_CHECK, failed: what follows the line and its place: "(exited with status 1)".
  std::string reason = {};
  /// What the check says of the server's weight from now on; empty: as before.
  std::optional<WeightWord> weight = {};
  /// What the server's agent wants of it from now on; empty: as before.
  std::optional<Duty> duty = {};
  bool operator==(const ProbeOutcome&) const = default;
};

}  // namespace understudy::checkers
