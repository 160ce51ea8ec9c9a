// UDP_CHECK: the server works if it does not refuse a datagram, or if it answers it as configured.
#pragma once

#include <string_view>
#include <vector>

#include "checkers/datagram.hpp"
#include "checkers/probe.hpp"

namespace understudy::checkers {

/// Whether `datagram` is the answer `check` wants: it begins with its pattern, as far as it goes,
/// and has as many octets as it may have.
[[nodiscard]] bool is_wanted_reply(ByteView datagram, const UdpCheck& check);

/// The probe of UDP_CHECK.
class UdpProbe : public Probe {
 public:
  /// `server` is its name in log lines, "[10.0.0.1]:udp:53"; it must outlive the probe.
  UdpProbe(const ProbeHost& host, UdpCheck check, std::string_view server, ProbeReport report);

  void start(std::size_t step) override;
  void cancel() override;

 private:
  [[nodiscard]] ProbeOutcome outcome_of(DatagramEnd end) const;

  UdpCheck check_;
  std::string_view server_;
  ProbeReport report_;
  bool wanted_ = false;
  DatagramExchange exchange_;
};

}  // namespace understudy::checkers
