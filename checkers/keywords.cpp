#include "checkers/keywords.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <utility>

#include "checkers/label.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;
using Rows = Block<VirtualServerDraft>;

constexpr unsigned kUnlimited = 0xffffffff;
constexpr unsigned kLargestWeight = 0x7fffffff;
constexpr TimingMessages kTiming{"virtual server connect_timeout {1} invalid - ignoring",
                                 "virtual server delay loop '{1}' invalid - ignoring",
                                 "virtual server delay before retry '{1}' invalid - ignoring",
                                 "retry value invalid - {1}",
                                 "virtual server warmup '{1}' invalid - ignoring"};

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
  add_snmp_name(rows, "virtual server", "vs snmp_name");
  // Old tutorials have it; it never had an effect.
  rows.gone("nat_mask", "Unknown keyword '{0}'");
}

void add_health(Rows& rows) {
  add_timing(rows, kTiming, 1, {});
  rows.flag("alpha", "Real servers are down until a check succeeds.",
            [](VirtualServerDraft& draft, bool) { draft.timing.edit().alpha = true; });
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
  add_transition_rows(rows, "0: at once");
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

/// A server as lvs_method stands at this place in the text.
RealServerDraft make_server(const VirtualServerDraft& draft, const Endpoint& endpoint) {
  RealServerDraft server;
  server.endpoint = endpoint;
  server.method = draft.method;
  server.tunnel = draft.tunnel;
  return server;
}

void take_sorry_server(VirtualServerDraft& draft, const Binding& binding) {
  const auto endpoint = read_server(binding);
  if (!endpoint) {
    binding.error(fmt::format("Invalid sorry server IP address {} - skipping", binding.argument()));
    return;
  }
  draft.sorry_server = make_server(draft, *endpoint);
}

RealServerDraft* open_real_server(VirtualServerDraft& draft, const Binding& binding) {
  const auto endpoint = read_server(binding);
  if (!endpoint) {
    binding.error(fmt::format("Invalid real server ip address/port {}/{} - skipping",
                              binding.argument(), binding.argument(1)));
    return nullptr;
  }
  auto& server = draft.real_servers.emplace_back(make_server(draft, *endpoint));
  server.protocol = draft.protocol;
  server.section = draft.section;
  return &server;
}

/// nullptr: it has nothing in common with others.
CommonDraft* common_of(CheckDraft& check) {
  return std::visit(
      [](auto& draft) -> CommonDraft* {
        if constexpr (requires { draft.common; }) return &draft.common;
        if constexpr (requires { draft->common; }) return &draft->common;
        return nullptr;
      },
      check);
}

/// Keeps in one place what a server has in common with the one before: there may be thousands.
void share_with_former(std::vector<RealServerDraft>& servers) {
  if (servers.size() < 2) return;
  RealServerDraft& server = servers.back();
  RealServerDraft& former = servers[servers.size() - 2];
  server.timing.share(former.timing);
  server.notify_up.share(former.notify_up);
  server.notify_down.share(former.notify_down);
  server.virtualhost.share(former.virtualhost);
  server.snmp_name.share(former.snmp_name);
  const std::size_t both = std::min(server.checks.size(), former.checks.size());
  for (std::size_t i = 0; i < both; ++i) {
    CommonDraft* own = common_of(server.checks[i]);
    const CommonDraft* other = common_of(former.checks[i]);
    if (own == nullptr || other == nullptr) continue;
    own->timing.share(other->timing);
    own->endpoint.share(other->endpoint);
  }
}

/// Only a tunnel reaches a server of another family.
void close_real_server(VirtualServerDraft& draft, RealServerDraft& server, const Binding& binding) {
  share_with_former(draft.real_servers);
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
  add_method(rows, "sorry_server_lvs_method", "How packets reach it.", "sorry",
             [](VirtualServerDraft& draft, const Binding& binding) {
               if (draft.sorry_server) {
                 return MethodTarget{&draft.sorry_server->method, &draft.sorry_server->tunnel};
               }
               binding.error("sorry_server forwarding used without sorry_server");
               return MethodTarget{};
             })
      .by_default("lvs_method");
  rows.block("real_server", "A server that does the work.", real_server_rows(), open_real_server,
             close_real_server)
      .takes("IP [PORT]", 1, 2)
      .adds_up();
}

Rows virtual_server_rows() {
  Rows rows;
  add_service(rows);
  add_scheduling_rows(rows);
  add_health(rows);
  add_notification(rows);
  add_servers(rows);
  return rows;
}

/// fwmark N; false: skip it.
bool read_fwmark(VirtualServerDraft& draft, const Binding& binding) {
  const auto mark = parse_unsigned(binding.argument(1), 0, kUnlimited);
  if (!mark) {
    const Word& word = binding.arguments()[1];
    binding.error_at(word, mark.error().message);
    binding.error_at(
        word,
        fmt::format("virtual server fwmark '{}' must be in [0, 4294967295] - ignoring", word.text));
    return false;
  }
  draft.fwmark = static_cast<std::uint32_t>(*mark);
  return true;
}

/// ADDRESS [PORT]; false: skip it.
bool read_address(VirtualServerDraft& draft, const Binding& binding) {
  const auto endpoint = read_server(binding);
  if (!endpoint) {
    const bool port = binding.argument(1).find_first_not_of('0') != std::string_view::npos;
    binding.error(fmt::format("Invalid virtual server IP address{} {}{}{} - skipping",
                              port ? "/port" : "", binding.argument(), port ? "/" : "",
                              port ? binding.argument(1) : ""));
    return false;
  }
  draft.endpoint = *endpoint;
  draft.family = endpoint->address.family();
  return true;
}

/// Statements directly inside a block.
std::size_t count_statements(const Binding& block) {
  std::size_t count = 0;
  for ([[maybe_unused]] const Node& node : block.tree().children(block.node())) ++count;
  return count;
}

VirtualServerDraft* open_virtual_server(CheckersDraft& section, const Binding& binding) {
  VirtualServerDraft draft;
  draft.section = &section;
  const bool group = binding.argument() == "group";
  const bool fwmark = binding.argument() == "fwmark";
  if ((group || fwmark) && binding.arguments().size() < 2) {
    binding.missing(2);
    return nullptr;
  }
  if (group) {
    draft.group = binding.argument(1);
  } else if (!(fwmark ? read_fwmark(draft, binding) : read_address(draft, binding))) {
    return nullptr;
  }
  // Thousands of real servers would be moved again and again.
  draft.real_servers.reserve(count_statements(binding));
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
  // That of a group is a matter of all its lines, wherever they stand.
  if (draft.family == Family::none && draft.group.empty()) draft.family = family_of_tunnels(draft);
}

}  // namespace

std::optional<Endpoint> read_server(const Binding& binding, std::size_t first) {
  Endpoint endpoint;
  const auto words = binding.words();
  const bool has_port = words.size() > first + 1 &&
                        words[first + 1].text.find_first_not_of('0') != std::string_view::npos;
  if (has_port) {
    const auto port = parse_unsigned(words[first + 1].text, 1, 65535);
    if (!port) {
      binding.error_at(words[first + 1], port.error().message);
      return std::nullopt;
    }
    endpoint.port = Port(static_cast<std::uint16_t>(*port));
  }
  const auto address = parse_plain_address(words[first].text);
  if (!address) return std::nullopt;
  endpoint.address = *address;
  return endpoint;
}

std::string describe(const VirtualServerDraft& draft) {
  if (!draft.group.empty()) return fmt::format("[{}]:{}", draft.group, draft.group_place);
  if (draft.fwmark != 0) return fmt::format("FWM {}", draft.fwmark);
  if (draft.endpoint.address.empty()) {
    return fmt::format("[(none)]:{}:{}", protocol_name(draft.protocol),
                       draft.endpoint.port.value());
  }
  return draft.endpoint.to_string(protocol_name(draft.protocol));
}

std::string describe(const RealServerDraft& server) {
  return server.endpoint.to_string(protocol_name(server.protocol));
}

std::string_view protocol_name(std::optional<Protocol> protocol) {
  return protocol ? protocol_name(*protocol) : "none";
}

Block<CheckersDraft> checkers_rows() {
  Block<CheckersDraft> rows;
  add_tls_rows(rows);
  add_group_rows(rows);
  rows.block("virtual_server", "A service this machine spreads over real servers.",
             virtual_server_rows(), open_virtual_server, close_virtual_server)
      .takes("IP [PORT] | fwmark NUMBER | group NAME", 1, 2)
      .adds_up()
      .reported_by(Stage::checkers)
      .after_others();
  return rows;
}

}  // namespace understudy::checkers
