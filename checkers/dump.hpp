// Load balancing's part of the configuration in the format of keepalived's -d.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "checkers/config.hpp"
#include "checkers/pool.hpp"
#include "daemon/global/config.hpp"
#include "daemon/global/dump_lines.hpp"

namespace understudy::checkers {

/// What a check found.
struct CheckFacts {
  bool up = false;
  bool has_run = false;
};

/// What a real server does.
struct ServerFacts {
  bool alive = false;
  /// It is in the kernel's table.
  bool set = false;
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

/// What the section shows besides the configuration.
struct DumpFacts {
  /// By label(); those that are missing have not begun.
  std::map<std::string, ServiceFacts> services;
  FindScript find_script;
};

/// What a pool shows of its virtual server.
[[nodiscard]] ServiceFacts facts_of(const Pool& pool);

/// Everything about load balancing, below the global definitions.
[[nodiscard]] std::vector<std::string> dump(const CheckersConfig& config,
                                            const GlobalConfig& global, const DumpFacts& facts);

}  // namespace understudy::checkers
