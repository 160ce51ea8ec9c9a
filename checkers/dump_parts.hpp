// The parts of load balancing's dump.
#pragma once

#include "checkers/dump.hpp"

namespace understudy::checkers {

/// A check with what it belongs to.
struct CheckSubject {
  const Check& check;
  const RealServer& server;
  const VirtualServer& service;
  CheckFacts facts;
  const GlobalConfig& global;
  const FindScript& find_script;
};

/// " [VS] -> [RS]" and what follows.
void dump_check(DumpLines& out, const CheckSubject& subject);

}  // namespace understudy::checkers
