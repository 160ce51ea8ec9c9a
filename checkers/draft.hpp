// What the text says about load balancing before defaults and inheritance: the keyword rows fill
// this, verify turns it into CheckersConfig. An empty optional means that the keyword was not
// there.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "checkers/config.hpp"
#include "daemon/base/address.hpp"
#include "daemon/global/draft.hpp"
#include "daemon/global/script_text.hpp"

namespace understudy::checkers {

struct CheckersDraft;
struct RealServerDraft;

/// The words after NAT, DR or TUN while they are read.
struct TunnelDraft {
  Tunnel tunnel;
  /// A complaint has been made: nothing further is read.
  bool refused = false;
};

/// What the blocks of checks have in common.
struct CommonDraft {
  Shared<InheritedTiming> timing;
  /// As far as the text says.
  Shared<CheckEndpoint> endpoint;
  std::optional<bool> log_all_failures;
  /// Of what is asked when there is no connect_ip; bindto must be of it. none: any.
  Family server = Family::none;
};

/// TCP_CHECK { } and PING_CHECK { }.
struct TcpDraft {
  CommonDraft common;
};
struct PingDraft {
  CommonDraft common;
};

/// url { } as written.
struct UrlDraft {
  std::optional<std::string> path;
  std::string digest;
  std::vector<std::pair<unsigned, unsigned>> status_codes;
  std::string virtualhost;
  std::optional<bool> tls_compliant;
  /// regex; without it the rest of `body` means nothing.
  bool has_pattern = false;
  BodyPattern body;
  Shared<RequestExtras> request;
};

/// HTTP_GET { } and SSL_GET { }.
struct HttpDraft {
  CommonDraft common;
  bool tls = false;
  HttpProtocol protocol = HttpProtocol::http10;
  bool enable_sni = false;
  bool fast_recovery = false;
  bool tls_compliant = false;
  std::string virtualhost;
  /// Header fields and credentials of every request.
  Shared<RequestExtras> request;
  Shared<TlsDemands> demands;
  std::vector<UrlDraft> urls;
};

/// SMTP_CHECK { }.
struct SmtpDraft {
  CommonDraft common;
  std::string helo_name;
  /// host { } blocks; what they say goes into `common`.
  unsigned hosts = 0;
};

/// DNS_CHECK { }.
struct DnsDraft {
  CommonDraft common;
  DnsType type = DnsType::soa;
  std::optional<std::string> name;
};

/// UDP_CHECK { }; the rest goes straight into the value.
struct UdpDraft {
  CommonDraft common;
  UdpCheck check;
};

/// MISC_CHECK { }.
struct MiscDraft {
  CommonDraft common;
  std::optional<ScriptText> script;
  /// user, which exists; the script's own words after it mean nothing here.
  std::string user;
  std::string group;
  bool user_unknown = false;
  std::chrono::seconds timeout{0};
  bool dynamic = false;
};

/// FILE_CHECK { }.
struct FileDraft {
  const TrackFile* file = nullptr;
  std::optional<int> weight;
  bool reverse = false;
  /// While it is read.
  const RealServerDraft* server = nullptr;
};

/// BFD_CHECK { }.
struct BfdDraft {
  std::string name;
  std::optional<bool> alpha;
  /// A complaint has been made that costs the check.
  bool refused = false;
  /// While it is read.
  const RealServerDraft* server = nullptr;
};

/// AGENT_CHECK { } and GRPC_CHECK { }; the rest goes straight into the value.
struct AgentDraft {
  CommonDraft common;
  AgentCheck check;
};
struct GrpcDraft {
  CommonDraft common;
  GrpcCheck check;
  Shared<TlsDemands> demands;
};

/// Larger ones stand by themselves, so that a list of the usual kind takes no more than it must.
template <typename T>
using Apart = std::conditional_t<(sizeof(T) > sizeof(TcpDraft)), std::unique_ptr<T>, T>;

using CheckDraft = std::variant<TcpDraft, Apart<HttpDraft>, Apart<SmtpDraft>, Apart<DnsDraft>,
                                Apart<UdpDraft>, PingDraft, Apart<MiscDraft>, Apart<FileDraft>,
                                Apart<BfdDraft>, Apart<AgentDraft>, Apart<GrpcDraft>>;

/// Adds a check of kind T.
template <typename T>
T& add_check(Few<CheckDraft>& checks) {
  if constexpr (std::is_same_v<Apart<T>, T>) {
    return std::get<T>(checks.emplace_back(T{}));
  } else {
    return *std::get<Apart<T>>(checks.emplace_back(std::make_unique<T>()));
  }
}

/// real_server { }, and what sorry_server says.
struct RealServerDraft {
  Endpoint endpoint;
  std::optional<ForwardingMethod> method;
  Tunnel tunnel;
  std::optional<unsigned> weight;
  Shared<InheritedTiming> timing;
  std::uint32_t upper_threshold = 0;
  std::uint32_t lower_threshold = 0;
  std::optional<bool> inhibit_on_failure;
  std::optional<unsigned> slow_start;
  std::optional<unsigned> drain;
  std::optional<bool> smtp_alert;
  Shared<ScriptText> notify_up;
  Shared<ScriptText> notify_down;
  Shared<std::string> virtualhost;
  Shared<std::string> snmp_name;
  Few<CheckDraft> checks;
  /// For what is read inside: the virtual server's protocol so far, and the rest of the text.
  std::optional<Protocol> protocol;
  CheckersDraft* section = nullptr;
};

/// virtual_server { }.
struct VirtualServerDraft {
  Endpoint endpoint;
  std::uint32_t fwmark = 0;
  std::string group;
  std::uint16_t group_place = 0;
  Family family = Family::none;
  std::optional<Protocol> protocol;
  std::string scheduler;
  std::uint32_t flags = 0;
  std::optional<ForwardingMethod> method;
  Tunnel tunnel;
  std::uint32_t persistence_timeout = 0;
  std::uint32_t persistence_granularity = 0xffffffff;
  std::string persistence_engine;
  Shared<InheritedTiming> timing;
  unsigned weight = 1;
  bool omega = false;
  bool ha_suspend = false;
  bool inhibit_on_failure = false;
  unsigned slow_start = 0;
  unsigned drain = 0;
  std::optional<bool> smtp_alert;
  unsigned quorum = 1;
  unsigned hysteresis = 0;
  std::optional<ScriptText> quorum_up;
  std::optional<ScriptText> quorum_down;
  std::string virtualhost;
  std::string snmp_name;
  std::optional<RealServerDraft> sorry_server;
  std::vector<RealServerDraft> real_servers;
  CheckersDraft* section = nullptr;
};

/// All of load balancing as written.
struct CheckersDraft {
  /// What the top level and global_defs say; complete before this section is read.
  const GlobalDraft* global = nullptr;
  /// Whether a bfd_instance of that name stands before a place in the text.
  std::function<bool(std::string_view name, parser::Location use)> bfd_defined;
  std::optional<TlsFiles> tls;
  std::vector<VirtualServerGroup> groups;
  std::vector<VirtualServerDraft> virtual_servers;
  /// A check was dropped because there is no such user: the next time there may be.
  bool user_unknown = false;
};

}  // namespace understudy::checkers
