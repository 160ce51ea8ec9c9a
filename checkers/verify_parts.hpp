// The parts of verify() that have a file of their own.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "checkers/config.hpp"
#include "checkers/draft.hpp"
#include "daemon/global/config.hpp"
#include "daemon/global/script_text.hpp"
#include "parser/diagnostics.hpp"

namespace understudy::checkers {

// --- Groups (verify_groups.cpp). ---

/// Which group each virtual server is of.
class GroupLinks {
 public:
  /// Of two groups with the same name the first counts. `groups` must outlive this.
  explicit GroupLinks(const std::vector<VirtualServerGroup>& groups);

  /// nullptr: none of that name.
  [[nodiscard]] const VirtualServerGroup* find(std::string_view name) const;
  /// Gives the virtual server of a group its family and its place. False: its group is not there or
  /// of another family, which is noted; it goes.
  [[nodiscard]] bool link(VirtualServerDraft& server, parser::Diagnostics& diagnostics);

 private:
  struct Linked {
    const VirtualServerGroup* group = nullptr;
    /// Of the next virtual server.
    std::uint16_t place = 0;
  };
  std::unordered_map<std::string_view, Linked> groups_;
};

/// Finds virtual servers that are the same service to the kernel.
class Twins {
 public:
  /// Notes it if there was one like it.
  void note(const VirtualServerDraft& server, parser::Diagnostics& diagnostics);

 private:
  std::set<std::tuple<Endpoint, std::optional<Protocol>, std::uint32_t, Family>> known_;
};

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
[[nodiscard]] Few<Check> build_checks(const RealServerDraft& server, Port port,
                                      CheckSurroundings around);

}  // namespace understudy::checkers
