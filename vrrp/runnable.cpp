#include "vrrp/runnable.hpp"

namespace understudy::vrrp {

std::string why_not_runnable(const InstanceConfig& instance) {
  if (instance.family == Family::ipv6) {
    return "IPv6 adverts are not supported in this version yet: the instance does not run";
  }
  if (instance.interface.empty()) {
    return "instances without interface are not supported in this version yet: the instance does "
           "not run";
  }
  if (instance.disabled) return "the instance does not run";
  return {};
}

VrrpConfig runnable(VrrpConfig config) {
  std::erase_if(config.instances,
                [](const InstanceConfig& instance) { return !why_not_runnable(instance).empty(); });
  return config;
}

}  // namespace understudy::vrrp
