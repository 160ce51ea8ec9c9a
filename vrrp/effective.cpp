#include "vrrp/effective.hpp"

namespace understudy::vrrp {

parser::Statements effective(const VrrpConfig& config) {
  parser::Statements out;
  for (const InstanceConfig& instance : config.instances) {
    parser::Statements& block = out.block("vrrp_instance", instance.name);
    block.add("interface", instance.interface);
  }
  return out;
}

}  // namespace understudy::vrrp
