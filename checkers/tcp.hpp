// TCP_CHECK: the server works if it takes a connection.
#pragma once

#include <functional>
#include <string_view>

#include "checkers/connect.hpp"
#include "checkers/probe.hpp"

namespace understudy::checkers {

/// The probe of TCP_CHECK.
class TcpProbe : public Probe {
 public:
  using Report = std::function<void(const ProbeOutcome&)>;
  /// `server` is its name in log lines, "[10.0.0.1]:tcp:21"; it must outlive the probe.
  TcpProbe(Loop& loop, Log& log, const TcpCheck& check, std::string_view server, Report report);

  void start(std::size_t step) override;
  void cancel() override;
  [[nodiscard]] bool remembers() const override { return connector_.remembers(); }

 private:
  [[nodiscard]] ProbeOutcome outcome_of(ConnectResult result) const;

  std::string_view server_;
  Report report_;
  Connector connector_;
};

}  // namespace understudy::checkers
