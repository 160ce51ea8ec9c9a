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
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "checkers/few.hpp"
#include "checkers/shared.hpp"
#include "daemon/base/address.hpp"
#include "daemon/base/types.hpp"

namespace understudy::checkers {

/// protocol of a virtual server.
enum class Protocol : std::uint8_t { tcp, udp, sctp };

/// The first word of lb_kind / lvs_method.
enum class ForwardingMethod : std::uint8_t { nat, direct_routing, tunnel };

/// How a tunnel wraps packets.
enum class TunnelType : std::uint8_t { ipip, gue, gre };
/// Which checksum it adds: none, over the whole packet, or offloaded to the receiver.
enum class TunnelChecksum : std::uint8_t { none, whole, remote };

/// The further words of lb_kind / lvs_method.
struct Tunnel {
  TunnelType type = TunnelType::ipip;
  TunnelChecksum checksum = TunnelChecksum::none;
  /// Where the other end listens; gue only.
  Port port;
  bool operator==(const Tunnel&) const = default;
};

/// A script to run as a user; argv empty for none.
struct ScriptCall {
  std::vector<std::string> argv;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  [[nodiscard]] bool empty() const { return argv.empty(); }
  bool operator==(const ScriptCall&) const = default;
};

/// What a virtual server says for its real servers, and a real server for its checks. An empty
/// optional: not given, each kind of check has a default of its own.
struct InheritedTiming {
  std::optional<std::chrono::microseconds> delay_loop;
  std::optional<std::chrono::microseconds> connect_timeout;
  std::optional<unsigned> retry;
  std::optional<unsigned> rise;
  std::optional<std::chrono::microseconds> delay_before_retry;
  std::optional<std::chrono::microseconds> warmup;
  std::optional<bool> alpha;
  bool operator==(const InheritedTiming&) const = default;
};

/// Flags of an IPVS service (linux/ip_vs.h); 1 to 3 mean what the scheduler makes of them.
inline constexpr std::uint32_t kOnePacket = 0x0004;
inline constexpr std::uint32_t kFlag1 = 0x0008;
inline constexpr std::uint32_t kFlag2 = 0x0010;
inline constexpr std::uint32_t kFlag3 = 0x0020;

/// When a check is made and what it takes to fail. Verification fills in what is inherited from the
/// real and the virtual server.
struct CheckTiming {
  std::chrono::microseconds delay_loop{std::chrono::seconds(60)};
  std::chrono::microseconds connect_timeout{std::chrono::seconds(5)};
  /// Further attempts before a server counts as failed.
  unsigned retry = 1;
  /// Successes in a row before a failed server counts as up.
  unsigned rise = 1;
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

/// regex and what belongs to it, in url { }.
struct BodyPattern {
  std::string pattern;
  /// A bit per word of regex_options, in the order of regex_option_names().
  std::uint32_t options = 0;
  /// The body must not match.
  bool no_match = false;
  /// Where a match may start, in octets from the start of the body.
  std::uint32_t min_offset = 0;
  std::optional<std::uint32_t> max_offset;
  /// First and largest size of the matcher's stack.
  std::optional<std::pair<std::uint32_t, std::uint32_t>> stack;
  bool operator==(const BodyPattern&) const = default;
};

/// A field of a request's header.
struct HttpField {
  std::string name;
  std::string value;
  bool operator==(const HttpField&) const = default;
};

/// What a request may have that keepalived's have not.
struct RequestExtras {
  std::string method = "GET";
  std::vector<HttpField> fields;
  std::string body;
  /// Basic authentication (RFC 7617): "USER:PASSWORD", or the file whose first line that is; empty:
  /// none.
  std::string credentials;
  std::string credentials_file;
  bool operator==(const RequestExtras&) const = default;
};

/// What is asked of a server's certificate.
struct TlsDemands {
  /// It must be good: signed by an authority we believe, of that name, and of today.
  bool verify = false;
  /// The name or address it must be of; empty: the host asked for, else the address.
  std::string name;
  /// Its end is told of, and warned of so many days before; 0: not minded.
  unsigned expiry_days = 0;
  bool operator==(const TlsDemands&) const = default;
};

/// url { } of HTTP_GET and SSL_GET.
struct Url {
  std::string path = "/";
  /// MD5 of the body, lower-case hexadecimal; empty: not checked.
  std::string digest;
  /// Accepted status codes, inclusive ranges; empty: 200..299, also when a digest is given.
  std::vector<std::pair<unsigned, unsigned>> status_codes;
  /// Host header; empty: the checker's, the virtual server's, else the address.
  std::string virtualhost;
  /// We say that we close (close_notify, RFC 8446).
  bool tls_compliant = false;
  std::optional<BodyPattern> body;
  /// The check's own header fields and credentials included.
  Shared<RequestExtras> request;
  bool operator==(const Url&) const = default;
};

/// http_protocol: what the request line says, and whether "Connection: close" goes along (1.0C and
/// 1.1); or HTTP/2 (RFC 9113): at once over TCP, agreed upon by ALPN over TLS.
enum class HttpProtocol : std::uint8_t { http10, http10_close, http11, http2 };

/// HTTP_GET (SSL_GET when `tls`).
struct HttpCheck {
  CheckTiming timing;
  CheckEndpoint endpoint;
  bool tls = false;
  HttpProtocol protocol = HttpProtocol::http10;
  /// The name goes along in the TLS handshake.
  bool enable_sni = false;
  /// While the server is not up and no URL is known to fail, the next is asked at once.
  bool fast_recovery = false;
  bool tls_compliant = false;
  Shared<TlsDemands> demands;
  std::string virtualhost;
  std::vector<Url> urls;
  bool operator==(const HttpCheck&) const = default;
};

/// SMTP_CHECK: a greeting, HELO and QUIT.
struct SmtpCheck {
  CheckTiming timing;
  CheckEndpoint endpoint;
  std::string helo_name = "smtpchecker.keepalived.org";
  bool operator==(const SmtpCheck&) const = default;
};

/// The number of a record type (RFC 1035, 3596, 4034).
enum class DnsType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  mx = 15,
  txt = 16,
  aaaa = 28,
  rrsig = 46,
  dnskey = 48,
};

/// DNS_CHECK: a query and its answer.
struct DnsCheck {
  CheckTiming timing;
  CheckEndpoint endpoint;
  DnsType type = DnsType::soa;
  std::string name = ".";
  bool operator==(const DnsCheck&) const = default;
};

/// UDP_CHECK: a datagram, and perhaps an answer.
struct UdpCheck {
  CheckTiming timing;
  CheckEndpoint endpoint;
  /// What is sent; empty: anything.
  std::vector<std::uint8_t> payload;
  bool require_reply = false;
  /// How the answer must start; a bit set in `reply_mask` (empty: none is) may be anything.
  std::vector<std::uint8_t> reply;
  std::vector<std::uint8_t> reply_mask;
  std::uint16_t min_reply_length = 0;
  std::uint16_t max_reply_length = 255;
  bool operator==(const UdpCheck&) const = default;
};

/// PING_CHECK: an ICMP echo.
struct PingCheck {
  CheckTiming timing;
  CheckEndpoint endpoint;
  bool operator==(const PingCheck&) const = default;
};

/// MISC_CHECK: a script. It has no connection of its own: connect_timeout means nothing to it.
struct MiscCheck {
  CheckTiming timing;
  ScriptCall script;
  /// How long it may run as written; 0: as long as the virtual server's delay_loop.
  std::chrono::seconds timeout{0};
  /// How long it may run, by either; verification fills it in.
  std::chrono::microseconds allowed{std::chrono::seconds(60)};
  /// Its exit status also says the weight.
  bool dynamic = false;
  bool operator==(const MiscCheck&) const = default;
};

/// FILE_CHECK: the number in a track_file.
struct FileCheck {
  std::string track_file;
  /// Times the number in the file, added to the server's weight; 0: any number but 0 is a failure.
  int weight = 1;
  /// The number counts with the other sign.
  bool reverse = false;
  bool operator==(const FileCheck&) const = default;
};

/// BFD_CHECK: whether a session is up.
struct BfdCheck {
  std::string name;
  /// The server is down until the session is up.
  bool alpha = false;
  bool operator==(const BfdCheck&) const = default;
};

/// AGENT_CHECK: a program beside the service says in a line how much work the server is to get
/// (HAProxy's agent-check).
struct AgentCheck {
  CheckTiming timing;
  CheckEndpoint endpoint;
  /// Sent first; empty: nothing.
  std::string send;
  bool operator==(const AgentCheck&) const = default;
};

/// GRPC_CHECK: grpc.health.v1.Health/Check over HTTP/2.
struct GrpcCheck {
  CheckTiming timing;
  CheckEndpoint endpoint;
  /// Whose health is asked for; empty: the whole server's.
  std::string service;
  bool tls = false;
  /// What is asked of its certificate; its end is not.
  Shared<TlsDemands> demands;
  /// The :authority of the request, and the name in the TLS handshake; empty: address and port, and
  /// no name.
  std::string virtualhost;
  bool operator==(const GrpcCheck&) const = default;
};

/// A check of any kind.
using CheckKind = std::variant<TcpCheck, HttpCheck, SmtpCheck, DnsCheck, UdpCheck, PingCheck,
                               MiscCheck, FileCheck, BfdCheck, AgentCheck, GrpcCheck>;

/// A check of a real server. Most servers of a virtual server are asked the same: that is shared,
/// and each has but its destination.
class Check {
 public:
  Check() = default;
  template <typename Kind>
  requires std::is_constructible_v<CheckKind, Kind> Check(
      Kind kind) {  // NOLINT(google-explicit-constructor): a TcpCheck is one
    if constexpr (requires { kind.endpoint; }) {
      destination_ = std::exchange(kind.endpoint.destination, {});
    }
    kind_ = Shared<CheckKind>(std::move(kind));
  }

  /// All but the destination, which is empty in it.
  [[nodiscard]] const CheckKind& kind() const { return *kind_; }
  /// nullptr: it is of another kind.
  template <typename Kind>
  [[nodiscard]] const Kind* get_if() const {
    return std::get_if<Kind>(&kind());
  }
  /// Empty: it connects to nothing.
  [[nodiscard]] const Endpoint& destination() const { return destination_; }
  /// With the destination.
  [[nodiscard]] CheckKind whole() const {
    CheckKind kind = *kind_;
    std::visit(
        [this](auto& one) {
          if constexpr (requires { one.endpoint; }) one.endpoint.destination = destination_;
        },
        kind);
    return kind;
  }
  /// Keeps what it asks in the same place as `other`, if that asks the same.
  void share(const Check& other) { kind_.share(other.kind_); }
  bool operator==(const Check&) const = default;

 private:
  Endpoint destination_;
  Shared<CheckKind> kind_;
};

/// When a check is made; nullptr: when what it watches changes.
[[nodiscard]] inline const CheckTiming* timing_of(const Check& check) {
  return std::visit(
      [](const auto& one) -> const CheckTiming* {
        if constexpr (requires { one.timing; }) return &one.timing;
        return nullptr;
      },
      check.kind());
}
/// What a check connects to; nullopt: to nothing.
[[nodiscard]] inline std::optional<CheckEndpoint> endpoint_of(const Check& check) {
  return std::visit(
      [&](const auto& one) -> std::optional<CheckEndpoint> {
        if constexpr (requires { one.endpoint; }) {
          CheckEndpoint endpoint = one.endpoint;
          endpoint.destination = check.destination();
          return endpoint;
        }
        return std::nullopt;
      },
      check.kind());
}

/// What few real servers have, or all of a virtual server alike.
struct RealServerExtras {
  ScriptCall notify_up;
  ScriptCall notify_down;
  /// For its HTTP checks, the virtual server's included.
  std::string virtualhost;
  std::string snmp_name;
  bool operator==(const RealServerExtras&) const = default;
};

/// real_server, or a sorry server.
struct RealServer {
  Endpoint endpoint;
  ForwardingMethod method = ForwardingMethod::nat;
  Tunnel tunnel;
  bool inhibit_on_failure = false;
  bool smtp_alert = true;
  int weight = 1;
  std::uint32_t upper_threshold = 0;
  std::uint32_t lower_threshold = 0;
  /// Seconds over which its weight grows when it comes back; 0: it has all at once.
  std::uint32_t slow_start = 0;
  /// Seconds its connections may go on when it is taken out in good order; 0: it goes at once.
  std::uint32_t drain = 0;
  /// What its checks inherit, the virtual server's included.
  Shared<InheritedTiming> timing;
  Shared<RealServerExtras> extras;
  Few<Check> checks;
  bool operator==(const RealServer&) const = default;
};

/// A line "ADDRESS[-ADDRESS|/LENGTH] [PORT]" of a virtual_server_group.
struct GroupAddresses {
  IpAddress first;
  IpAddress last;
  /// 0: any port.
  Port port;
  bool operator==(const GroupAddresses&) const = default;
};
/// A line "fwmark N [inet|inet6]" of a virtual_server_group.
struct GroupMark {
  std::uint32_t mark = 0;
  Family family = Family::none;
  bool operator==(const GroupMark&) const = default;
};

/// virtual_server_group: services that have real servers in common.
struct VirtualServerGroup {
  std::string name;
  std::vector<GroupAddresses> addresses;
  std::vector<GroupMark> marks;
  bool operator==(const VirtualServerGroup&) const = default;
};

/// virtual_server.
struct VirtualServer {
  /// Address and port; empty for a firewall-mark service and for a group.
  Endpoint endpoint;
  std::uint32_t fwmark = 0;
  /// Name of a virtual_server_group; empty: none.
  std::string group;
  /// Which virtual server of its group it is, from 0.
  std::uint16_t group_place = 0;
  /// none: of a group with both.
  Family family = Family::ipv4;
  Protocol protocol = Protocol::tcp;
  std::string scheduler = "wlc";
  /// kOnePacket, kFlag1 ….
  std::uint32_t flags = 0;
  ForwardingMethod method = ForwardingMethod::nat;
  Tunnel tunnel;
  /// Seconds; 0: not persistent.
  std::uint32_t persistence_timeout = 0;
  /// IPv4: network-order mask as number; IPv6: prefix length.
  std::uint32_t persistence_granularity = 0xffffffff;
  std::string persistence_engine;
  /// What its real servers inherit.
  Shared<InheritedTiming> timing;
  unsigned weight = 1;
  bool inhibit_on_failure = false;
  bool omega = false;
  bool ha_suspend = false;
  bool smtp_alert = false;
  unsigned quorum = 1;
  unsigned hysteresis = 0;
  ScriptCall quorum_up;
  ScriptCall quorum_down;
  std::string virtualhost;
  std::string snmp_name;
  std::optional<RealServer> sorry_server;
  bool sorry_server_inhibit = false;
  std::vector<RealServer> real_servers;
  bool operator==(const VirtualServer&) const = default;
};

/// SSL { }: what this machine shows the servers SSL_GET asks, and whom it believes. Paths of files;
/// empty: not given.
struct TlsFiles {
  std::string password;
  std::string ca;
  std::string certificate;
  std::string key;
  bool operator==(const TlsFiles&) const = default;
};

/// All of load balancing.
struct CheckersConfig {
  std::optional<TlsFiles> tls;
  std::vector<VirtualServerGroup> groups;
  std::vector<VirtualServer> virtual_servers;
  bool operator==(const CheckersConfig&) const = default;
};

}  // namespace understudy::checkers
