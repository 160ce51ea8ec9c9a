#include "vrrp/runnable.hpp"

namespace understudy::vrrp {

std::string why_not_runnable(const InstanceConfig& instance) {
  return instance.disabled ? "the instance does not run" : "";
}

VrrpConfig runnable(VrrpConfig config) {
  std::erase_if(config.instances,
                [](const InstanceConfig& instance) { return !why_not_runnable(instance).empty(); });
  return config;
}

}  // namespace understudy::vrrp
