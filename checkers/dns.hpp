// DNS_CHECK: the server works if it answers a query without complaint.
//
// dns_message.hpp knows the octets, datagram.hpp the socket.
#pragma once

#include <string>
#include <string_view>

#include "checkers/datagram.hpp"
#include "checkers/dns_message.hpp"
#include "checkers/probe.hpp"

namespace understudy::checkers {

/// The probe of DNS_CHECK.
class DnsProbe : public Probe {
 public:
  /// `server` is its name in log lines, "[10.0.0.1]:udp:53"; it must outlive the probe.
  DnsProbe(const ProbeHost& host, const DnsCheck& check, std::string_view server,
           ProbeReport report);

  void start(std::size_t step) override;
  void cancel() override;

 private:
  [[nodiscard]] bool take(ByteView datagram);
  [[nodiscard]] ProbeOutcome outcome_of(DatagramEnd end) const;
  [[nodiscard]] ProbeOutcome judge() const;
  [[nodiscard]] ProbeOutcome told(ProbeOutcome::Result result, std::string_view words) const;

  std::string_view server_;
  std::string destination_;
  DnsType type_;
  std::string name_;
  ProbeReport report_;
  Bytes query_;
  DnsAnswer answer_;
  DatagramExchange exchange_;
};

}  // namespace understudy::checkers
