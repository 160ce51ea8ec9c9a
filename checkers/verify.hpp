// From what the text says about load balancing to what runs: defaults, inheritance from virtual
// server to real server to check, contradictions repaired and reported in the original's words.
#pragma once

#include <cstddef>
#include <vector>

#include "checkers/config.hpp"
#include "checkers/draft.hpp"
#include "checkers/verify_parts.hpp"
#include "daemon/global/config.hpp"
#include "daemon/global/script_text.hpp"
#include "parser/diagnostics.hpp"

namespace understudy::checkers {

/// Verifies a section while it is read. Its groups must be in the draft first: virtual servers are
/// taken out of it as they come, so that the drafts of thousands need not be kept.
class Verification {
 public:
  /// Completes what is in `draft` with the defaults of `global`, and checks it; makes room for
  /// `expected` virtual servers.
  Verification(CheckersDraft& draft, const GlobalConfig& global, ScriptUsers& users,
               parser::Diagnostics& diagnostics, std::size_t expected);

  /// Takes the virtual servers that are in the draft now.
  void take_virtual_servers();
  /// Leaves the place of one empty that needs no verification.
  void leave_out() { config_.virtual_servers.emplace_back(); }
  /// Those taken and left out so far.
  [[nodiscard]] const std::vector<VirtualServer>& taken() const { return config_.virtual_servers; }
  /// The section, when all have been taken.
  [[nodiscard]] CheckersConfig finish();

 private:
  CheckersDraft& draft_;
  const GlobalConfig& global_;
  ScriptUsers& users_;
  parser::Diagnostics& diagnostics_;
  GroupLinks groups_;
  Twins twins_;
  CheckersConfig config_;
};

}  // namespace understudy::checkers
