// TCP_CHECK { }, HTTP_GET { } and SSL_GET { }.
#include <fmt/format.h>
#include <net/if.h>

#include <array>
#include <utility>

#include "checkers/keywords.hpp"
#include "daemon/global/ignored.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;
using Rows = Block<CheckDraft>;

constexpr unsigned kUnlimited = 0xffffffff;
constexpr std::size_t kDigestLength = 32;

constexpr TimingMessages kTiming{
    "connect_timeout {1} invalid - ignoring", "delay_loop '{1}' is invalid - ignoring",
    "Invalid delay_before_retry connection value '{1}'", "Invalid retry connection value '{1}'",
    "Invalid warmup connection value '{1}'"};

/// connect_ip and bindto: addresses of one family.
void take_address(IpAddress& address, const IpAddress& other, std::string_view other_name,
                  const Binding& binding) {
  const auto read = parse_plain_address(binding.argument());
  if (!read) {
    binding.error(
        fmt::format("Invalid {} address {} - ignoring", binding.keyword(), binding.argument()));
  } else if (!other.empty() && other.family() != read->family()) {
    binding.error(fmt::format("{} address {} does not match address family of {} - skipping",
                              binding.keyword(), binding.argument(), other_name));
  } else {
    address = *read;
  }
}

auto port_of(Port CheckDraft::*member) {
  return [member](CheckDraft& draft, unsigned value) {
    draft.*member = Port(static_cast<std::uint16_t>(value));
  };
}

void add_connection(Rows& rows) {
  rows.statement("connect_ip", "Address to check.",
                 [](CheckDraft& draft, const Binding& binding) {
                   take_address(draft.connect_ip, draft.bind_address, "bindto", binding);
                 })
      .takes("IP", 1, 1)
      .by_default("the real server's");
  rows.value("connect_port", "Port to check.", number<unsigned>(1, 65535),
             port_of(&CheckDraft::connect_port))
      .by_default("the real server's")
      .invalid("Invalid checker connect_port '{1}'");
  rows.statement("bindto", "Source address.",
                 [](CheckDraft& draft, const Binding& binding) {
                   const IpAddress& target =
                       draft.connect_ip.empty() ? draft.server : draft.connect_ip;
                   take_address(draft.bind_address, target, "connect_ip", binding);
                 })
      .takes("IP", 1, 1);
  rows.value("bind_port", "Source port.", number<unsigned>(1, 65535),
             port_of(&CheckDraft::bind_port))
      .invalid("Invalid checker bind_port '{1}'");
  rows.value("bind_if", "Interface to connect through.", text("INTERFACE"),
             [](CheckDraft& draft, std::string name, const Binding& binding) {
               if (name.size() >= IFNAMSIZ) {
                 binding.error(fmt::format("Interface name {} is too long - ignoring", name));
               } else {
                 draft.interface = std::move(name);
               }
             });
  rows.value("fwmark", "Firewall mark of the connection.", number<unsigned>(0, kUnlimited),
             &CheckDraft::fwmark)
      .by_default("0")
      .invalid("Invalid fwmark connection value '{1}'");
}

/// What every check understands; each inherits the real server's timing.
void add_common(Rows& rows) {
  add_connection(rows);
  add_timing(rows, kTiming, 0, "the real server's");
  rows.value("alpha", "The server is down until this check succeeds.", optional_boolean(),
             [](CheckDraft& draft, bool value) { draft.timing.alpha = value; })
      .by_default("the real server's")
      .invalid("Invalid alpha parameter {1}");
  rows.value("log_all_failures", "Log every failure, not only the last.", optional_boolean(),
             &CheckDraft::log_all_failures)
      .by_default("checker_log_all_failures")
      .invalid("Invalid log_all_failures parameter {1}");
}

/// nb_get_retry, the old name of retry. TCP_CHECK never had it in keepalived, which calls it
/// unknown there; its authors meant what it says.
void add_old_retry(Rows& rows, std::string message) {
  rows.value("nb_get_retry", "Old name of retry.", number<unsigned>(0, kUnlimited),
             [](CheckDraft& draft, unsigned value) { draft.timing.retry = value; })
      .invalid("Invalid nb_get_retry value '{1}'")
      .deprecated("retry", std::move(message));
}

Rows tcp_rows() {
  Rows rows;
  add_common(rows);
  add_old_retry(rows, "Unknown keyword '{0}'");
  return rows;
}

void take_digest(UrlDraft& draft, const Binding& binding) {
  const std::string word(binding.argument());
  if (!draft.digest.empty()) {
    binding.error(fmt::format("Digest '{}' is a duplicate", word));
    return;
  }
  if (word.size() != kDigestLength) {
    binding.error(fmt::format("digest '{}' character length should be {} rather than {}", word,
                              kDigestLength, word.size()));
    return;
  }
  const auto digest = parse_md5(word);
  if (digest) {
    draft.digest = *digest;
    return;
  }
  const std::size_t wrong = word.find_last_not_of("0123456789abcdefABCDEF");
  const std::size_t pair = wrong == std::string::npos ? 0 : wrong / 2 * 2;
  binding.error(fmt::format("Unable to interpret hex digit in '{}' at offset {}/{}",
                            word.substr(0, pair + 2), pair, pair + 1));
}

void take_status_codes(UrlDraft& draft, const Binding& binding) {
  for (const Word& word : binding.arguments()) {
    const auto range = parse_status_range(word.text);
    if (range) {
      draft.status_codes.push_back(*range);
    } else {
      binding.error_at(word, fmt::format("Invalid HTTP_GET status code '{}'", word.text));
    }
  }
}

constexpr std::array kIgnoredUrl{
    Ignored{"regex", "Pattern the body must match.", "PATTERN", Missing::complains},
    Ignored{"regex_no_match", "The body must not match."},
    Ignored{"regex_options", "Options of the pattern.", "[WORD ...]"},
    Ignored{"regex_min_offset", "Where a match may start at the earliest.", "[NUMBER]"},
    Ignored{"regex_max_offset", "Where a match may start at the latest.", "[NUMBER]"},
    Ignored{"regex_stack", "Stack of the compiled pattern.", "[START MAX]"},
};
constexpr std::array kIgnoredHttp{
    Ignored{"http_protocol", "Version in the request.", "1.0|1.0C|1.1", Missing::complains},
    Ignored{"enable_sni", "Send the host name in the TLS handshake.", "[BOOL]"},
    Ignored{"fast_recovery", "A server is up as soon as one URL answers.", "[BOOL]"},
};
constexpr std::array kIgnoredTls{
    Ignored{"tls_compliant", "Refuse connections that are not ended properly.", "[BOOL]"},
};

Block<UrlDraft> url_rows(bool tls) {
  Block<UrlDraft> rows;
  rows.value(
      "path", "What to ask for. Required.", text("PATH"),
      [](UrlDraft& draft, std::string path, const Binding& binding) {
        if (draft.path) {
          binding.error(fmt::format("Duplicate path - overwriting {} with {}", *draft.path, path));
        }
        draft.path = std::move(path);
      });
  rows.statement("digest", "MD5 of the body, as genhash prints it.", take_digest)
      .takes("32 HEX DIGITS", 1, 1);
  rows.statement("status_code", "Accepted status codes.", take_status_codes)
      .takes("CODE|CODE-CODE ...", 0, SIZE_MAX)
      .adds_up()
      .by_default("200-299 unless a digest is given");
  rows.value("virtualhost", "Host header.", text(),
             replaceable(&UrlDraft::virtualhost, "url virtualhost"))
      .by_default("the check's")
      .when_missing("Missing HTTP_GET virtualhost name");
  add_ignored<UrlDraft>(rows, kIgnoredUrl);
  if (tls) add_ignored<UrlDraft>(rows, kIgnoredTls);
  return rows;
}

void close_url(CheckDraft& check, UrlDraft& url, const Binding& binding) {
  if (url.path) return;
  binding.report_at(Severity::error, binding.closing(),
                    "HTTP/SSL_GET checker url has no path - ignoring");
  check.urls.pop_back();
}

Rows http_rows(bool tls) {
  Rows rows;
  add_common(rows);
  add_old_retry(rows, "{0} is deprecated - please use 'retry'");
  rows.value("virtualhost", "Host header.", text(),
             replaceable(&CheckDraft::virtualhost, "virtualhost"))
      .by_default("the real server's")
      .when_missing("HTTP_GET virtualhost name missing");
  rows.block(
          "url", "A page to ask for; at least one.", url_rows(tls),
          [](CheckDraft& draft, const Binding&) { return &draft.urls.emplace_back(); }, close_url)
      .adds_up();
  add_ignored<CheckDraft>(rows, kIgnoredHttp);
  if (tls) add_ignored<CheckDraft>(rows, kIgnoredTls);
  return rows;
}

auto open_check(CheckKind kind) {
  return [kind](RealServerDraft& server, const Binding&) {
    auto& check = server.checks.emplace_back();
    check.kind = kind;
    check.server = server.endpoint.address;
    return &check;
  };
}

/// A link-local address means nothing without an interface.
bool reachable(const RealServerDraft& server, const CheckDraft& check, const Binding& binding) {
  const IpAddress& address = check.connect_ip.empty() ? server.endpoint.address : check.connect_ip;
  if (!address.is_v6() || !address.is_link_local() || !check.interface.empty()) return true;
  binding.report_at(
      Severity::error, binding.closing(),
      fmt::format("Checker link local address {} requires a bind_if", address.to_string()));
  return false;
}

void close_tcp(RealServerDraft& server, CheckDraft& check, const Binding& binding) {
  if (!reachable(server, check, binding)) server.checks.pop_back();
}

void close_http(RealServerDraft& server, CheckDraft& check, const Binding& binding) {
  if (check.urls.empty()) {
    binding.report_at(Severity::error, binding.closing(),
                      "HTTP/SSL_GET checker has no urls specified - ignoring");
    server.checks.pop_back();
  } else if (!reachable(server, check, binding)) {
    server.checks.pop_back();
  }
}

}  // namespace

void add_check_rows(Block<RealServerDraft>& rows) {
  rows.block("TCP_CHECK", "The port accepts connections.", tcp_rows(), open_check(CheckKind::tcp),
             close_tcp)
      .adds_up();
  rows.block("HTTP_GET", "Pages are there.", http_rows(false), open_check(CheckKind::http),
             close_http)
      .adds_up();
  rows.block("SSL_GET", "Pages are there, over TLS.", http_rows(true), open_check(CheckKind::tls),
             close_http)
      .adds_up();
}

}  // namespace understudy::checkers
