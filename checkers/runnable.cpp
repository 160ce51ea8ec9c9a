#include "checkers/runnable.hpp"

#include <vector>

namespace understudy::checkers {

namespace {

template <typename... Kinds>
bool is_one_of(const Check& check) {
  return (std::holds_alternative<Kinds>(check) || ...);
}

}  // namespace

bool can_run(const Check& check) {
  return is_one_of<TcpCheck, HttpCheck, SmtpCheck, DnsCheck, UdpCheck, PingCheck, MiscCheck,
                   FileCheck, BfdCheck, AgentCheck, GrpcCheck>(check);
}

bool is_asked(const Check& check) { return !is_one_of<FileCheck, BfdCheck>(check); }

CheckersConfig runnable(CheckersConfig config) {
  for (auto& service : config.virtual_servers) {
    for (auto& server : service.real_servers) {
      std::erase_if(server.checks, [](const Check& check) { return !can_run(check); });
    }
  }
  return config;
}

}  // namespace understudy::checkers
