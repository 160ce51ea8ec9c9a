// What the configuration says about load balancing, as values: virtual servers, real servers,
// checks.
//
// checkers/ finds out which real servers work and keeps the kernel's IPVS table accordingly. The
// cores (verdict, pool) own no socket, clock or log; start with pool.hpp. It may not know vrrp or
// bfd.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"

namespace understudy::checkers {

/// protocol of a virtual server.
enum class Protocol : std::uint8_t { tcp, udp, sctp };

/// lb_kind / lvs_method.
enum class ForwardingMethod : std::uint8_t { nat, direct_routing, tunnel };

/// A script to run as a user; argv empty for none.
struct ScriptCall {
  std::vector<std::string> argv;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  [[nodiscard]] bool empty() const { return argv.empty(); }
  bool operator==(const ScriptCall&) const = default;
};

/// When a check is made and what it takes to fail. Verification fills in what is inherited from the
/// real and the virtual server.
struct CheckTiming {
  std::chrono::microseconds delay_loop{std::chrono::seconds(60)};
  std::chrono::microseconds connect_timeout{std::chrono::seconds(5)};
  /// Further attempts before a server counts as failed.
  unsigned retry = 1;
  std::chrono::microseconds delay_before_retry{std::chrono::seconds(1)};
  /// The first check starts at a random time within this.
  std::chrono::microseconds warmup{std::chrono::seconds(60)};
  bool alpha = false;
  bool log_all_failures = false;
  bool operator==(const CheckTiming&) const = default;
};

/// Destination and source of a check's connection.
struct CheckEndpoint {
  Endpoint destination;
  /// bindto and bind_port; empty: the kernel chooses.
  Endpoint source;
  /// bind_if: interface, empty for none.
  std::string interface;
  std::uint32_t fwmark = 0;
  bool operator==(const CheckEndpoint&) const = default;
};

/// TCP_CHECK: it connects.
struct TcpCheck {
  CheckTiming timing;
  CheckEndpoint endpoint;
  bool operator==(const TcpCheck&) const = default;
};

/// url { } of HTTP_GET.
struct Url {
  std::string path = "/";
  /// MD5 of the body, lower-case hexadecimal; empty: not checked.
  std::string digest;
  /// Accepted status codes, inclusive ranges; empty: 200..299, also when a digest is given.
  std::vector<std::pair<unsigned, unsigned>> status_codes;
  /// Host header; empty: the checker's, the virtual server's, else the address.
  std::string virtualhost;
  bool operator==(const Url&) const = default;
};

/// HTTP_GET (SSL_GET when `tls`).
struct HttpCheck {
  CheckTiming timing;
  CheckEndpoint endpoint;
  bool tls = false;
  std::string virtualhost;
  std::vector<Url> urls;
  bool operator==(const HttpCheck&) const = default;
};

using Check = std::variant<TcpCheck, HttpCheck>;

/// real_server, or a sorry server.
struct RealServer {
  Endpoint endpoint;
  ForwardingMethod method = ForwardingMethod::nat;
  int weight = 1;
  bool inhibit_on_failure = false;
  std::uint32_t upper_threshold = 0;
  std::uint32_t lower_threshold = 0;
  bool smtp_alert = true;
  ScriptCall notify_up;
  ScriptCall notify_down;
  std::vector<Check> checks;
  bool operator==(const RealServer&) const = default;
};

/// virtual_server.
struct VirtualServer {
  /// Address and port; empty for a firewall-mark service.
  Endpoint endpoint;
  std::uint32_t fwmark = 0;
  Family family = Family::ipv4;
  Protocol protocol = Protocol::tcp;
  std::string scheduler = "wlc";
  /// IP_VS_SVC_F_* scheduler flags and one-packet scheduling.
  std::uint32_t flags = 0;
  ForwardingMethod method = ForwardingMethod::nat;
  /// Seconds; 0: not persistent.
  std::uint32_t persistence_timeout = 0;
  /// IPv4: network-order mask as number; IPv6: prefix length.
  std::uint32_t persistence_granularity = 0xffffffff;
  std::string persistence_engine;
  bool alpha = false;
  bool omega = false;
  bool ha_suspend = false;
  bool smtp_alert = false;
  unsigned quorum = 1;
  unsigned hysteresis = 0;
  ScriptCall quorum_up;
  ScriptCall quorum_down;
  std::string virtualhost;
  std::optional<RealServer> sorry_server;
  bool sorry_server_inhibit = false;
  std::vector<RealServer> real_servers;
  bool operator==(const VirtualServer&) const = default;
};

/// All of load balancing.
struct CheckersConfig {
  std::vector<VirtualServer> virtual_servers;
  bool operator==(const CheckersConfig&) const = default;
};

}  // namespace understudy::checkers
