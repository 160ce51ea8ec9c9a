// HTTP_GET and SSL_GET: the server works if it answers each URL as configured.
//
// http_message.hpp knows the octets, exchange.hpp the connection; here an answer is judged.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkers/http_exchange.hpp"
#include "checkers/probe.hpp"

namespace understudy::checkers {

/// What the Host header says for `url`: the URL's virtualhost, the check's, else address and port.
[[nodiscard]] std::string host_of(const Url& url, const HttpCheck& check);

/// Whether `status` is one of those accepted for `url`.
[[nodiscard]] bool accepts_status(const Url& url, unsigned status);

/// The probe of HTTP_GET and SSL_GET.
class HttpProbe : public Probe {
 public:
  using Report = std::function<void(const ProbeOutcome&)>;
  /// The labels are the server's and the virtual server's names in log lines and must outlive the
  /// probe. `tls` is for SSL_GET;
  /// nullptr makes one.
  HttpProbe(Loop& loop, Log& log, HttpCheck check, std::string_view server_label,
            std::string_view service_label, std::shared_ptr<const TlsContext> tls, Report report);

  /// `step` is the index of the URL.
  void start(std::size_t step) override;
  void cancel() override;

 private:
  void on_end(ExchangeEnd end);
  [[nodiscard]] ProbeOutcome judge();
  [[nodiscard]] bool digest_matches(const std::string& wanted);
  void report_length(const Url& url);

  Log& log_;
  HttpCheck check_;
  std::string_view server_label_;
  std::string_view service_label_;
  Report report_;
  std::size_t step_ = 0;
  std::optional<HttpReader> reader_;
  /// Per URL, by how much the body last differed from its Content-Length: told once.
  std::vector<std::int64_t> length_differences_;
  std::unique_ptr<Dialogue> dialogue_;
  Exchange exchange_;
};

}  // namespace understudy::checkers
