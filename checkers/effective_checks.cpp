#include "checkers/effective_checks.hpp"

#include <fmt/format.h>

#include "checkers/dns_type.hpp"
#include "checkers/regex_options.hpp"
#include "daemon/global/script_text.hpp"

namespace understudy::checkers {

namespace {

using parser::Statements;

/// One that is no default, as a number.
template <typename Value>
void append_given(Statements& out, std::string keyword, Value value) {
  if (value != Value{}) out.add(std::move(keyword), value);
}

void append(Statements& out, const CheckEndpoint& endpoint) {
  const auto& [address, port] = endpoint.destination;
  // A source of the other family is refused beside a destination that is written down, not beside
  // one that is the real server's.
  const IpAddress& source = endpoint.source.address;
  if (source.empty() || source.family() == address.family()) {
    out.add("connect_ip", address.to_string());
  }
  append_given(out, "connect_port", port.value());
  append_text(out, "bindto", source.to_string());
  append_given(out, "bind_port", endpoint.source.port.value());
  append_text(out, "bind_if", endpoint.interface);
  out.add("fwmark", endpoint.fwmark);
}

void append(Statements& out, const CheckTiming& timing, bool connection = true) {
  out.seconds("delay_loop", timing.delay_loop);
  if (connection) out.seconds("connect_timeout", timing.connect_timeout);
  out.add("retry", timing.retry);
  if (timing.rise != CheckTiming{}.rise) out.add("rise", timing.rise);
  out.seconds("delay_before_retry", timing.delay_before_retry);
  out.seconds("warmup", timing.warmup);
  out.boolean("alpha", timing.alpha);
  out.boolean("log_all_failures", timing.log_all_failures);
}

/// A block of a check with a connection.
template <typename Kind>
Statements& connection_block(Statements& out, std::string keyword, const Kind& check) {
  Statements& block = out.block(std::move(keyword));
  append(block, check.endpoint);
  append(block, check.timing);
  return block;
}

void append(Statements& out, const BodyPattern& body) {
  out.escaped("regex", body.pattern);
  out.flag("regex_no_match", body.no_match);
  const auto& names = regex_option_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if ((body.options >> i & 1U) != 0) out.add("regex_options", names[i]);
  }
  out.add("regex_min_offset", body.min_offset);
  if (body.max_offset) out.add("regex_max_offset", *body.max_offset);
  if (body.stack) out.add("regex_stack", body.stack->first, body.stack->second);
}

void append(Statements& out, const RequestExtras& request) {
  if (request.method != RequestExtras{}.method) out.add("request_method", request.method);
  for (const auto& field : request.fields) {
    out.escaped("request_header", fmt::format("{}: {}", field.name, field.value));
  }
  if (!request.body.empty()) out.escaped("request_body", request.body);
}

/// What all requests of a check have in common; their header fields are each URL's.
void append_credentials(Statements& out, const RequestExtras& request) {
  if (!request.credentials.empty()) {
    const auto colon = request.credentials.find(':');
    out.add("basic_auth", request.credentials.substr(0, colon),
            request.credentials.substr(colon + 1));
  }
  append_text(out, "basic_auth_file", request.credentials_file);
}

void append(Statements& out, const TlsDemands& demands) {
  if (demands.verify) out.boolean("verify_server", true);
  append_text(out, "verify_name", demands.name);
  append_given(out, "expiry_warning", demands.expiry_days);
}

void append(Statements& out, const Url& url, bool tls) {
  Statements& block = out.block("url");
  block.add("path", url.path);
  append_text(block, "digest", url.digest);
  for (const auto& [from, to] : url.status_codes) {
    block.add("status_code", from == to ? fmt::format("{}", from) : fmt::format("{}-{}", from, to));
  }
  append_text(block, "virtualhost", url.virtualhost);
  if (tls) block.boolean("tls_compliant", url.tls_compliant);
  if (url.body) append(block, *url.body);
  append(block, *url.request);
}

std::string_view name_of(HttpProtocol protocol) {
  switch (protocol) {
    case HttpProtocol::http10_close:
      return "1.0C";
    case HttpProtocol::http11:
      return "1.1";
    case HttpProtocol::http2:
      return "2";
    case HttpProtocol::http10:
      break;
  }
  return "1.0";
}

/// Octets in hexadecimal, with an x for each digit that may be anything.
std::string hexadecimal(const std::vector<std::uint8_t>& data,
                        const std::vector<std::uint8_t>& mask) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const unsigned any = i < mask.size() ? mask[i] : 0U;
    for (const unsigned shift : {4U, 0U}) {
      text += (any >> shift & 0xfU) != 0 ? 'x' : kDigits[data[i] >> shift & 0xfU];
    }
  }
  return text;
}

void append(Statements& out, const TcpCheck& check) { connection_block(out, "TCP_CHECK", check); }

void append(Statements& out, const PingCheck& check) { connection_block(out, "PING_CHECK", check); }

void append(Statements& out, const HttpCheck& check) {
  Statements& block = connection_block(out, check.tls ? "SSL_GET" : "HTTP_GET", check);
  append_text(block, "virtualhost", check.virtualhost);
  block.add("http_protocol", name_of(check.protocol));
  block.boolean("enable_sni", check.enable_sni);
  block.boolean("fast_recovery", check.fast_recovery);
  if (check.tls) block.boolean("tls_compliant", check.tls_compliant);
  append(block, *check.demands);
  if (!check.urls.empty()) append_credentials(block, *check.urls.front().request);
  for (const Url& url : check.urls) append(block, url, check.tls);
}

void append(Statements& out, const SmtpCheck& check) {
  connection_block(out, "SMTP_CHECK", check).add("helo_name", check.helo_name);
}

void append(Statements& out, const DnsCheck& check) {
  Statements& block = connection_block(out, "DNS_CHECK", check);
  block.add("type", name_of(check.type));
  block.add("name", check.name);
}

void append(Statements& out, const UdpCheck& check) {
  Statements& block = connection_block(out, "UDP_CHECK", check);
  append_text(block, "payload", hexadecimal(check.payload, {}));
  if (!check.reply.empty()) {
    block.add("require_reply", hexadecimal(check.reply, check.reply_mask));
  } else {
    block.flag("require_reply", check.require_reply);
  }
  block.add("min_reply_length", check.min_reply_length);
  block.add("max_reply_length", check.max_reply_length);
}

void append(Statements& out, const MiscCheck& check) {
  Statements& block = out.block("MISC_CHECK");
  append(block, check.timing, false);
  block.script("misc_path", check.script.argv);
  const auto owner = owner_words(check.script.uid, check.script.gid);
  if (owner.size() == 2) block.add("user", owner[0], owner[1]);
  block.add("misc_timeout", check.timeout.count());
  block.flag("misc_dynamic", check.dynamic);
}

void append(Statements& out, const FileCheck& check) {
  Statements& block = out.block("FILE_CHECK");
  block.add("track_file", check.track_file);
  block.add("weight", check.weight, check.reverse ? "reverse" : "noreverse");
}

void append(Statements& out, const BfdCheck& check) {
  Statements& block = out.block("BFD_CHECK");
  block.add("name", check.name);
  block.boolean("alpha", check.alpha);
}

void append(Statements& out, const AgentCheck& check) {
  Statements& block = connection_block(out, "AGENT_CHECK", check);
  if (!check.send.empty()) block.escaped("agent_send", check.send);
}

void append(Statements& out, const GrpcCheck& check) {
  Statements& block = connection_block(out, "GRPC_CHECK", check);
  append_text(block, "service", check.service);
  block.boolean("tls", check.tls);
  append(block, *check.demands);
  append_text(block, "virtualhost", check.virtualhost);
}

}  // namespace

void append_check(Statements& out, const Check& check) {
  std::visit([&out](const auto& one) { append(out, one); }, check.whole());
}

void append_timing(Statements& out, const InheritedTiming& timing) {
  if (timing.delay_loop) out.seconds("delay_loop", *timing.delay_loop);
  if (timing.connect_timeout) out.seconds("connect_timeout", *timing.connect_timeout);
  if (timing.retry) out.add("retry", *timing.retry);
  if (timing.delay_before_retry) out.seconds("delay_before_retry", *timing.delay_before_retry);
  if (timing.warmup) out.seconds("warmup", *timing.warmup);
}

void append_text(Statements& out, std::string keyword, const std::string& text) {
  if (!text.empty()) out.add(std::move(keyword), text);
}

void append_script(Statements& out, std::string keyword, const ScriptCall& script) {
  out.script(std::move(keyword), script.argv, owner_words(script.uid, script.gid));
}

}  // namespace understudy::checkers
