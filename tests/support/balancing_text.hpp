// Texts about load balancing that are complete but for what a test is about.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/config_file.hpp"

namespace understudy::test {

/// A virtual server that nothing is to be said about, with `more` in it and one real server, which
/// has `inside` in it.
inline std::string service_text(const std::string& more, const std::string& inside = {}) {
  return "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlvs_sched rr\nlvs_method NAT\n" + more +
         "\nreal_server 10.0.0.9 80 {\n" + inside + "\n}\n}\n";
}

/// The messages about a text without their places; what is only noted if `notes`.
inline std::vector<std::string> said(const Loaded& loaded, bool notes = false) {
  std::vector<std::string> lines;
  for (const auto& diagnostic : loaded.diagnostics) {
    const bool note = diagnostic.severity == parser::Severity::note;
    if (note == notes) lines.push_back(diagnostic.message);
  }
  return lines;
}

/// The first virtual server of service_text(more, inside).
inline checkers::VirtualServer read_service(const std::string& more,
                                            const std::string& inside = {}) {
  return load_text(service_text(more, inside)).config.checkers.virtual_servers.at(0);
}

/// The real server of service_text("", inside).
inline checkers::RealServer read_real_server(const std::string& inside) {
  return read_service({}, inside).real_servers.at(0);
}

/// The one check, of kind T, of a real server with `inside` in it; `before` stands before the
/// virtual server.
template <typename T>
T read_check(const std::string& inside, const std::string& before = {}) {
  const auto loaded = load_text(before + service_text({}, inside));
  const auto& checks = loaded.config.checkers.virtual_servers.at(0).real_servers.at(0).checks;
  if (checks.size() != 1) throw std::runtime_error("not one check");
  return std::get<T>(checks[0].whole());
}

}  // namespace understudy::test
