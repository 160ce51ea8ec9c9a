#include "checkers/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <utility>

#include "checkers/keywords.hpp"
#include "checkers/verify_parts.hpp"

namespace understudy::checkers {

namespace {

using parser::Diagnostics;
using parser::Location;
using parser::Severity;

/// What the text leaves when it says nothing, and the same as an IPv6 prefix length.
constexpr std::uint32_t kEachClient4 = 0xffffffff;
constexpr std::uint32_t kEachClient6 = 128;

/// Keeps in one place what a server's checks have in common with those of another.
void share(Few<Check>& checks, const Few<Check>& others) {
  const std::size_t both = std::min(checks.size(), others.size());
  for (std::size_t i = 0; i < both; ++i) checks[i].share(others[i]);
}

/// Completes one virtual server, in the order the original looks at things.
class Completion {
 public:
  /// `group`: its virtual_server_group; nullptr: none. `former`: a server it may have much in
  /// common with.
  Completion(VirtualServerDraft draft, const VirtualServerGroup* group, const RealServer& former,
             const GlobalConfig& global, ScriptUsers& users, Diagnostics& diagnostics)
      : draft_(std::move(draft)),
        group_(group),
        former_(former),
        global_(global),
        users_(users),
        diagnostics_(diagnostics) {}

  VirtualServer run();

 private:
  void check_service();
  void check_address_service();
  void check_real_servers();
  /// What it does not say itself it has from the virtual server.
  void inherit(RealServerDraft& server);
  void set_method(RealServerDraft& server);
  void match_sorry_server(const RealServerDraft& server);
  void check_quorum();
  /// Ports as written, before they are made to fit the service: what the checks connect to.
  void check_ports();
  void check_port(RealServerDraft& server, bool sorry);
  void check_group_ports();
  [[nodiscard]] std::vector<Few<Check>> build_all_checks();
  RealServer build(const RealServerDraft& server, bool alert, const RealServer& former);
  VirtualServer build();

  [[nodiscard]] bool has_addresses() const {
    return group_ != nullptr ? !group_->addresses.empty() : draft_.fwmark == 0;
  }
  [[nodiscard]] bool has_marks() const {
    return group_ != nullptr ? !group_->marks.empty() : draft_.fwmark != 0;
  }
  [[nodiscard]] std::string name() const { return describe(draft_); }
  [[nodiscard]] std::string name(const RealServerDraft& server) const {
    return server.endpoint.to_string(protocol_name(draft_.protocol));
  }
  template <typename... Args>
  void complain(fmt::format_string<Args...> format, Args&&... args) {
    diagnostics_.add(Severity::error, Location{}, fmt::format(format, std::forward<Args>(args)...));
  }

  VirtualServerDraft draft_;
  const VirtualServerGroup* group_;
  const RealServer& former_;
  const GlobalConfig& global_;
  ScriptUsers& users_;
  Diagnostics& diagnostics_;
  /// Modulo 2^32, as the original's.
  std::uint64_t weights_ = 0;
};

void Completion::check_address_service() {
  if (!draft_.protocol) {
    complain("Virtual server {}: no protocol set - defaulting to UDP", name());
    draft_.protocol = Protocol::udp;
  }
  if ((draft_.flags & kOnePacket) != 0 && draft_.protocol != Protocol::udp) {
    complain("Virtual server {}: one packet scheduling requires UDP - resetting", name());
    draft_.flags &= ~kOnePacket;
  }
  if (draft_.persistence_timeout != 0) return;
  const bool zero_port =
      group_ != nullptr
          ? std::ranges::any_of(group_->addresses,
                                [](const auto& addresses) { return addresses.port == Port(0); })
          : draft_.endpoint.port == Port(0);
  if (zero_port) {
    complain("Virtual server {}: zero port only valid for persistent services - setting", name());
    draft_.persistence_timeout = kDefaultPersistence;
  }
}

void Completion::check_service() {
  if (draft_.ha_suspend && has_marks()) {
    complain("Virtual server {}: cannot use ha_suspend with fwmarks - clearing ha_suspend", name());
    draft_.ha_suspend = false;
  }
  if (has_addresses()) {
    check_address_service();
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
  server.tunnel = draft_.tunnel;
}

void Completion::inherit(RealServerDraft& server) {
  const auto take = [](auto& own, const auto& inherited) {
    if (!own) own = inherited;
  };
  if (server.timing) {
    const InheritedTiming& ours = *draft_.timing;
    InheritedTiming& timing = server.timing.edit();
    take(timing.delay_loop, ours.delay_loop);
    take(timing.connect_timeout, ours.connect_timeout);
    take(timing.retry, ours.retry);
    take(timing.rise, ours.rise);
    take(timing.delay_before_retry, ours.delay_before_retry);
    take(timing.warmup, ours.warmup);
    take(timing.alpha, ours.alpha);
  } else {
    server.timing = draft_.timing;
  }
  take(server.inhibit_on_failure, std::optional(draft_.inhibit_on_failure));
  take(server.slow_start, std::optional(draft_.slow_start));
  take(server.drain, std::optional(draft_.drain));
  take(server.weight, std::optional(draft_.weight));
  if (server.virtualhost->empty()) server.virtualhost = draft_.virtualhost;
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
  std::set<Endpoint> known;
  // In the place where they are: there may be thousands.
  auto kept = draft_.real_servers.begin();
  for (auto& server : draft_.real_servers) {
    if (!known.insert(server.endpoint).second) {
      complain("VS {}: real server {} is duplicated - removing second rs", name(), name(server));
      continue;
    }
    set_method(server);
    inherit(server);
    if (kept != draft_.real_servers.begin()) server.timing.share(std::prev(kept)->timing);
    weights_ += *server.weight;
    match_sorry_server(server);
    if (&*kept != &server) *kept = std::move(server);
    ++kept;
  }
  draft_.real_servers.erase(kept, draft_.real_servers.end());
  if (draft_.sorry_server) set_method(*draft_.sorry_server);
}

void Completion::check_quorum() {
  if (draft_.quorum > weights_) {
    complain(
        "Warning - quorum {} for {} exceeds total weight of real servers {}, reducing quorum to {}",
        draft_.quorum, name(), weights_, weights_);
    draft_.quorum = static_cast<unsigned>(weights_);
  }
  if (draft_.hysteresis >= draft_.quorum) {
    const unsigned most = draft_.quorum == 0 ? 0 : draft_.quorum - 1;
    complain("Virtual server {}: hysteresis {} >= quorum {}; setting hysteresis to {}", name(),
             draft_.hysteresis, draft_.quorum, most);
    draft_.hysteresis = most;
  }
}

void Completion::check_port(RealServerDraft& server, bool sorry) {
  const auto what = [&] { return sorry ? "sorry server" : "real server " + name(server); };
  Port& port = server.endpoint.port;
  const bool given = port != Port(0);
  const bool fwmark = draft_.fwmark != 0;
  if (server.method == ForwardingMethod::nat) {
    if (!fwmark && !given) port = draft_.endpoint.port;
  } else if (fwmark) {
    if (!given) return;
    complain("WARNING - fwmark virtual server {}, {} has port specified - clearing", name(),
             what());
    port = Port(0);
  } else if (!given) {
    port = draft_.endpoint.port;
  } else if (port != draft_.endpoint.port) {
    // Only NAT can change the port of a packet.
    complain("WARNING - virtual server {} and {} ports don't match - resetting", name(), what());
    port = draft_.endpoint.port;
  }
}

void Completion::check_group_ports() {
  const auto each = [this](auto complain_about) {
    for (const auto& server : draft_.real_servers) complain_about(server, false);
    if (draft_.sorry_server) complain_about(*draft_.sorry_server, true);
  };
  // NAT changes ports.
  const auto fixed = [](const RealServerDraft& server) {
    return server.method != ForwardingMethod::nat && server.endpoint.port != Port(0);
  };
  if (has_marks()) {
    each([&](const RealServerDraft& server, bool sorry) {
      if (!fixed(server)) return;
      complain("WARNING - fwmark virtual server {}, {} has port specified - port will be ignored",
               name(), sorry ? "sorry server" : "real server " + name(server));
    });
  }
  for (const auto& addresses : group_->addresses) {
    each([&](const RealServerDraft& server, bool sorry) {
      if (!fixed(server) || server.endpoint.port == addresses.port) return;
      if (sorry) {
        complain(
            "WARNING - virtual server {}, sorry server has port specified - port will be "
            "ignored",
            name());
      } else {
        complain("virtual server {}:[{}] and real server {} ports don't match", name(),
                 to_string(addresses), name(server));
      }
    });
  }
}

void Completion::check_ports() {
  if (group_ != nullptr) return check_group_ports();
  for (auto& server : draft_.real_servers) check_port(server, false);
  if (draft_.sorry_server && draft_.sorry_server->method != ForwardingMethod::nat) {
    check_port(*draft_.sorry_server, true);
  }
}

RealServer Completion::build(const RealServerDraft& server, bool alert, const RealServer& former) {
  RealServer result;
  result.endpoint = server.endpoint;
  result.method = *server.method;
  result.tunnel = server.tunnel;
  result.weight = static_cast<int>(server.weight.value_or(1));
  result.inhibit_on_failure = server.inhibit_on_failure.value_or(false);
  result.upper_threshold = server.upper_threshold;
  result.lower_threshold = server.lower_threshold;
  result.slow_start = server.slow_start.value_or(0);
  result.drain = server.drain.value_or(0);
  result.timing = server.timing;
  // Each check has it.
  if (result.timing->rise) result.timing.edit().rise.reset();
  result.timing.share(former.timing);
  result.smtp_alert = server.smtp_alert.value_or(
      global_.smtp_alert_checker.value_or(global_.smtp_alert.value_or(alert)));
  RealServerExtras extras;
  extras.notify_up = users_.call<ScriptCall>(*server.notify_up, "notify");
  extras.notify_down = users_.call<ScriptCall>(*server.notify_down, "notify");
  extras.virtualhost = *server.virtualhost;
  extras.snmp_name = *server.snmp_name;
  result.extras = std::move(extras);
  result.extras.share(former.extras);
  return result;
}

VirtualServer Completion::build() {
  VirtualServer result;
  result.endpoint = draft_.endpoint;
  result.fwmark = draft_.fwmark;
  result.group = draft_.group;
  result.group_place = draft_.group_place;
  result.family = draft_.family;
  result.protocol = draft_.protocol.value_or(Protocol::tcp);
  result.scheduler = draft_.scheduler;
  result.flags = draft_.flags;
  result.method = draft_.method.value_or(ForwardingMethod::nat);
  result.tunnel = draft_.tunnel;
  result.persistence_timeout = draft_.persistence_timeout;
  result.persistence_granularity = draft_.persistence_granularity;
  if (result.family == Family::ipv6 && result.persistence_granularity == kEachClient4) {
    result.persistence_granularity = kEachClient6;
  }
  result.persistence_engine = draft_.persistence_engine;
  result.timing = draft_.timing;
  if (result.timing->rise) result.timing.edit().rise.reset();
  result.weight = draft_.weight;
  result.inhibit_on_failure = draft_.inhibit_on_failure;
  result.omega = draft_.omega;
  result.ha_suspend = draft_.ha_suspend;
  result.smtp_alert = draft_.smtp_alert.value_or(
      global_.smtp_alert_checker.value_or(global_.smtp_alert.value_or(false)));
  result.quorum = draft_.quorum;
  result.hysteresis = draft_.hysteresis;
  result.quorum_up = users_.call<ScriptCall>(draft_.quorum_up, "quorum");
  result.quorum_down = users_.call<ScriptCall>(draft_.quorum_down, "quorum");
  result.virtualhost = draft_.virtualhost;
  result.snmp_name = draft_.snmp_name;
  if (draft_.sorry_server) {
    result.sorry_server = build(*draft_.sorry_server, true, former_);
    result.sorry_server_inhibit = result.sorry_server->inhibit_on_failure;
  }
  return result;
}

std::vector<Few<Check>> Completion::build_all_checks() {
  std::vector<Few<Check>> all;
  all.reserve(draft_.real_servers.size());
  for (const auto& server : draft_.real_servers) {
    auto checks = build_checks(server, draft_.endpoint.port,
                               {global_, users_, diagnostics_, *draft_.timing->delay_loop});
    share(checks, all.empty() ? former_.checks : all.back());
    all.push_back(std::move(checks));
  }
  return all;
}

VirtualServer Completion::run() {
  InheritedTiming& timing = draft_.timing.edit();
  timing.delay_loop = timing.delay_loop.value_or(CheckTiming{}.delay_loop);
  timing.connect_timeout = timing.connect_timeout.value_or(CheckTiming{}.connect_timeout);
  timing.alpha = timing.alpha.value_or(false);
  check_service();
  check_real_servers();
  check_quorum();
  // Checks connect where the text says, also where forwarding takes another port.
  auto checks = build_all_checks();
  check_ports();
  VirtualServer result = build();
  result.real_servers.reserve(draft_.real_servers.size());
  for (std::size_t i = 0; i < draft_.real_servers.size(); ++i) {
    const RealServer& former = i > 0 ? result.real_servers[i - 1] : former_;
    RealServer server = build(draft_.real_servers[i], true, former);
    server.checks = std::move(checks[i]);
    result.real_servers.push_back(std::move(server));
  }
  return result;
}

}  // namespace

Verification::Verification(CheckersDraft& draft, const GlobalConfig& global, ScriptUsers& users,
                           Diagnostics& diagnostics, std::size_t expected)
    : draft_(draft),
      global_(global),
      users_(users),
      diagnostics_(diagnostics),
      groups_(draft.groups) {
  config_.virtual_servers.reserve(expected);
}

void Verification::take_virtual_servers() {
  // The original tells of groups before it looks at any virtual server itself.
  enum : std::uint8_t { kGroups, kTwins, kServers };
  const RealServer nobody;
  for (auto& server : draft_.virtual_servers) {
    diagnostics_.set_turn(kGroups);
    if (!groups_.link(server, diagnostics_)) continue;
    diagnostics_.set_turn(kTwins);
    twins_.note(server, diagnostics_);
    diagnostics_.set_turn(kServers);
    const auto* group = groups_.find(server.group);
    auto& done = config_.virtual_servers;
    const bool first = done.empty() || done.back().real_servers.empty();
    const RealServer& former = first ? nobody : done.back().real_servers.back();
    done.push_back(
        Completion(std::move(server), group, former, global_, users_, diagnostics_).run());
  }
  draft_.virtual_servers.clear();
}

CheckersConfig Verification::finish() {
  note_sessions(config_, diagnostics_);
  config_.tls = std::move(draft_.tls);
  config_.groups = std::move(draft_.groups);
  return std::move(config_);
}

}  // namespace understudy::checkers
