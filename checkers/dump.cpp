#include "checkers/dump.hpp"

#include <linux/ip_vs.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "checkers/dump_parts.hpp"
#include "checkers/label.hpp"

namespace understudy::checkers {
namespace {

/// The configuration with what is known of it.
struct Context {
  const CheckersConfig& config;
  const GlobalConfig& global;
  const DumpFacts& facts;
  [[nodiscard]] const ServiceFacts& of(const VirtualServer& service) const {
    static const ServiceFacts kNotBegun;
    const auto found = facts.services.find(label(service));
    return found == facts.services.end() ? kNotBegun : found->second;
  }
};

/// Facts of a server; of one that has not begun, none.
ServerFacts server_facts(const ServiceFacts& service, std::size_t place) {
  return place < service.servers.size() ? service.servers[place] : ServerFacts();
}

bool uses_tls(const CheckersConfig& config) {
  const auto tls = [](const Check& check) {
    const auto* http = check.get_if<HttpCheck>();
    return http != nullptr && http->tls;
  };
  return std::ranges::any_of(config.virtual_servers, [&](const VirtualServer& service) {
    return std::ranges::any_of(service.real_servers, [&](const RealServer& server) {
      return std::ranges::any_of(server.checks, tls);
    });
  });
}

void dump_tls(DumpLines& out, const CheckersConfig& config) {
  if (!config.tls && !uses_tls(config)) return;
  out.add("------< SSL definitions >------");
  const TlsFiles files = config.tls.value_or(TlsFiles());
  if (files == TlsFiles()) return out.add(" Using autogen SSL context");
  if (!files.password.empty()) out.add(" Password : {}", files.password);
  if (!files.ca.empty()) out.add(" CA-file : {}", files.ca);
  if (!files.certificate.empty()) out.add(" Certificate file : {}", files.certificate);
  if (!files.key.empty()) out.add(" Key file : {}", files.key);
}

/// How many servers of a group are in the table, by protocol or family.
struct Alive {
  std::size_t tcp = 0;
  std::size_t udp = 0;
  std::size_t sctp = 0;
  std::size_t ipv4 = 0;
  std::size_t ipv6 = 0;
};

using AliveByGroup = std::unordered_map<std::string, Alive>;

AliveByGroup count_alive(const Context& context) {
  AliveByGroup groups;
  for (const auto& service : context.config.virtual_servers) {
    if (service.group.empty()) continue;
    Alive& alive = groups[service.group];
    const ServiceFacts& facts = context.of(service);
    for (std::size_t i = 0; i < service.real_servers.size(); ++i) {
      if (!server_facts(facts, i).set) continue;
      ++(service.protocol == Protocol::tcp   ? alive.tcp
         : service.protocol == Protocol::udp ? alive.udp
                                             : alive.sctp);
      ++(service.real_servers[i].endpoint.address.is_v6() ? alive.ipv6 : alive.ipv4);
    }
  }
  return groups;
}

void dump_marks(DumpLines& out, const VirtualServerGroup& group, const AutoMarks& marks) {
  const auto mark = [&](Protocol protocol) {
    const auto found = marks.find(std::pair(group.name, protocol));
    return found == marks.end() ? 0 : found->second;
  };
  const auto tcp = mark(Protocol::tcp);
  const auto udp = mark(Protocol::udp);
  const auto sctp = mark(Protocol::sctp);
  if (tcp == 0 && udp == 0 && sctp == 0) return;
  out.add("  Fwmark TCP: {} UDP: {} SCTP: {}", tcp, udp, sctp);
}

void dump_group(DumpLines& out, const VirtualServerGroup& group, const Alive& alive,
                const AutoMarks& marks) {
  const auto has = [&](Family family) {
    return std::ranges::any_of(
        group.addresses, [&](const GroupAddresses& one) { return one.first.family() == family; });
  };
  out.add(" ------< Virtual server group >------");
  out.add(" Virtual Server Group = {}, IPv4 = {}, IPv6 = {}", group.name, yes_no(has(Family::ipv4)),
          yes_no(has(Family::ipv6)));
  dump_marks(out, group, marks);
  for (const auto& [first, last, port] : group.addresses) {
    if (first == last) {
      out.add("   VIP = {}, VPORT = {}", first.to_string(), port.value());
    } else {
      out.add("   VIP Range = {}-{}, VPORT = {}", first.to_string(), last.to_string(),
              port.value());
    }
    out.add("     Alive: {} tcp, {} udp, {} sctp", alive.tcp, alive.udp, alive.sctp);
    out.add("     reloaded = False");
  }
  for (const auto& [mark, family] : group.marks) {
    const char* only = family == Family::ipv4 ? " IPv4" : family == Family::ipv6 ? " IPv6" : "";
    out.add("   FWMARK = {}{}", mark, only);
    out.add("     Alive: {} IPv4, {} IPv6", alive.ipv4, alive.ipv6);
    out.add("     reloaded = False");
  }
}

std::string method_text(ForwardingMethod method, const Tunnel& tunnel) {
  switch (method) {
    case ForwardingMethod::nat:
      return "NAT";
    case ForwardingMethod::direct_routing:
      return "DR";
    case ForwardingMethod::tunnel:
      break;
  }
  if (tunnel.type == TunnelType::ipip) return "TUN, type = IPIP";
  const char* checksum = tunnel.checksum == TunnelChecksum::none    ? "no checksum"
                         : tunnel.checksum == TunnelChecksum::whole ? "checksum"
                                                                    : "remote checksum";
  if (tunnel.type == TunnelType::gre) return fmt::format("TUN, type = GRE, {}", checksum);
  return fmt::format("TUN, type = GUE, port = {}, {}", tunnel.port.value(), checksum);
}

/// "[GROUP]:0", "FWM 7" or "[10.0.0.1]:tcp:80" and what is common to them.
void dump_service_name(DumpLines& out, const VirtualServer& service) {
  out.add(" ------< Virtual server >------");
  if (!service.group.empty()) {
    out.add(" VS GROUP = {}", label(service));
  } else if (service.fwmark != 0) {
    out.add(" VS FWMARK = {}", service.fwmark);
  } else {
    out.add(" VS VIP = {}, VPORT = {}", service.endpoint.address.to_string(),
            service.endpoint.port.value());
  }
  if (!service.virtualhost.empty()) out.add("   VirtualHost = {}", service.virtualhost);
  if (!service.snmp_name.empty()) out.add("   SNMP name = '{}'", service.snmp_name);
  if (service.family == Family::none) {
    out.add("   Address family = IPv4 & IPv6");
  } else {
    out.add("   Address family = inet{}", service.family == Family::ipv4 ? "" : "6");
  }
  const InheritedTiming& timing = *service.timing;
  const CheckTiming defaults;
  out.add("   connection timeout = {}",
          decimal(timing.connect_timeout.value_or(defaults.connect_timeout)));
  out.add("   delay_loop = {}", decimal(timing.delay_loop.value_or(defaults.delay_loop)));
}

void dump_scheduling(DumpLines& out, const VirtualServer& service) {
  const auto flag = [&](const std::string& name, std::uint32_t bit) {
    out.add("   {} = {}", name, enabled((service.flags & bit) != 0));
  };
  out.add("   lvs_sched = {}", service.scheduler);
  flag("Hashed", IP_VS_SVC_F_HASHED);
  if (service.scheduler == "sh" || service.scheduler == "mh") {
    flag(service.scheduler + "-port", kFlag2);
    flag(service.scheduler + "-fallback", kFlag1);
  } else {
    flag("flag-1", kFlag1);
    flag("flag-2", kFlag2);
    flag("flag-3", kFlag3);
  }
  const bool one_packet = (service.flags & kOnePacket) != 0;
  out.add("   One packet scheduling = {}{}", enabled(one_packet),
          one_packet && service.protocol != Protocol::udp ? " (inactive due to not UDP)" : "");
  if (service.persistence_timeout != 0) {
    out.add("   persistence timeout = {}", service.persistence_timeout);
  }
  if (service.persistence_granularity == 0xffffffff) return;
  if (service.family == Family::ipv6) {
    out.add("   persistence granularity = {}", service.persistence_granularity);
  } else {
    out.add("   persistence granularity = {}",
            IpAddress(in_addr{service.persistence_granularity}).to_string());
  }
}

const char* protocol_text(const VirtualServer& service) {
  if (service.fwmark != 0) return "none";
  switch (service.protocol) {
    case Protocol::tcp:
      break;
    case Protocol::udp:
      return "UDP";
    case Protocol::sctp:
      return "SCTP";
  }
  return "TCP";
}

/// What virtual and real servers may say for checks.
void dump_given_timing(DumpLines& out, const InheritedTiming& timing) {
  if (timing.retry) out.add("   Retry count = {}", *timing.retry);
  if (timing.delay_before_retry) {
    out.add("   Retry delay = {}", decimal(*timing.delay_before_retry));
  }
  if (timing.warmup) out.add("   Warmup = {}", decimal(*timing.warmup));
}

void dump_sorry_server(DumpLines& out, const VirtualServer& service, const ServiceFacts& facts) {
  if (!service.sorry_server) return;
  const RealServer& sorry = *service.sorry_server;
  const bool twice = std::ranges::find(service.real_servers, sorry.endpoint,
                                       &RealServer::endpoint) != service.real_servers.end();
  out.add("   sorry server {}= {}", twice ? "(duplicates rs) " : "", label(sorry, service));
  out.add("     forwarding method = {}", method_text(sorry.method, sorry.tunnel));
  out.add("     Inhibit on failure is {}", on_off(service.sorry_server_inhibit));
  out.add("     set = {:d}", facts.sorry_set);
  out.add("     alive = {:d}", facts.sorry_set && !twice);
}

void dump_trackers(DumpLines& out, const RealServer& server) {
  const auto list = [&]<typename Kind>(const char* heading, auto line) {
    bool first = true;
    for (const auto& check : server.checks) {
      const auto* one = check.get_if<Kind>();
      if (one == nullptr) continue;
      if (std::exchange(first, false)) out.add("   {}", heading);
      out.add("     {}", line(*one));
    }
  };
  list.operator()<FileCheck>("Tracked Files", [](const FileCheck& file) {
    return fmt::format("{}, weight {}{}", file.track_file, file.weight, reversed(file.reverse));
  });
  list.operator()<BfdCheck>("Tracked BFDs", [](const BfdCheck& bfd) { return bfd.name; });
}

void dump_server(DumpLines& out, const RealServer& server, const VirtualServer& service,
                 const ServerFacts& facts, const FindScript& find) {
  const std::int64_t weight = facts.weight.value_or(server.weight);
  out.add("   ------< Real server >------");
  out.add("   RIP = {}, RPORT = {}, WEIGHT = {} EFF WEIGHT = {}",
          server.endpoint.address.to_string(), server.endpoint.port.value(), kernel_weight(weight),
          weight);
  out.add("   forwarding method = {}", method_text(server.method, server.tunnel));
  const InheritedTiming& timing = *server.timing;
  const CheckTiming defaults;
  out.add("   Alpha is {}", on_off(timing.alpha.value_or(false)));
  out.add("   connection timeout = {}",
          decimal(timing.connect_timeout.value_or(defaults.connect_timeout)));
  out.add("   connection limit range = {} -> {}", server.lower_threshold, server.upper_threshold);
  out.add("   Delay loop = {}", decimal(timing.delay_loop.value_or(defaults.delay_loop)));
  dump_given_timing(out, timing);
  out.add("   Inhibit on failure is {}", on_off(server.inhibit_on_failure));
  add_script(out, "   RS up notify script", server.extras->notify_up, find);
  add_script(out, "   RS down notify script", server.extras->notify_down, find);
  if (!server.extras->virtualhost.empty() && server.extras->virtualhost != service.virtualhost) {
    out.add("    VirtualHost = '{}'", server.extras->virtualhost);
  }
  if (!server.extras->snmp_name.empty()) {
    out.add("   SNMP name = {}", server.extras->snmp_name);
  }
  out.add("   Using smtp notification = {}", yes_no(server.smtp_alert));
  out.add("   initial weight = {}", server.weight);
  out.add("   effective weight = {}", weight);
  out.add("   previous effective_weight = 0");
  out.add("   alive = {:d}", facts.alive);
  out.add("   num failed checkers = {}",
          std::ranges::count_if(facts.checks, [](const CheckFacts& one) { return !one.up; }));
  out.add("   RS set = {:d}", facts.set);
  out.add("   reloaded = 0");
  dump_trackers(out, server);
}

void dump_service(DumpLines& out, const VirtualServer& service, const Context& context) {
  const ServiceFacts& facts = context.of(service);
  const FindScript& find = context.facts.find_script;
  dump_service_name(out, service);
  dump_scheduling(out, service);
  out.add("   protocol = {}", protocol_text(service));
  out.add("   alpha is {}", on_off(service.timing->alpha.value_or(false)));
  out.add("   omega is {}", on_off(service.omega));
  dump_given_timing(out, *service.timing);
  out.add("   Inhibit on failure is {}", on_off(service.inhibit_on_failure));
  out.add("   quorum = {}, hysteresis = {}", service.quorum, service.hysteresis);
  add_script(out, "   Quorum up notify script", service.quorum_up, find);
  add_script(out, "   Quorum down notify script", service.quorum_down, find);
  if (service.ha_suspend) out.add("   Using HA suspend");
  out.add("   Using smtp notification = {}", yes_no(service.smtp_alert));
  out.add("   default forwarding method = {}", method_text(service.method, service.tunnel));
  dump_sorry_server(out, service, facts);
  const bool begun = context.facts.services.contains(label(service));
  out.add("   VS alive = {:d}", begun);
  out.add("   quorum_state_up = {:d}", facts.quorum_up);
  out.add("   reloaded = 0");
  for (std::size_t i = 0; i < service.real_servers.size(); ++i) {
    dump_server(out, service.real_servers[i], service, server_facts(facts, i), find);
  }
}

void dump_topology(DumpLines& out, const Context& context) {
  const auto& config = context.config;
  if (config.virtual_servers.empty()) return;
  out.add("------< LVS Topology >------");
  constexpr unsigned kVersion = IP_VS_VERSION_CODE;
  out.add(" System is compiled with LVS v{}.{}.{}", kVersion >> 16, kVersion >> 8 & 0xff,
          kVersion & 0xff);
  const AliveByGroup alive = count_alive(context);
  for (const auto& group : config.groups) {
    const auto found = alive.find(group.name);
    dump_group(out, group, found == alive.end() ? Alive() : found->second, context.facts.marks);
  }
  for (const auto& service : config.virtual_servers) dump_service(out, service, context);
}

/// Calls `visit` with every check there is and where it is.
template <typename Visit>
void for_each_check(const Context& context, Visit visit) {
  for (const auto& service : context.config.virtual_servers) {
    for (std::size_t i = 0; i < service.real_servers.size(); ++i) {
      const auto& server = service.real_servers[i];
      const ServerFacts facts = server_facts(context.of(service), i);
      for (std::size_t k = 0; k < server.checks.size(); ++k) {
        const CheckFacts known = k < facts.checks.size() ? facts.checks[k] : CheckFacts();
        visit(CheckSubject{server.checks[k], server, service, known, context.global,
                           context.facts.find_script});
      }
    }
  }
}

/// A server's checks of files come after its others.
void dump_checks(DumpLines& out, const Context& context) {
  std::vector<CheckSubject> files;
  const RealServer* server = nullptr;
  bool first = true;
  const auto dump_files = [&] {
    for (const auto& subject : files) dump_check(out, subject);
    files.clear();
  };
  for_each_check(context, [&](const CheckSubject& subject) {
    if (std::exchange(first, false)) out.add("------< Health checkers >------");
    if (std::exchange(server, &subject.server) != &subject.server) dump_files();
    if (subject.check.get_if<FileCheck>() != nullptr) return files.push_back(subject);
    dump_check(out, subject);
  });
  dump_files();
}

std::string place_text(const CheckSubject& subject) {
  return label(subject.server, subject.service);
}

/// Lines about the checks of one kind, by the thing they follow.
using Followers = std::unordered_map<std::string, std::vector<std::string>>;

void dump_files(DumpLines& out, const Context& context) {
  Followers followers;
  for_each_check(context, [&](const CheckSubject& subject) {
    const auto* file = subject.check.get_if<FileCheck>();
    if (file == nullptr) return;
    followers[file->track_file].push_back(fmt::format("     {} -> {}, weight {}{}",
                                                      label(subject.service), place_text(subject),
                                                      file->weight, reversed(file->reverse)));
  });
  bool first = true;
  for (const auto& file : context.global.track_files) {
    const auto found = followers.find(file.name);
    if (found == followers.end()) continue;
    if (std::exchange(first, false)) out.add("------< Checker track files >------");
    out.add(" Track file = {}", file.name);
    out.add("   File = {}", file.path);
    out.add("   Status = 0");
    out.add("   Weight = {}{}", file.weight, reversed(file.reverse));
    out.add("   Tracking instances :");
    out.append(found->second);
  }
}

void dump_bfds(DumpLines& out, const Context& context) {
  std::vector<std::string> names;
  Followers followers;
  for_each_check(context, [&](const CheckSubject& subject) {
    const auto* bfd = subject.check.get_if<BfdCheck>();
    if (bfd == nullptr) return;
    auto& lines = followers[bfd->name];
    if (lines.empty()) names.push_back(bfd->name);
    lines.push_back("   " + place_text(subject));
  });
  if (!names.empty()) out.add("------< Checker track BFDs >------");
  for (const auto& name : names) {
    out.add(" Checker Track BFD = {}", name);
    out.add("   Tracking RS :");
    out.append(followers[name]);
  }
}

}  // namespace

std::vector<std::string> dump(const CheckersConfig& config, const GlobalConfig& global,
                              const DumpFacts& facts) {
  const Context context{config, global, facts};
  DumpLines out;
  dump_tls(out, config);
  dump_topology(out, context);
  dump_checks(out, context);
  dump_files(out, context);
  dump_bfds(out, context);
  return out.take();
}

}  // namespace understudy::checkers
