// What all checks have in common, and those that need no more: TCP_CHECK { } and PING_CHECK { }.
#include <fmt/format.h>
#include <net/if.h>

#include <utility>

#include "checkers/keywords.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;
using Rows = Block<CommonDraft>;

constexpr unsigned kUnlimited = 0xffffffff;

constexpr TimingMessages kTiming{
    "connect_timeout {1} invalid - ignoring", "delay_loop '{1}' is invalid - ignoring",
    "Invalid delay_before_retry connection value '{1}'", "Invalid retry connection value '{1}'",
    "Invalid warmup connection value '{1}'"};

/// connect_ip and bindto: addresses of one family.
void take_address(CommonDraft& draft, Endpoint CheckEndpoint::*which, Family other,
                  std::string_view other_name, const Binding& binding) {
  const auto read = parse_plain_address(binding.argument());
  if (!read) {
    binding.error(
        fmt::format("Invalid {} address {} - ignoring", binding.keyword(), binding.argument()));
  } else if (other != Family::none && other != read->family()) {
    binding.error(fmt::format("{} address {} does not match address family of {} - skipping",
                              binding.keyword(), binding.argument(), other_name));
  } else {
    (draft.endpoint.edit().*which).address = *read;
  }
}

auto port_of(Endpoint CheckEndpoint::*which) {
  return [which](CommonDraft& draft, unsigned value) {
    (draft.endpoint.edit().*which).port = Port(static_cast<std::uint16_t>(value));
  };
}

void add_connection(Rows& rows) {
  rows.statement("connect_ip", "Address to check.",
                 [](CommonDraft& draft, const Binding& binding) {
                   take_address(draft, &CheckEndpoint::destination,
                                draft.endpoint->source.address.family(), "bindto", binding);
                 })
      .takes("IP", 1, 1)
      .by_default("the real server's");
  rows.value("connect_port", "Port to check.", number<unsigned>(1, 65535),
             port_of(&CheckEndpoint::destination))
      .by_default("the real server's")
      .invalid("Invalid checker connect_port '{1}'");
  rows.statement("bindto", "Source address.",
                 [](CommonDraft& draft, const Binding& binding) {
                   const IpAddress& target = draft.endpoint->destination.address;
                   take_address(draft, &CheckEndpoint::source,
                                target.empty() ? draft.server : target.family(), "connect_ip",
                                binding);
                 })
      .takes("IP", 1, 1);
  rows.value("bind_port", "Source port.", number<unsigned>(1, 65535),
             port_of(&CheckEndpoint::source))
      .invalid("Invalid checker bind_port '{1}'");
  rows.value("bind_if", "Interface to connect through.", text("INTERFACE"),
             [](CommonDraft& draft, std::string name, const Binding& binding) {
               if (name.size() >= IFNAMSIZ) {
                 binding.error(fmt::format("Interface name {} is too long - ignoring", name));
               } else {
                 draft.endpoint.edit().interface = std::move(name);
               }
             });
  rows.value("fwmark", "Firewall mark of the connection.", number<unsigned>(0, kUnlimited),
             [](CommonDraft& draft, unsigned value) { draft.endpoint.edit().fwmark = value; })
      .by_default("0")
      .invalid("Invalid fwmark connection value '{1}'");
}

}  // namespace

Rows common_check_rows(bool connection) {
  Rows rows;
  if (connection) add_connection(rows);
  add_timing(rows, kTiming, 0, "the real server's", connection);
  rows.value("alpha", "The server is down until this check succeeds.", optional_boolean(),
             [](CommonDraft& draft, bool value) { draft.timing.edit().alpha = value; })
      .by_default("the real server's")
      .invalid("Invalid alpha parameter {1}");
  rows.value("log_all_failures", "Log every failure, not only the last.", optional_boolean(),
             &CommonDraft::log_all_failures)
      .by_default("checker_log_all_failures")
      .invalid("Invalid log_all_failures parameter {1}");
  return rows;
}

bool reachable(const RealServerDraft& server, const CommonDraft& check, const Binding& binding) {
  const CheckEndpoint& said = *check.endpoint;
  const IpAddress& address =
      said.destination.address.empty() ? server.endpoint.address : said.destination.address;
  if (!address.is_v6() || !address.is_link_local() || !said.interface.empty()) return true;
  binding.report_at(
      Severity::error, binding.closing(),
      fmt::format("Checker link local address {} requires a bind_if", address.to_string()));
  return false;
}

void add_connection_check_rows(Block<RealServerDraft>& rows) {
  Block<TcpDraft> tcp;
  tcp.merge(common_check_rows(true), &TcpDraft::common);
  // Its authors meant what it says; the original calls it unknown here.
  tcp.value("nb_get_retry", "Old name of retry.", number<unsigned>(0, kUnlimited),
            [](TcpDraft& draft, unsigned value) { draft.common.timing.edit().retry = value; })
      .invalid("Invalid nb_get_retry value '{1}'")
      .deprecated("retry", "Unknown keyword '{0}'");
  rows.block("TCP_CHECK", "The port accepts connections.", std::move(tcp), open_check<TcpDraft>,
             close_check<TcpDraft>)
      .adds_up();

  Block<PingDraft> ping;
  ping.merge(common_check_rows(true), &PingDraft::common);
  rows.block("PING_CHECK", "The address answers an ICMP echo.", std::move(ping),
             open_check<PingDraft>, close_check<PingDraft>)
      .adds_up();
}

}  // namespace understudy::checkers
