// The keyword rows of virtual_server and of everything inside it.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "checkers/draft.hpp"
#include "parser/schema.hpp"

namespace understudy::checkers {

/// The top-level rows of load balancing.
[[nodiscard]] parser::Block<CheckersDraft> checkers_rows();

/// Whether lines of a group are of that family.
[[nodiscard]] bool has_family(const VirtualServerGroup& group, Family family);
/// virtual_server_group NAME { } (group_rows.cpp).
void add_group_rows(parser::Block<CheckersDraft>& rows);
/// SSL { } (tls_rows.cpp).
void add_tls_rows(parser::Block<CheckersDraft>& rows);
/// Scheduler, persistence and lvs_method of virtual_server { } (scheduling_rows.cpp).
void add_scheduling_rows(parser::Block<VirtualServerDraft>& rows);
/// real_server { } (real_server_rows.cpp).
[[nodiscard]] parser::Block<RealServerDraft> real_server_rows();

/// TCP_CHECK and PING_CHECK { } (check_rows.cpp).
void add_connection_check_rows(parser::Block<RealServerDraft>& rows);
/// HTTP_GET and SSL_GET { } (http_rows.cpp).
void add_http_rows(parser::Block<RealServerDraft>& rows);
/// What their requests and certificates may be beyond the original's (request_rows.cpp).
void add_request_rows(parser::Block<HttpDraft>& rows);
void add_request_rows(parser::Block<UrlDraft>& rows);
void add_certificate_rows(parser::Block<HttpDraft>& rows);
/// SMTP_CHECK, DNS_CHECK and UDP_CHECK { } (message_check_rows.cpp).
void add_message_check_rows(parser::Block<RealServerDraft>& rows);
/// MISC_CHECK, FILE_CHECK and BFD_CHECK { } (local_check_rows.cpp).
void add_local_check_rows(parser::Block<RealServerDraft>& rows);
/// AGENT_CHECK and GRPC_CHECK { }, which keepalived does not have (health_report_rows.cpp).
void add_health_report_rows(parser::Block<RealServerDraft>& rows);

/// What the blocks of checks have in common (check_rows.cpp). `connection`: with where to connect
/// and from where.
[[nodiscard]] parser::Block<CommonDraft> common_check_rows(bool connection);
/// Whether the check can connect: a link-local address means nothing without an interface. Reports
/// it at the end of the block if not.
[[nodiscard]] bool reachable(const RealServerDraft& server, const CommonDraft& check,
                             const parser::Binding& binding);

/// Opens a block of checks of kind T whose `common` asks the server itself.
template <typename T>
T* open_check(RealServerDraft& server, const parser::Binding& /*binding*/) {
  T& check = add_check<T>(server.checks);
  check.common.server = server.endpoint.address.family();
  return &check;
}
/// Ends one: it goes if it cannot connect.
template <typename T>
void close_check(RealServerDraft& server, T& check, const parser::Binding& binding) {
  if (!reachable(server, check.common, binding)) server.checks.pop_back();
}

/// "ADDRESS [PORT]" of a virtual, real or sorry server, or of a group: port 0 is no port. Reports a
/// bad number only; nullopt: it is no such thing. `first` is the word of the address.
[[nodiscard]] std::optional<Endpoint> read_server(const parser::Binding& binding,
                                                  std::size_t first = 1);

/// The original's name of it in messages: "[10.0.0.1]:tcp:80", "FWM 5", "[GROUP]:0".
[[nodiscard]] std::string describe(const VirtualServerDraft& draft);
/// "[10.0.0.1]:tcp:80".
[[nodiscard]] std::string describe(const RealServerDraft& server);
/// "tcp", "udp", "sctp", or "none".
[[nodiscard]] std::string_view protocol_name(std::optional<Protocol> protocol);

/// lvs_method with its aliases, reading into what `target(T&)` gives: {method, tunnel}. `who` is
/// "virtual", "real" or "sorry" (forwarding_method.cpp).
struct MethodTarget {
  std::optional<ForwardingMethod>* method = nullptr;
  Tunnel* tunnel = nullptr;
};
/// The options of lvs_method, for the manual and to read with.
[[nodiscard]] std::shared_ptr<const parser::Block<TunnelDraft>> tunnel_rows(std::string_view who);
/// Reads NAT, DR or TUN with its options into `target`; with a wrong option the method alone.
void read_method(const parser::Binding& binding, std::string_view who,
                 const parser::Block<TunnelDraft>& options, MethodTarget target);

/// Adds lvs_method or a relative of it. `target(T&, const Binding&)` gives where to; a MethodTarget
/// of nothing: nowhere, which has been reported.
template <typename T, typename Target>
parser::Row<T>& add_method(parser::Block<T>& rows, parser::RowText names, parser::RowText doc,
                           const std::string& who, Target target) {
  auto options = tunnel_rows(who);
  auto& row =
      rows.statement(names, doc, [who, options, target](T& draft, const parser::Binding& binding) {
        const MethodTarget into = target(draft, binding);
        if (into.method != nullptr) read_method(binding, who, *options, into);
      });
  row.takes("NAT|DR|TUN [type ipip|gue|gre] [port PORT] [nocsum|csum|remcsum]", 1, SIZE_MAX);
  row.children = std::move(options);
  return row;
}

[[nodiscard]] inline const std::string& text_of(const std::string& text) { return text; }
[[nodiscard]] inline const std::string& text_of(const Shared<std::string>& text) { return *text; }

/// A text of which a second one replaces the first, with a complaint that names `what`.
template <typename T, typename Text>
auto replaceable(Text T::*member, std::string what) {
  return [member, what](T& draft, std::string value, const parser::Binding& binding) {
    if (const std::string& before = text_of(draft.*member); !before.empty()) {
      binding.error(fmt::format("Duplicate {} - overwriting {} with {}", what, before, value));
    }
    draft.*member = std::move(value);
  };
}

/// snmp_name of a T with such a member; `who` is "virtual server" or "real server".
template <typename T>
void add_snmp_name(parser::Block<T>& rows, const std::string& who, const std::string& what) {
  const std::string message = who + " snmp_name missing or extra parameters";
  rows.value("snmp_name", "Its name in SNMP.", parser::text("NAME"),
             replaceable(&T::snmp_name, what))
      .when_missing(message)
      .when_extra(message, parser::Extra::refused)
      .pending();
}

/// Seconds of a virtual server that is persistent without saying for how long.
inline constexpr std::uint32_t kDefaultPersistence = 360;
/// The longest duration the original takes.
inline constexpr std::uint64_t kAnyMicroseconds = 0xfffffffffffffffeULL;
/// The longest one that is told from never.
inline constexpr std::chrono::hours kNever{24 * 365 * 100};

/// How the timing keywords of one level word their complaints; {1} is the value.
struct TimingMessages {
  std::string_view connect_timeout;
  std::string_view delay_loop;
  std::string_view delay_before_retry;
  std::string_view retry;
  std::string_view warmup;
};

/// connect_timeout (if there is a `connection`), delay_loop, delay_before_retry, retry, warmup of a
/// T with a member `timing`.
template <typename T>
void add_timing(parser::Block<T>& rows, const TimingMessages& messages, unsigned least_retry,
                const std::string& inherited, bool connection = true) {
  const auto microseconds = [](std::optional<std::chrono::microseconds> InheritedTiming::*member) {
    return [member](T& draft, std::chrono::microseconds value) {
      // What does not fit into 63 bits has become negative.
      const bool endless = value.count() < 0 || value > kNever;
      draft.timing.edit().*member = endless ? std::chrono::microseconds(kNever) : value;
    };
  };
  const auto by_default = [&](std::string own) { return inherited.empty() ? own : inherited; };
  rows.value("delay_loop", "Seconds between two checks.",
             parser::decimal_seconds(1, kAnyMicroseconds),
             microseconds(&InheritedTiming::delay_loop))
      .by_default(by_default("60"))
      .invalid(std::string(messages.delay_loop));
  if (connection) {
    rows.value("connect_timeout", "Seconds a connection may take.",
               parser::decimal_seconds(1, 0xffffffff),
               microseconds(&InheritedTiming::connect_timeout))
        .by_default(by_default("5"))
        .invalid(std::string(messages.connect_timeout));
  }
  rows.value("retry", "Further attempts before a server has failed.",
             parser::number<unsigned>(least_retry, 0xffffffff),
             [](T& draft, unsigned value) { draft.timing.edit().retry = value; })
      .by_default(by_default("1; 3 for DNS_CHECK, 0 for MISC_CHECK"))
      .invalid(std::string(messages.retry));
  rows.value("rise", "Successes in a row before a server that failed is up again.",
             parser::number<unsigned>(1, 0xffffffff),
             [](T& draft, unsigned value) { draft.timing.edit().rise = value; })
      .by_default(by_default("1"))
      .ours();
  rows.value("delay_before_retry", "Seconds before such an attempt.",
             parser::decimal_seconds(0, kAnyMicroseconds),
             microseconds(&InheritedTiming::delay_before_retry))
      .by_default(by_default("1; 3 for HTTP_GET and SSL_GET, delay_loop for DNS_CHECK"))
      .invalid(std::string(messages.delay_before_retry));
  rows.value("warmup", "The first check starts at a random time within so many seconds.",
             parser::decimal_seconds(0, kAnyMicroseconds), microseconds(&InheritedTiming::warmup))
      .by_default(by_default("delay_loop"))
      .invalid(std::string(messages.warmup));
}

/// slow_start and drain, of a virtual or a real server. `by_default` describes what they are else.
template <typename T>
void add_transition_rows(parser::Block<T>& rows, const std::string& by_default) {
  constexpr unsigned kDay = 86400;
  rows.value("slow_start", "Seconds over which the weight of a server that comes back grows.",
             parser::number<unsigned>(0, kDay), &T::slow_start)
      .by_default(by_default)
      .ours();
  rows.value("drain",
             "Seconds a server's connections may go on, with weight 0, when it is taken out in "
             "good order: it is no longer configured, a FILE_CHECK or its agent says so.",
             parser::number<unsigned>(0, kDay), &T::drain)
      .by_default(by_default)
      .ours();
}

}  // namespace understudy::checkers
