// The TLS context all checks of a process share, as SSL { } has it.
#pragma once

#include <memory>

#include "checkers/config.hpp"
#include "checkers/tls.hpp"
#include "daemon/base/log.hpp"

namespace understudy::checkers {

/// Made when a check needs it first; the files are read anew at every reload.
class SharedTls {
 public:
  explicit SharedTls(Log& log) : log_(log) {}
  /// Takes in a configuration; gives what its probes are to use, nullptr if none speaks TLS. Files
  /// that cannot be used are logged, and what was there before goes on.
  std::shared_ptr<const TlsContext> follow(const CheckersConfig& config);

 private:
  Log& log_;
  std::shared_ptr<TlsContext> context_;
};

}  // namespace understudy::checkers
