// SMTP_CHECK: the server works if it greets, takes HELO and answers QUIT.
//
// smtp_session.hpp knows what is said, exchange.hpp the connection; here it is put into words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "checkers/exchange.hpp"
#include "checkers/probe.hpp"
#include "checkers/smtp_session.hpp"

namespace understudy::checkers {

/// The probe of SMTP_CHECK.
class SmtpProbe : public Probe {
 public:
  /// `server` is the real server's name in log lines, "[10.0.0.1]:tcp:25"; it must outlive the
  /// probe.
  SmtpProbe(const ProbeHost& host, const SmtpCheck& check, std::string_view server,
            ProbeReport report);

  void start(std::size_t step) override;
  void cancel() override;

 private:
  [[nodiscard]] ProbeOutcome outcome_of(ExchangeEnd end) const;
  [[nodiscard]] ProbeOutcome judge() const;
  [[nodiscard]] ProbeOutcome failed(std::string_view words) const;

  std::string_view server_;
  Endpoint destination_;
  std::string helo_name_;
  ProbeReport report_;
  std::optional<SmtpSession> session_;
  Exchange exchange_;
};

}  // namespace understudy::checkers
