// PING_CHECK: the server works if its host answers an ICMP echo.
//
// ping_message.hpp knows the octets, datagram.hpp the socket.
#pragma once

#include <string_view>

#include "checkers/datagram.hpp"
#include "checkers/ping_message.hpp"
#include "checkers/probe.hpp"

namespace understudy::checkers {

/// The probe of PING_CHECK.
class PingProbe : public Probe {
 public:
  PingProbe(const ProbeHost& host, const PingCheck& check, const ProbeLabels& labels,
            ProbeReport report);

  void start(std::size_t step) override;
  void cancel() override;

 private:
  [[nodiscard]] bool take(ByteView datagram) const;
  [[nodiscard]] ProbeOutcome outcome_of(DatagramEnd end) const;

  ProbeLabels labels_;
  Family family_;
  ProbeReport report_;
  EchoMark mark_;
  DatagramExchange exchange_;
};

}  // namespace understudy::checkers
