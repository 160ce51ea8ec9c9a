// When a server's certificate ends: said once, and every day shortly before. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace understudy::checkers {

/// Watches the certificate of one server name. Times are of the calendar (UTC).
class CertificateWatch {
 public:
  struct Word {
    bool warning = false;
    /// "valid until 2026-11-21 08:11:43 UTC", "expires in 3 days, on …", "expired on …".
    std::string text;
    bool operator==(const Word&) const = default;
  };

  /// A certificate that ends at `end` was seen. Tells of one not seen before, and once a day from
  /// `days` days before its end.
  [[nodiscard]] std::optional<Word> look(std::chrono::sys_seconds end, std::chrono::sys_seconds now,
                                         unsigned days);

 private:
  /// The epoch: none yet.
  std::chrono::sys_seconds end_{};
  std::chrono::sys_seconds warned_{};
};

}  // namespace understudy::checkers
