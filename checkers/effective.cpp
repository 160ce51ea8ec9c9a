#include "checkers/effective.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "checkers/effective_checks.hpp"

namespace understudy::checkers {

namespace {

using parser::Statement;
using parser::Statements;

std::string_view name_of(Family family) { return family == Family::ipv6 ? "inet6" : "inet"; }

std::string_view name_of(Protocol protocol) {
  constexpr std::array<std::string_view, 3> kNames{"TCP", "UDP", "SCTP"};
  return kNames.at(static_cast<std::size_t>(protocol));
}

void append_method(Statements& out, std::string keyword, ForwardingMethod method,
                   const Tunnel& tunnel) {
  constexpr std::array<const char*, 3> kMethods{"NAT", "DR", "TUN"};
  constexpr std::array<const char*, 3> kTypes{"ipip", "gue", "gre"};
  constexpr std::array<const char*, 3> kChecksums{"nocsum", "csum", "remcsum"};
  Statement& statement = out.add(std::move(keyword), kMethods.at(static_cast<std::size_t>(method)));
  if (method != ForwardingMethod::tunnel && tunnel == Tunnel{}) return;
  statement.words.insert(statement.words.end(),
                         {"type", kTypes.at(static_cast<std::size_t>(tunnel.type))});
  if (tunnel.port != Port(0)) {
    statement.words.insert(statement.words.end(), {"port", fmt::format("{}", tunnel.port.value())});
  }
  statement.words.emplace_back(kChecksums.at(static_cast<std::size_t>(tunnel.checksum)));
}

void append(Statements& out, const RealServer& server) {
  Statements& block =
      out.block("real_server", server.endpoint.address.to_string(), server.endpoint.port.value());
  block.add("weight", server.weight);
  append_method(block, "lvs_method", server.method, server.tunnel);
  block.add("uthreshold", server.upper_threshold);
  block.add("lthreshold", server.lower_threshold);
  block.boolean("inhibit_on_failure", server.inhibit_on_failure);
  // Not known to the original.
  if (server.slow_start != 0) block.add("slow_start", server.slow_start);
  if (server.drain != 0) block.add("drain", server.drain);
  append_timing(block, *server.timing);
  block.boolean("alpha", server.timing->alpha.value_or(false));
  block.boolean("smtp_alert", server.smtp_alert);
  append_script(block, "notify_up", server.extras->notify_up);
  append_script(block, "notify_down", server.extras->notify_down);
  append_text(block, "virtualhost", server.extras->virtualhost);
  append_text(block, "snmp_name", server.extras->snmp_name);
  for (const Check& check : server.checks) append_check(block, check);
}

/// Flags by the names they have with this scheduler.
void append_flags(Statements& out, const VirtualServer& service) {
  const bool hashed = service.scheduler == "sh" || service.scheduler == "mh";
  out.flag("ops", (service.flags & kOnePacket) != 0);
  out.flag(hashed ? service.scheduler + "-fallback" : "flag-1", (service.flags & kFlag1) != 0);
  out.flag(hashed ? service.scheduler + "-port" : "flag-2", (service.flags & kFlag2) != 0);
  out.flag("flag-3", (service.flags & kFlag3) != 0);
}

void append_persistence(Statements& out, const VirtualServer& service) {
  append_text(out, "persistence_engine", service.persistence_engine);
  if (service.persistence_timeout == 0) return;
  out.add("persistence_timeout", service.persistence_timeout);
  if (service.family == Family::ipv6) {
    out.add("persistence_granularity", service.persistence_granularity);
  } else if (service.family == Family::ipv4) {
    out.add("persistence_granularity",
            IpAddress(in_addr{service.persistence_granularity}).to_string());
  }
}

void append_sorry_server(Statements& out, const VirtualServer& service) {
  if (!service.sorry_server) return;
  const RealServer& server = *service.sorry_server;
  out.add("sorry_server", server.endpoint.address.to_string(), server.endpoint.port.value());
  out.flag("sorry_server_inhibit", service.sorry_server_inhibit);
  append_method(out, "sorry_server_lvs_method", server.method, server.tunnel);
}

Statements& open(Statements& out, const VirtualServer& service) {
  if (!service.group.empty()) return out.block("virtual_server", "group", service.group);
  if (service.fwmark != 0) return out.block("virtual_server", "fwmark", service.fwmark);
  if (service.endpoint.address.empty()) return out.block("virtual_server", "fwmark", 0);
  return out.block("virtual_server", service.endpoint.address.to_string(),
                   service.endpoint.port.value());
}

/// Whether packets get there by their address: only then there is a protocol.
bool by_address(const VirtualServer& service, const CheckersConfig& config) {
  if (service.group.empty()) return service.fwmark == 0;
  const auto group = std::ranges::find(config.groups, service.group, &VirtualServerGroup::name);
  return group != config.groups.end() && !group->addresses.empty();
}

void append(Statements& out, const VirtualServer& service, const CheckersConfig& config) {
  Statements& block = open(out, service);
  if (service.family != Family::none) block.add("ip_family", name_of(service.family));
  if (by_address(service, config)) block.add("protocol", name_of(service.protocol));
  block.add("lvs_sched", service.scheduler);
  append_flags(block, service);
  append_method(block, "lvs_method", service.method, service.tunnel);
  append_persistence(block, service);
  append_timing(block, *service.timing);
  block.flag("alpha", service.timing->alpha.value_or(false));
  block.flag("omega", service.omega);
  block.flag("ha_suspend", service.ha_suspend);
  block.flag("inhibit_on_failure", service.inhibit_on_failure);
  block.add("weight", service.weight);
  if (service.quorum != 0) block.add("quorum", service.quorum);
  block.add("hysteresis", service.hysteresis);
  append_script(block, "quorum_up", service.quorum_up);
  append_script(block, "quorum_down", service.quorum_down);
  block.boolean("smtp_alert", service.smtp_alert);
  append_text(block, "virtualhost", service.virtualhost);
  append_text(block, "snmp_name", service.snmp_name);
  append_sorry_server(block, service);
  for (const RealServer& server : service.real_servers) append(block, server);
}

void append(Statements& out, const VirtualServerGroup& group) {
  Statements& block = out.block("virtual_server_group", group.name);
  for (const GroupAddresses& line : group.addresses) {
    std::string words = line.first.to_string();
    if (line.last != line.first) words += "-" + line.last.to_string();
    block.entry({std::move(words), fmt::format("{}", line.port.value())});
  }
  for (const GroupMark& line : group.marks) {
    std::vector<std::string> words{"fwmark", fmt::format("{}", line.mark)};
    if (line.family != Family::none) words.emplace_back(name_of(line.family));
    block.entry(std::move(words));
  }
}

void append(Statements& out, const TlsFiles& files) {
  Statements& block = out.block("SSL");
  append_text(block, "password", files.password);
  append_text(block, "ca", files.ca);
  append_text(block, "certificate", files.certificate);
  append_text(block, "key", files.key);
}

}  // namespace

Statements effective(const CheckersConfig& config) {
  Statements out;
  if (config.tls) append(out, *config.tls);
  for (const VirtualServerGroup& group : config.groups) append(out, group);
  for (const VirtualServer& service : config.virtual_servers) append(out, service, config);
  return out;
}

}  // namespace understudy::checkers
