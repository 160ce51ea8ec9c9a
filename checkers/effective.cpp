#include "checkers/effective.hpp"

namespace understudy::checkers {

parser::Statements effective(const CheckersConfig& config) {
  parser::Statements out;
  for (const VirtualServer& server : config.virtual_servers) {
    parser::Statements& block = out.block("virtual_server", server.endpoint.address.to_string(),
                                          server.endpoint.port.value());
    block.add("lvs_sched", server.scheduler);
  }
  return out;
}

}  // namespace understudy::checkers
