#include "checkers/runnable.hpp"

#include <vector>

namespace understudy::checkers {

bool can_run(const Check& check) {
  return std::holds_alternative<TcpCheck>(check) || std::holds_alternative<HttpCheck>(check);
}

CheckersConfig runnable(CheckersConfig config) {
  std::erase_if(config.virtual_servers, [](const VirtualServer& service) {
    return service.fwmark == 0 && service.endpoint.address.empty();
  });
  for (auto& service : config.virtual_servers) {
    for (auto& server : service.real_servers) {
      std::erase_if(server.checks, [](const Check& check) { return !can_run(check); });
    }
  }
  return config;
}

}  // namespace understudy::checkers
