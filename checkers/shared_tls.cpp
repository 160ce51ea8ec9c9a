#include "checkers/shared_tls.hpp"

#include <algorithm>
#include <stdexcept>
#include <variant>

namespace understudy::checkers {
namespace {

bool speaks_tls(const Check& check) {
  return std::visit(
      [](const auto& one) {
        if constexpr (requires { one.tls; }) return one.tls;
        return false;
      },
      check.kind());
}

bool uses_tls(const CheckersConfig& config) {
  for (const auto& service : config.virtual_servers) {
    for (const auto& server : service.real_servers) {
      if (std::ranges::any_of(server.checks, speaks_tls)) return true;
    }
  }
  return false;
}

}  // namespace

std::shared_ptr<const TlsContext> SharedTls::follow(const CheckersConfig& config) {
  if (!uses_tls(config)) return context_;
  try {
    if (!context_) context_ = std::make_shared<TlsContext>();
  } catch (const std::runtime_error& problem) {
    // Each check tries again by itself, and says so.
    log_.error("{}", problem.what());
    return context_;
  }
  const auto wrong = context_->load(config.tls.value_or(TlsFiles{}));
  if (!wrong.empty()) {
    log_.error("{}", wrong);
    log_.error("SSL {{ }} is not used as it stands: TLS checks go on as before");
  }
  return context_;
}

}  // namespace understudy::checkers
