// HTTP_GET and SSL_GET: the server works if it answers each URL as configured.
//
// http_message.hpp knows the octets, exchange.hpp the connection, body_pattern.hpp what a body may
// have to look like; here a request is put together and its answer judged.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/body_pattern.hpp"
#include "checkers/certificate_watch.hpp"
#include "checkers/http_exchange.hpp"
#include "checkers/http_request.hpp"
#include "checkers/probe.hpp"

namespace understudy::checkers {

/// What the Host header says for `url`: the URL's virtualhost, the check's, else address and port.
[[nodiscard]] std::string host_of(const Url& url, const HttpCheck& check);

/// The request for `url`, but for credentials.
[[nodiscard]] HttpRequest request_of(const Url& url, const HttpCheck& check);

/// Whom TLS is to expect for `url`.
[[nodiscard]] TlsPeer peer_of(const Url& url, const HttpCheck& check);

/// Whether `status` is one of those accepted for `url`.
[[nodiscard]] bool accepts_status(const Url& url, unsigned status);

/// The probe of HTTP_GET and SSL_GET.
class HttpProbe : public Probe {
 public:
  HttpProbe(const ProbeHost& host, HttpCheck check, const ProbeLabels& labels, ProbeReport report);
  ~HttpProbe() override;

  /// `step` is the index of the URL.
  void start(std::size_t step) override;
  void cancel() override;

 private:
  struct Attempt;
  /// What is remembered of a URL between attempts, to say it once.
  struct Memory {
    /// By how much the body differed from its Content-Length.
    std::int64_t length_difference = 0;
    CertificateWatch certificate;
    /// Of what went wrong here or in TLS.
    std::string trouble;
    std::shared_ptr<const CompiledPattern> pattern;
    /// As last read from the file.
    std::string credentials;
  };

  void on_end(ExchangeEnd end);
  [[nodiscard]] ProbeOutcome outcome_of(ExchangeEnd end);
  [[nodiscard]] ProbeOutcome judge();
  [[nodiscard]] ProbeOutcome failure(std::string_view words) const;
  [[nodiscard]] ProbeOutcome failure_of(ExchangeEnd end);
  [[nodiscard]] bool digest_matches(const std::string& wanted);
  [[nodiscard]] bool body_matches(const Url& url);
  void authenticate(HttpRequest& request);
  void report_length();
  void report_certificate();
  /// Logs what is not what was last said of this URL.
  void say_once(const std::string& trouble);

  Log& log_;
  HttpCheck check_;
  ProbeLabels labels_;
  ProbeReport report_;
  std::size_t step_ = 0;
  std::vector<Memory> memories_;
  /// Thousands of checks idle most of the time; what they read is not kept until the next attempt.
  std::unique_ptr<Attempt> attempt_;
  Exchange exchange_;
};

}  // namespace understudy::checkers
