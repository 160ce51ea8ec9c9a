#include "checkers/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "checkers/keywords.hpp"

namespace understudy::checkers {

namespace {

using namespace std::chrono_literals;
using parser::Diagnostics;
using parser::Location;
using parser::Severity;

constexpr std::uint32_t kDefaultPersistence = 360;
constexpr std::uint32_t kOnePacket = 0x0004;
/// What the text leaves when it says nothing, and the same as an IPv6 prefix length.
constexpr std::uint32_t kEachClient4 = 0xffffffff;
constexpr std::uint32_t kEachClient6 = 128;

/// Completes one virtual server, in the order the original looks at things.
class Completion {
 public:
  Completion(VirtualServerDraft draft, const GlobalConfig& global, ScriptUsers& users,
             Diagnostics& diagnostics)
      : draft_(std::move(draft)), global_(global), users_(users), diagnostics_(diagnostics) {}

  VirtualServer run();

 private:
  void check_service();
  void check_real_servers();
  void set_method(RealServerDraft& server);
  void match_sorry_server(const RealServerDraft& server);
  void check_quorum();
  /// Ports as written, before they are made to fit the service: what the checks connect to.
  void check_ports();
  void check_port(RealServerDraft& server, const std::string& what);
  RealServer build(RealServerDraft& server, bool alert);
  Check build(const CheckDraft& check, const RealServerDraft& server) const;
  CheckTiming timing(const CheckDraft& check, const RealServerDraft& server) const;
  CheckEndpoint endpoint(const CheckDraft& check, const RealServerDraft& server) const;

  [[nodiscard]] std::string name() const { return describe(draft_); }
  [[nodiscard]] std::string name(const RealServerDraft& server) const {
    return server.endpoint.to_string(protocol_name(draft_.protocol));
  }
  template <typename... Args>
  void complain(fmt::format_string<Args...> format, Args&&... args) {
    diagnostics_.add(Severity::error, Location{}, fmt::format(format, std::forward<Args>(args)...));
  }

  VirtualServerDraft draft_;
  const GlobalConfig& global_;
  ScriptUsers& users_;
  Diagnostics& diagnostics_;
  unsigned weights_ = 0;
};

void Completion::check_service() {
  if (draft_.ha_suspend && draft_.is_fwmark) {
    complain("Virtual server {}: cannot use ha_suspend with fwmarks - clearing ha_suspend", name());
    draft_.ha_suspend = false;
  }
  if (!draft_.is_fwmark) {
    if (!draft_.protocol) {
      complain("Virtual server {}: no protocol set - defaulting to UDP", name());
      draft_.protocol = Protocol::udp;
    }
    if ((draft_.flags & kOnePacket) != 0 && draft_.protocol != Protocol::udp) {
      complain("Virtual server {}: one packet scheduling requires UDP - resetting", name());
      draft_.flags &= ~kOnePacket;
    }
    if (draft_.persistence_timeout == 0 && draft_.endpoint.port == Port(0)) {
      complain("Virtual server {}: zero port only valid for persistent services - setting", name());
      draft_.persistence_timeout = kDefaultPersistence;
    }
  } else if (draft_.protocol) {
    complain("Warning: Virtual server {}: protocol specified for fwmark - protocol will be ignored",
             name());
    draft_.protocol.reset();
  }
  if (draft_.scheduler.empty()) {
    draft_.scheduler = "wlc";
    complain("Virtual server {}: no scheduler set, setting default '{}'", name(), draft_.scheduler);
  }
}

void Completion::set_method(RealServerDraft& server) {
  if (server.method) return;
  if (!draft_.method) {
    complain("Virtual server {}: no forwarding method set, setting default NAT", name());
    draft_.method = ForwardingMethod::nat;
  }
  server.method = draft_.method;
}

void Completion::match_sorry_server(const RealServerDraft& server) {
  if (!draft_.sorry_server || draft_.sorry_server->endpoint != server.endpoint) return;
  const bool inhibit = server.inhibit_on_failure.value_or(false);
  if (draft_.sorry_server->inhibit_on_failure.value_or(false) == inhibit) return;
  complain(
      "Virtual server {}: real server {} matches sorry server, but inhibit setting differs, {}ing "
      "on sorry server",
      name(), name(server), inhibit ? "sett" : "clear");
  draft_.sorry_server->inhibit_on_failure = inhibit;
}

void Completion::check_real_servers() {
  std::vector<RealServerDraft> kept;
  for (auto& server : draft_.real_servers) {
    const bool duplicate = std::ranges::any_of(
        kept, [&](const RealServerDraft& known) { return known.endpoint == server.endpoint; });
    if (duplicate) {
      complain("VS {}: real server {} is duplicated - removing second rs", name(), name(server));
      continue;
    }
    set_method(server);
    if (!server.inhibit_on_failure) server.inhibit_on_failure = draft_.inhibit_on_failure;
    if (!server.weight) server.weight = draft_.weight;
    weights_ += *server.weight;
    match_sorry_server(server);
    kept.push_back(std::move(server));
  }
  draft_.real_servers = std::move(kept);
  if (draft_.sorry_server) set_method(*draft_.sorry_server);
}

void Completion::check_quorum() {
  if (draft_.quorum > weights_) {
    complain(
        "Warning - quorum {} for {} exceeds total weight of real servers {}, reducing quorum to {}",
        draft_.quorum, name(), weights_, weights_);
    draft_.quorum = weights_;
  }
  if (draft_.hysteresis >= draft_.quorum) {
    const unsigned most = draft_.quorum == 0 ? 0 : draft_.quorum - 1;
    complain("Virtual server {}: hysteresis {} >= quorum {}; setting hysteresis to {}", name(),
             draft_.hysteresis, draft_.quorum, most);
    draft_.hysteresis = most;
  }
}

void Completion::check_port(RealServerDraft& server, const std::string& what) {
  Port& port = server.endpoint.port;
  const bool given = port != Port(0);
  if (server.method == ForwardingMethod::nat) {
    if (!draft_.is_fwmark && !given) port = draft_.endpoint.port;
  } else if (draft_.is_fwmark) {
    if (!given) return;
    complain("WARNING - fwmark virtual server {}, {} has port specified - clearing", name(), what);
    port = Port(0);
  } else if (!given) {
    port = draft_.endpoint.port;
  } else if (port != draft_.endpoint.port) {
    // Only NAT can change the port of a packet.
    complain("WARNING - virtual server {} and {} ports don't match - resetting", name(), what);
    port = draft_.endpoint.port;
  }
}

void Completion::check_ports() {
  for (auto& server : draft_.real_servers) {
    check_port(server, fmt::format("real server {}", name(server)));
  }
  if (draft_.sorry_server && draft_.sorry_server->method != ForwardingMethod::nat) {
    check_port(*draft_.sorry_server, "sorry server");
  }
}

CheckTiming Completion::timing(const CheckDraft& check, const RealServerDraft& server) const {
  const auto inherit = [&](auto member, auto fallback) {
    if (check.timing.*member) return *(check.timing.*member);
    if (server.timing.*member) return *(server.timing.*member);
    return (draft_.timing.*member).value_or(fallback);
  };
  CheckTiming timing;
  timing.delay_loop = inherit(&TimingDraft::delay_loop, timing.delay_loop);
  timing.connect_timeout = inherit(&TimingDraft::connect_timeout, timing.connect_timeout);
  timing.retry = inherit(&TimingDraft::retry, timing.retry);
  const std::chrono::microseconds pause = check.kind == CheckKind::tcp ? 1s : 3s;
  timing.delay_before_retry = inherit(&TimingDraft::delay_before_retry, pause);
  timing.warmup = inherit(&TimingDraft::warmup, timing.delay_loop);
  timing.alpha = inherit(&TimingDraft::alpha, false);
  timing.log_all_failures = check.log_all_failures.value_or(global_.checker_log_all_failures);
  return timing;
}

CheckEndpoint Completion::endpoint(const CheckDraft& check, const RealServerDraft& server) const {
  CheckEndpoint endpoint;
  endpoint.destination = server.endpoint;
  if (endpoint.destination.port == Port(0)) endpoint.destination.port = draft_.endpoint.port;
  if (!check.connect_ip.empty()) endpoint.destination.address = check.connect_ip;
  if (check.connect_port != Port(0)) endpoint.destination.port = check.connect_port;
  endpoint.source = {check.bind_address, check.bind_port};
  endpoint.interface = check.interface;
  endpoint.fwmark = check.fwmark;
  return endpoint;
}

Check Completion::build(const CheckDraft& check, const RealServerDraft& server) const {
  if (check.kind == CheckKind::tcp) return TcpCheck{timing(check, server), endpoint(check, server)};
  HttpCheck http;
  http.timing = timing(check, server);
  http.endpoint = endpoint(check, server);
  http.tls = check.kind == CheckKind::tls;
  http.virtualhost = !check.virtualhost.empty()    ? check.virtualhost
                     : !server.virtualhost.empty() ? server.virtualhost
                                                   : draft_.virtualhost;
  for (const auto& url : check.urls) {
    http.urls.push_back({*url.path, url.digest, url.status_codes, url.virtualhost});
  }
  return http;
}

RealServer Completion::build(RealServerDraft& server, bool alert) {
  RealServer result;
  result.endpoint = server.endpoint;
  result.method = *server.method;
  result.weight = static_cast<int>(server.weight.value_or(1));
  result.inhibit_on_failure = server.inhibit_on_failure.value_or(false);
  result.upper_threshold = server.upper_threshold;
  result.lower_threshold = server.lower_threshold;
  result.smtp_alert = server.smtp_alert.value_or(
      global_.smtp_alert_checker.value_or(global_.smtp_alert.value_or(alert)));
  result.notify_up = users_.call<ScriptCall>(server.notify_up, "notify");
  result.notify_down = users_.call<ScriptCall>(server.notify_down, "notify");
  return result;
}

VirtualServer Completion::run() {
  check_service();
  check_real_servers();
  check_quorum();
  // Checks connect where the text says, also where forwarding takes another port.
  std::vector<std::vector<Check>> checks;
  for (const auto& server : draft_.real_servers) {
    auto& own = checks.emplace_back();
    for (const auto& check : server.checks) own.push_back(build(check, server));
  }
  check_ports();

  VirtualServer result;
  result.endpoint = draft_.endpoint;
  result.fwmark = draft_.fwmark;
  result.family = draft_.family;
  result.protocol = draft_.protocol.value_or(Protocol::tcp);
  result.scheduler = draft_.scheduler;
  result.flags = draft_.flags;
  result.method = draft_.method.value_or(ForwardingMethod::nat);
  result.persistence_timeout = draft_.persistence_timeout;
  result.persistence_granularity = draft_.persistence_granularity;
  if (result.family == Family::ipv6 && result.persistence_granularity == kEachClient4) {
    result.persistence_granularity = kEachClient6;
  }
  result.persistence_engine = draft_.persistence_engine;
  result.alpha = draft_.timing.alpha.value_or(false);
  result.omega = draft_.omega;
  result.ha_suspend = draft_.ha_suspend;
  result.smtp_alert = draft_.smtp_alert.value_or(
      global_.smtp_alert_checker.value_or(global_.smtp_alert.value_or(false)));
  result.quorum = draft_.quorum;
  result.hysteresis = draft_.hysteresis;
  result.quorum_up = users_.call<ScriptCall>(draft_.quorum_up, "quorum");
  result.quorum_down = users_.call<ScriptCall>(draft_.quorum_down, "quorum");
  result.virtualhost = draft_.virtualhost;
  if (draft_.sorry_server) {
    result.sorry_server = build(*draft_.sorry_server, true);
    result.sorry_server_inhibit = result.sorry_server->inhibit_on_failure;
  }
  for (std::size_t i = 0; i < draft_.real_servers.size(); ++i) {
    auto& server = result.real_servers.emplace_back(build(draft_.real_servers[i], true));
    server.checks = std::move(checks[i]);
  }
  return result;
}

}  // namespace

CheckersConfig verify(CheckersDraft draft, const GlobalConfig& global, ScriptUsers& users,
                      Diagnostics& diagnostics) {
  CheckersConfig config;
  for (auto& server : draft.virtual_servers) {
    config.virtual_servers.push_back(
        Completion(std::move(server), global, users, diagnostics).run());
  }
  return config;
}

}  // namespace understudy::checkers
