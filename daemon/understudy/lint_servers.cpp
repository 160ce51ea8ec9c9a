// Lints of virtual_server blocks.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/understudy/lint.hpp"
#include "parser/statement.hpp"

namespace understudy::tool {
namespace {

using checkers::RealServer;
using checkers::VirtualServer;

/// The words it begins with in the text; those of a group as it is written.
std::string block_of(const VirtualServer& server) {
  if (!server.group.empty()) return "virtual_server group " + server.group;
  if (server.fwmark != 0) return fmt::format("virtual_server fwmark {}", server.fwmark);
  return fmt::format("virtual_server {} {}", server.endpoint.address.to_string(),
                     server.endpoint.port.value());
}

std::string block_of(const RealServer& server) {
  return fmt::format("real_server {} {}", server.endpoint.address.to_string(),
                     server.endpoint.port.value());
}

std::string name_of(const RealServer& server) { return server.endpoint.to_string(); }

/// The timeout of a check that has one, and the keyword of it.
struct Timeout {
  std::chrono::microseconds value{0};
  std::string keyword;
};

Timeout timeout_of(const checkers::Check& check) {
  if (const auto* misc = check.get_if<checkers::MiscCheck>()) {
    return {misc->timeout, "misc_timeout"};
  }
  if (!checkers::endpoint_of(check)) return {};
  return {checkers::timing_of(check)->connect_timeout, "connect_timeout"};
}

/// Calls `take(virtual server, real server)` for each, the sorry servers left out.
template <typename Take>
void for_each_server(const Config& config, Take take) {
  for (const VirtualServer& service : config.checkers.virtual_servers) {
    for (const RealServer& server : service.real_servers) take(service, server);
  }
}

}  // namespace

void find_long_checks(const LintInput& input, LintReport& findings) {
  for_each_server(input.config, [&](const VirtualServer& service, const RealServer& server) {
    for (const checkers::Check& check : server.checks) {
      const auto* timing = checkers::timing_of(check);
      const Timeout timeout = timeout_of(check);
      if (timing == nullptr || timeout.value <= timing->delay_loop) continue;
      findings.add(input.places.at(block_of(service), {block_of(server)}),
                   fmt::format("{} {} of a check of {} is longer than delay_loop {}",
                               timeout.keyword, parser::seconds_text(timeout.value),
                               name_of(server), parser::seconds_text(timing->delay_loop)),
                   "a server that hangs is checked less often than one that answers");
    }
  });
}

void find_zero_weights(const LintInput& input, LintReport& findings) {
  for_each_server(input.config, [&](const VirtualServer& service, const RealServer& server) {
    if (server.weight != 0) return;
    findings.add(input.places.at(block_of(service), {block_of(server), "weight"}),
                 fmt::format("{} has weight 0: it gets no new connection", name_of(server)));
  });
}

void find_idle_granularity(const LintInput& input, LintReport& findings) {
  for (const parser::Node* block : input.places.blocks("virtual_server")) {
    const parser::Node* granularity = input.places.inside(*block, "persistence_granularity");
    if (granularity == nullptr) continue;
    if (input.places.inside(*block, "persistence_timeout") != nullptr) continue;
    findings.add(granularity->at, "persistence_granularity does nothing without persistence",
                 "add persistence_timeout SECONDS");
  }
}

}  // namespace understudy::tool
