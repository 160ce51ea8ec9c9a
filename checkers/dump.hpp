// Load balancing's part of the configuration in the format of keepalived's -d.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "checkers/auto_marks.hpp"
#include "checkers/config.hpp"
#include "checkers/dump_facts.hpp"
#include "daemon/global/config.hpp"
#include "daemon/global/dump_lines.hpp"

namespace understudy::checkers {

/// What the section shows besides the configuration.
struct DumpFacts {
  /// By label(); those that are missing have not begun.
  std::map<std::string, ServiceFacts> services;
  FindScript find_script;
  /// Of nftables_ipvs.
  AutoMarks marks;
};

/// Everything about load balancing, below the global definitions.
[[nodiscard]] std::vector<std::string> dump(const CheckersConfig& config,
                                            const GlobalConfig& global, const DumpFacts& facts);

}  // namespace understudy::checkers
