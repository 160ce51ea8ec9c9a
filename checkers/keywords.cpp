#include "checkers/keywords.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/global/ignored.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;
using Rows = Block<VirtualServerDraft>;

constexpr unsigned kUnlimited = 0xffffffff;
constexpr unsigned kLargestWeight = 0x7fffffff;
/// 31 days, the kernel's limit.
constexpr unsigned kLongestPersistence = 86400 * 31;
constexpr std::uint32_t kDefaultPersistence = 360;
/// IP_VS_PENAME_MAXLEN.
constexpr std::size_t kEngineNameSize = 16;

// Flags of an IPVS service (linux/ip_vs.h); 1 to 3 mean what the scheduler makes of them.
constexpr std::uint32_t kOnePacket = 0x0004;
constexpr std::uint32_t kFlag1 = 0x0008;
constexpr std::uint32_t kFlag2 = 0x0010;
constexpr std::uint32_t kFlag3 = 0x0020;

constexpr std::array kSchedulers{"rr", "wrr", "lc",  "wlc",   "lblc", "sh", "mh",
                                 "dh", "fo",  "ovf", "lblcr", "sed",  "nq", "twos"};

constexpr TimingMessages kTiming{"virtual server connect_timeout {1} invalid - ignoring",
                                 "virtual server delay loop '{1}' invalid - ignoring",
                                 "virtual server delay before retry '{1}' invalid - ignoring",
                                 "retry value invalid - {1}",
                                 "virtual server warmup '{1}' invalid - ignoring"};

void take_scheduler(VirtualServerDraft& draft, const Binding& binding) {
  const auto name = binding.argument();
  if (std::ranges::find(kSchedulers, name) != kSchedulers.end()) {
    draft.scheduler = name;
    return;
  }
  const auto near = nearest(name, {kSchedulers.begin(), kSchedulers.end()});
  binding.error(fmt::format("Invalid lvs_scheduler '{}' - ignoring", name),
                near.empty() ? fmt::format("expected one of {}", fmt::join(kSchedulers, ", "))
                             : fmt::format("did you mean '{}'?", near));
}

/// A flag that only one scheduler has a meaning for.
void add_scheduler_flag(Rows& rows, const std::string& name, const std::string& scheduler,
                        std::uint32_t flag, std::string doc) {
  rows.flag(name, std::move(doc),
            [scheduler, flag](VirtualServerDraft& draft, bool, const Binding& binding) {
              if (draft.scheduler == scheduler) {
                draft.flags |= flag;
              } else if (draft.scheduler != "sh" && draft.scheduler != "mh") {
                binding.error(
                    fmt::format("{} only applies to sh scheduler - ignoring", binding.keyword()));
              }
            });
}

void add_scheduling(Rows& rows) {
  rows.statement("lvs_sched|lb_algo", "Scheduler of the kernel.", take_scheduler)
      .takes(fmt::format("{}", fmt::join(kSchedulers, "|")), 1, 1)
      .by_default("wlc");
  const auto flag = [&rows](const std::string& name, std::uint32_t bit, std::string doc) {
    rows.flag(name, std::move(doc), [bit](VirtualServerDraft& draft, bool) { draft.flags |= bit; });
  };
  flag("ops", kOnePacket, "Schedule each packet by itself; UDP only.");
  flag("flag-1", kFlag1, "First flag of the scheduler.");
  flag("flag-2", kFlag2, "Second flag of the scheduler.");
  flag("flag-3", kFlag3, "Third flag of the scheduler.");
  add_scheduler_flag(rows, "sh-fallback", "sh", kFlag1, "Go on when the hashed server is down.");
  add_scheduler_flag(rows, "sh-port", "sh", kFlag2, "Hash the port too.");
  add_scheduler_flag(rows, "mh-fallback", "mh", kFlag1, "Go on when the hashed server is down.");
  add_scheduler_flag(rows, "mh-port", "mh", kFlag2, "Hash the port too.");
  add_scheduler_flag(rows, "hashed", "sh", 0, "Without meaning.");
  rows.statement("lvs_method|lb_kind", "How packets reach a real server.",
                 [](VirtualServerDraft& draft, const Binding& binding) {
                   const auto method = read_method(binding, "virtual");
                   if (method) draft.method = *method;
                 })
      .takes("NAT|DR|TUN", 1, SIZE_MAX)
      .by_default("NAT");
}

void take_granularity(VirtualServerDraft& draft, const Binding& binding) {
  const std::string word(binding.argument());
  const Family family = draft.family != Family::none
                            ? draft.family
                            : (word.find('.') == std::string::npos ? Family::ipv6 : Family::ipv4);
  if (family == Family::ipv6) {
    const auto length = parse_unsigned(word, 1, 128);
    if (!length) {
      binding.error(length.error().message);
      binding.error(fmt::format("Invalid IPv6 persistence_granularity specified - {}", word));
      return;
    }
    draft.persistence_granularity = static_cast<std::uint32_t>(*length);
  } else {
    in_addr mask{};
    if (inet_aton(word.c_str(), &mask) == 0) {
      binding.error(fmt::format("Invalid IPv4 persistence_granularity specified - {}", word));
      return;
    }
    draft.persistence_granularity = mask.s_addr;
  }
  draft.family = family;
  if (draft.persistence_timeout == 0) draft.persistence_timeout = kDefaultPersistence;
}

void add_persistence(Rows& rows) {
  auto& timeout = rows.value("persistence_timeout", "Seconds a client keeps its real server.",
                             number<unsigned>(1, kLongestPersistence),
                             &VirtualServerDraft::persistence_timeout);
  timeout.by_default("not persistent; 360 without a number")
      .invalid("persistence_timeout invalid")
      .allow_missing();
  timeout.syntax = "[SECONDS]";
  timeout.min_words = 0;
  timeout.apply = [inner = timeout.apply](VirtualServerDraft& draft, const Binding& binding) {
    if (binding.arguments().empty()) {
      draft.persistence_timeout = kDefaultPersistence;
    } else {
      inner(draft, binding);
    }
  };
  rows.statement("persistence_granularity", "Clients that count as one.", take_granularity)
      .takes("NETMASK|PREFIXLENGTH", 1, 1)
      .by_default("each by itself");
  rows.value("persistence_engine", "Kernel module that tells clients apart.", text("NAME"),
             [](VirtualServerDraft& draft, std::string name, const Binding& binding) {
               if (name.size() > kEngineNameSize) {
                 binding.error(fmt::format("persistence_name too long, truncating - {}", name));
                 name.resize(kEngineNameSize);
               }
               draft.persistence_engine = std::move(name);
             });
}

void take_protocol(VirtualServerDraft& draft, const Binding& binding) {
  const std::string word(binding.argument());
  if (strcasecmp(word.c_str(), "TCP") == 0) {
    draft.protocol = Protocol::tcp;
  } else if (strcasecmp(word.c_str(), "UDP") == 0) {
    draft.protocol = Protocol::udp;
  } else if (strcasecmp(word.c_str(), "SCTP") == 0) {
    draft.protocol = Protocol::sctp;
  } else {
    binding.error(fmt::format("Unknown protocol {} - ignoring", word), "expected TCP, UDP or SCTP");
  }
}

void take_family(VirtualServerDraft& draft, const Binding& binding) {
  const auto word = binding.argument();
  if (word != "inet" && word != "inet6") {
    binding.error(fmt::format("unknown address family {}", word), "expected inet or inet6");
    return;
  }
  const Family family = word == "inet" ? Family::ipv4 : Family::ipv6;
  if (draft.family != Family::none && draft.family != family) {
    binding.error(
        fmt::format("Virtual server specified family {} conflicts with server family", word));
    return;
  }
  draft.family = family;
}

void add_service(Rows& rows) {
  rows.statement("protocol", "Transport of the service.", take_protocol)
      .takes("TCP|UDP|SCTP", 1, 1);
  rows.statement("ip_family", "Family of a firewall-mark service.", take_family)
      .takes("inet|inet6", 1, 1)
      .by_default("that of its servers");
  rows.value("virtualhost", "Host header of HTTP checks.", text(),
             replaceable(&VirtualServerDraft::virtualhost, "vs virtualhost"))
      .when_missing("virtual server virtualhost missing");
  // Old tutorials have it; it never had an effect.
  rows.gone("nat_mask", "Unknown keyword '{0}'");
}

void add_health(Rows& rows) {
  add_timing(rows, kTiming, 1, {});
  rows.flag("alpha", "Real servers are down until a check succeeds.",
            [](VirtualServerDraft& draft, bool) { draft.timing.alpha = true; });
  rows.flag("omega", "At the stop, run the scripts for what goes down.",
            &VirtualServerDraft::omega);
  rows.flag("ha_suspend", "Check only while the address is on this machine.",
            &VirtualServerDraft::ha_suspend);
  rows.flag("inhibit_on_failure", "A failed server keeps its entry, with weight 0.",
            &VirtualServerDraft::inhibit_on_failure);
  rows.value("weight", "Weight of real servers that do not say.",
             number<unsigned>(1, kLargestWeight), &VirtualServerDraft::weight)
      .by_default("1")
      .invalid("Virtual server weight {1} is outside range 1-2147483647");
  auto& quorum = rows.value("quorum", "Sum of weights that makes the service available.",
                            number<unsigned>(1, kUnlimited), &VirtualServerDraft::quorum)
                     .by_default("1")
                     .invalid("Quorum {1} must be in [1, 4294967295]. Setting to 1.");
  quorum.apply = [inner = quorum.apply](VirtualServerDraft& draft, const Binding& binding) {
    draft.quorum = 1;
    inner(draft, binding);
  };
  rows.value("hysteresis", "So much above the quorum to gain, below it to lose it.",
             number<unsigned>(0, kUnlimited), &VirtualServerDraft::hysteresis)
      .by_default("0")
      .invalid("Hysteresis {1} must be in [0, 4294967295] - ignoring");
}

void add_notification(Rows& rows) {
  rows.value("smtp_alert", "Send mail about the quorum.", optional_boolean(),
             &VirtualServerDraft::smtp_alert)
      .by_default("smtp_alert_checker, smtp_alert, off")
      .invalid("Invalid virtual_server smtp_alert parameter {1}");
  rows.value("quorum_up", "Script to run when the quorum is gained.", script_text(),
             &VirtualServerDraft::quorum_up)
      .once("({2}) quorum_up script already specified - ignoring {1}");
  rows.value("quorum_down", "Script to run when it is lost.", script_text(),
             &VirtualServerDraft::quorum_down)
      .once("({2}) quorum_down script already specified - ignoring {1}");
}

void take_sorry_server(VirtualServerDraft& draft, const Binding& binding) {
  const auto endpoint = read_server(binding);
  if (!endpoint) {
    binding.error(fmt::format("Invalid sorry server IP address {} - skipping", binding.argument()));
    return;
  }
  draft.sorry_server = RealServerDraft{};
  draft.sorry_server->endpoint = *endpoint;
  draft.sorry_server->method = draft.method;
}

RealServerDraft* open_real_server(VirtualServerDraft& draft, const Binding& binding) {
  const auto endpoint = read_server(binding);
  if (!endpoint) {
    binding.error(fmt::format("Invalid real server ip address/port {}/{} - skipping",
                              binding.argument(), binding.argument(1)));
    return nullptr;
  }
  auto& server = draft.real_servers.emplace_back();
  server.endpoint = *endpoint;
  server.method = draft.method;
  return &server;
}

/// Only a tunnel reaches a server of another family.
void close_real_server(VirtualServerDraft& draft, RealServerDraft& server, const Binding& binding) {
  if (server.method == ForwardingMethod::tunnel) return;
  const Family family = server.endpoint.address.family();
  if (draft.family == Family::none) draft.family = family;
  if (draft.family == family) return;
  binding.report_at(
      Severity::error, binding.closing(),
      fmt::format("Address family of virtual server and real server {} don't match - skipping real "
                  "server.",
                  server.endpoint.address.to_string()));
  draft.real_servers.pop_back();
}

void add_servers(Rows& rows) {
  rows.statement("sorry_server", "Used while the quorum is missing.", take_sorry_server)
      .takes("IP [PORT]", 1, 2);
  rows.flag("sorry_server_inhibit", "A sorry server not in use keeps its entry, with weight 0.",
            [](VirtualServerDraft& draft, bool, const Binding& binding) {
              if (draft.sorry_server) {
                draft.sorry_server->inhibit_on_failure = true;
              } else {
                binding.error("Ignoring sorry_server inhibit used before or without sorry_server");
              }
            });
  rows.statement("sorry_server_lvs_method", "How packets reach it.",
                 [](VirtualServerDraft& draft, const Binding& binding) {
                   if (!draft.sorry_server) {
                     binding.error("sorry_server forwarding used without sorry_server");
                   } else if (const auto method = read_method(binding, "sorry")) {
                     draft.sorry_server->method = *method;
                   }
                 })
      .takes("NAT|DR|TUN", 1, SIZE_MAX)
      .by_default("lvs_method");
  rows.block("real_server", "A server that does the work.", real_server_rows(), open_real_server,
             close_real_server)
      .takes("IP [PORT]", 1, 2)
      .adds_up();
}

Rows virtual_server_rows() {
  Rows rows;
  add_service(rows);
  add_scheduling(rows);
  add_persistence(rows);
  add_health(rows);
  add_notification(rows);
  add_servers(rows);
  constexpr std::array kIgnored{Ignored{"snmp_name", "Name in SNMP.", "NAME", Missing::complains}};
  add_ignored<VirtualServerDraft>(rows, kIgnored);
  return rows;
}

VirtualServerDraft* open_virtual_server(CheckersDraft& section, const Binding& binding) {
  VirtualServerDraft draft;
  if (binding.argument() == "group") {
    note_without_effect(binding);
    return nullptr;
  }
  if (binding.argument() == "fwmark") {
    if (binding.arguments().size() < 2) {
      binding.missing(2);
      return nullptr;
    }
    const auto mark = parse_unsigned(binding.argument(1), 0, kUnlimited);
    if (!mark) {
      binding.error_at(binding.arguments()[1], mark.error().message);
      binding.error_at(binding.arguments()[1],
                       fmt::format("virtual server fwmark '{}' must be in [0, 4294967295] - "
                                   "ignoring",
                                   binding.argument(1)));
      return nullptr;
    }
    draft.fwmark = static_cast<std::uint32_t>(*mark);
    draft.is_fwmark = true;
  } else {
    const auto endpoint = read_server(binding);
    if (!endpoint) {
      const bool port = binding.argument(1).find_first_not_of('0') != std::string_view::npos;
      binding.error(fmt::format("Invalid virtual server IP address{} {}{}{} - skipping",
                                port ? "/port" : "", binding.argument(), port ? "/" : "",
                                port ? binding.argument(1) : ""));
      return nullptr;
    }
    draft.endpoint = *endpoint;
    draft.family = endpoint->address.family();
  }
  return &section.virtual_servers.emplace_back(std::move(draft));
}

/// A firewall-mark service of tunnels only has the family of its servers, if they have one.
Family family_of_tunnels(const VirtualServerDraft& draft) {
  Family family = draft.sorry_server ? draft.sorry_server->endpoint.address.family() : Family::none;
  for (const auto& server : draft.real_servers) {
    const Family own = server.endpoint.address.family();
    if (family == Family::none) family = own;
    if (family != own) return Family::ipv4;
  }
  return family == Family::none ? Family::ipv4 : family;
}

void close_virtual_server(CheckersDraft& section, VirtualServerDraft& draft,
                          const Binding& binding) {
  if (draft.real_servers.empty()) {
    binding.report_at(
        Severity::error, binding.closing(),
        fmt::format("Virtual server {} has no real servers - ignoring", describe(draft)));
    section.virtual_servers.pop_back();
    return;
  }
  if (draft.sorry_server && draft.sorry_server->method != ForwardingMethod::tunnel) {
    const IpAddress& address = draft.sorry_server->endpoint.address;
    if (draft.family == Family::none) draft.family = address.family();
    if (draft.family != address.family()) {
      binding.report_at(Severity::error, binding.closing(),
                        fmt::format("Address family of virtual server and sorry server {} don't "
                                    "match - skipping sorry server.",
                                    address.to_string()));
      draft.sorry_server.reset();
    }
  }
  if (draft.family == Family::none) draft.family = family_of_tunnels(draft);
}

}  // namespace

std::optional<Endpoint> read_server(const Binding& binding) {
  Endpoint endpoint;
  const auto port_text = binding.argument(1);
  if (port_text.find_first_not_of('0') != std::string_view::npos) {
    const auto port = parse_unsigned(port_text, 1, 65535);
    if (!port) {
      binding.error_at(binding.arguments()[1], port.error().message);
      return std::nullopt;
    }
    endpoint.port = Port(static_cast<std::uint16_t>(*port));
  }
  const auto address = parse_plain_address(binding.argument());
  if (!address) return std::nullopt;
  endpoint.address = *address;
  return endpoint;
}

std::string describe(const VirtualServerDraft& draft) {
  if (draft.is_fwmark) return fmt::format("FWM {}", draft.fwmark);
  return draft.endpoint.to_string(protocol_name(draft.protocol));
}

std::string_view protocol_name(std::optional<Protocol> protocol) {
  if (!protocol) return "none";
  switch (*protocol) {
    case Protocol::tcp:
      return "tcp";
    case Protocol::udp:
      return "udp";
    case Protocol::sctp:
      return "sctp";
  }
  return "none";
}

Block<CheckersDraft> checkers_rows() {
  Block<CheckersDraft> rows;
  rows.block("virtual_server", "A service this machine spreads over real servers.",
             virtual_server_rows(), open_virtual_server, close_virtual_server)
      .takes("IP [PORT] | fwmark NUMBER | group NAME", 1, 2)
      .adds_up()
      .reported_by(Stage::checkers);
  return rows;
}

}  // namespace understudy::checkers
