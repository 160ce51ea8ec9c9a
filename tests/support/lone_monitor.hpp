// A monitor of one check that belongs to no virtual server.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "checkers/monitor.hpp"

namespace understudy::test {

/// What a lone monitor has instead of a virtual server.
struct LoneOwner : checkers::MonitorOwner {
  LoneOwner(const checkers::ProbeHost& its_host, checkers::Check its_check, std::string its_server,
            std::string its_service, std::function<void(const checkers::CheckNews&)> tell)
      : host(its_host),
        times(its_host.loop),
        check(std::move(its_check)),
        server(std::move(its_server)),
        service(std::move(its_service)),
        on_found(std::move(tell)) {}
  virtual ~LoneOwner() = default;

  [[nodiscard]] const checkers::ProbeHost& probe_host() const override { return host; }
  [[nodiscard]] checkers::Schedule& schedule() const override { return times; }
  [[nodiscard]] const checkers::Check& check_at(checkers::CheckPlace) const override {
    return check;
  }
  [[nodiscard]] std::string server_label(checkers::CheckPlace) const override { return server; }
  [[nodiscard]] std::string service_label() const override { return service; }
  void on_news(checkers::CheckPlace, const checkers::CheckNews& news) override { on_found(news); }

  const checkers::ProbeHost& host;
  mutable checkers::Schedule times;
  checkers::Check check;
  std::string server;
  std::string service;
  std::function<void(const checkers::CheckNews&)> on_found;
};

/// Runs a check; `tell` gets what it finds. The host outlives it.
class LoneMonitor : private LoneOwner, public checkers::Monitor {
 public:
  LoneMonitor(const checkers::ProbeHost& its_host, checkers::Check its_check,
              std::string its_server, std::string its_service,
              std::function<void(const checkers::CheckNews&)> tell)
      : LoneOwner(its_host, std::move(its_check), std::move(its_server), std::move(its_service),
                  std::move(tell)),
        Monitor(static_cast<LoneOwner&>(*this), {}, {}) {}
};

}  // namespace understudy::test
