// Pauses the checks of virtual servers with ha_suspend while none of their addresses is on this
// machine: a backup director does not ask.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "checkers/config.hpp"
#include "checkers/local_addresses.hpp"
#include "checkers/service.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"

namespace understudy::checkers {

/// Listens to the kernel only where a virtual server wants it. Where that is impossible, checks are
/// made.
class Suspension {
 public:
  Suspension(Loop& loop, Log& log) : loop_(loop), log_(log) {}

  /// These are the services from now on, until the next call; begins with how things are.
  void follow(const std::vector<std::unique_ptr<Service>>& services,
              const std::vector<VirtualServerGroup>& groups);

 private:
  /// A service and the addresses, from and to, that decide.
  struct Followed {
    Service* service = nullptr;
    std::vector<std::pair<IpAddress, IpAddress>> ranges;
  };

  void watch();
  void on_change(const IpAddress& address, bool here);
  void decide(const Followed& followed) const;

  Loop& loop_;
  Log& log_;
  std::vector<Followed> followed_;
  std::unique_ptr<LocalAddresses> addresses_;
};

}  // namespace understudy::checkers
