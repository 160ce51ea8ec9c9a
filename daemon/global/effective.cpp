#include "daemon/global/effective.hpp"

namespace understudy {

parser::Statements effective(const GlobalConfig& config) {
  parser::Statements out;
  parser::Statements& global = out.block("global_defs");
  global.add("router_id", config.router_id);
  return out;
}

}  // namespace understudy
