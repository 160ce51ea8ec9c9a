// The parts of verify() that have a file of their own.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "checkers/config.hpp"
#include "checkers/draft.hpp"
#include "daemon/global/config.hpp"
#include "daemon/global/script_text.hpp"
#include "parser/diagnostics.hpp"

namespace understudy::checkers {

// --- Groups (verify_groups.cpp). ---

/// Groups by name; of two with the same name the first.
using GroupIndex = std::unordered_map<std::string_view, const VirtualServerGroup*>;

/// Gives the virtual servers of groups their family and their place; those whose group is not there
/// or of another family go, which is noted. The index is of the draft's groups.
[[nodiscard]] GroupIndex link_groups(CheckersDraft& draft, parser::Diagnostics& diagnostics);

/// Notes virtual servers that are the same service to the kernel.
void note_twins(const std::vector<VirtualServerDraft>& servers, parser::Diagnostics& diagnostics);

/// Notes, once, that there are real servers whose BFD session does not run.
void note_sessions(const CheckersConfig& config, parser::Diagnostics& diagnostics);

/// "10.0.0.1-10.0.0.5,80", as the original names lines of a group.
[[nodiscard]] std::string to_string(const GroupAddresses& addresses);

// --- Checks (verify_checks.cpp). ---

/// What checks need besides their real server.
struct CheckSurroundings {
  const GlobalConfig& global;
  ScriptUsers& users;
  parser::Diagnostics& diagnostics;
  /// The virtual server's.
  std::chrono::microseconds delay_loop;
};

/// The checks of a real server that has inherited what it can. `port` is the virtual server's, for
/// a server without one.
[[nodiscard]] std::vector<Check> build_checks(const RealServerDraft& server, Port port,
                                              CheckSurroundings around);

}  // namespace understudy::checkers
