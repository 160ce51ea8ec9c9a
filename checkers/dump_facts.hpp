// What a dump shows of virtual servers at work.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "checkers/pool.hpp"

namespace understudy::checkers {

/// What a check found.
struct CheckFacts {
  bool up = false;
  bool has_run = false;
  /// What it adds to the server's configured weight.
  std::int64_t weight = 0;
};

/// What a real server does.
struct ServerFacts {
  bool alive = false;
  /// It is in the kernel's table.
  bool set = false;
  /// The configured weight with what the checks add; empty: it has not begun.
  std::optional<std::int64_t> weight;
  /// In the order of its configuration.
  std::vector<CheckFacts> checks;
};

/// What a virtual server does.
struct ServiceFacts {
  bool quorum_up = false;
  bool sorry_set = false;
  /// In the order of its configuration.
  std::vector<ServerFacts> servers;
};

/// What a pool shows of its virtual server.
[[nodiscard]] ServiceFacts facts_of(const Pool& pool);

}  // namespace understudy::checkers
