#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>

#include "checkers/dns_type.hpp"
#include "checkers/dump_parts.hpp"
#include "checkers/label.hpp"
#include "checkers/regex_options.hpp"

namespace understudy::checkers {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

/// What the original calls the default of a kind of check. 0: its delay_loop.
microseconds default_delay_before_retry(const Check& check) {
  if (check.get_if<HttpCheck>() != nullptr) return seconds(3);
  if (check.get_if<DnsCheck>() != nullptr) return seconds(0);
  return seconds(1);
}

/// The original's words for what is not given: a check by a BFD session has no timing of its own.
constexpr std::uint64_t kNoTime = 0xffffffffffffffff;
constexpr std::uint32_t kNoNumber = 0xffffffff;

void dump_no_timing(DumpLines& out, bool alpha) {
  out.add("   Alpha = {}", yes_no(alpha));
  out.add("   Delay loop = {} us", kNoTime);
  out.add("   Warmup = {} us", kNoTime);
  out.add("   Retries = {}", kNoNumber);
  out.add("   Delay before retry = {} us", kNoTime);
  out.add("   Retries iterations = {}", kNoNumber);
  out.add("   Default delay before retry = 1000000 us");
}

void dump_timing(DumpLines& out, const CheckTiming& timing, microseconds default_delay) {
  out.add("   Alpha = {}", yes_no(timing.alpha));
  out.add("   Delay loop = {} us", timing.delay_loop.count());
  out.add("   Warmup = {} us", timing.warmup.count());
  out.add("   Retries = {}", timing.retry);
  if (timing.retry != 0) {
    out.add("   Delay before retry = {} us", timing.delay_before_retry.count());
    out.add("   Retries iterations = {}", timing.retry);
  }
  out.add("   Default delay before retry = {} us", default_delay.count());
}

void dump_timing(DumpLines& out, const CheckSubject& subject) {
  bool log_all = subject.global.checker_log_all_failures;
  std::visit(
      [&](const auto& check) {
        if constexpr (requires { check.timing; }) {
          dump_timing(out, check.timing, default_delay_before_retry(subject.check));
          log_all = check.timing.log_all_failures;
        } else if constexpr (requires { check.alpha; }) {
          dump_no_timing(out, check.alpha);
        }
      },
      subject.check.kind());
  out.add("   Log all failures = {}", yes_no(log_all));
}

void dump_connection(DumpLines& out, const CheckSubject& subject) {
  std::visit(
      [&](const auto& check) {
        if constexpr (requires { check.endpoint; }) {
          const CheckEndpoint& endpoint = check.endpoint;
          out.add("   Connection");
          out.add("     Dest = {}", endpoint.destination.to_string());
          if (!endpoint.source.address.empty()) {
            out.add("     Bind to = {}", endpoint.source.to_string());
          }
          if (!endpoint.interface.empty()) out.add("     Bind i/f = {}", endpoint.interface);
          if (endpoint.fwmark != 0) out.add("     Mark = {}", endpoint.fwmark);
          out.add("     Timeout = {}", decimal(check.timing.connect_timeout));
        }
      },
      subject.check.whole());
}

void dump_codes(DumpLines& out, const Url& url) {
  out.add("     HTTP Status Code(s)");
  if (url.status_codes.empty()) return out.add("       200-299");
  for (const auto& [first, last] : url.status_codes) {
    if (first == last) {
      out.add("       {}", first);
    } else {
      out.add("       {}-{}", first, last);
    }
  }
}

void dump_pattern(DumpLines& out, const BodyPattern& body) {
  out.add("     Regex = \"{}\"", body.pattern);
  if (body.no_match) out.add("     Regex no match");
  if (body.max_offset) {
    out.add("     Regex min offset = {}, max_offset = {}", body.min_offset, *body.max_offset);
  } else if (body.min_offset != 0) {
    out.add("     Regex min offset = {}", body.min_offset);
  }
  std::string options;
  const auto& names = regex_option_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if ((body.options >> i & 1U) != 0) options += fmt::format(" {}", names.at(i));
  }
  out.add("     Regex options:{}", options);
  out.add("     Regex ref count = 1");
  if (body.stack)
    out.add("     Regex stack start {}, max {}", body.stack->first, body.stack->second);
}

/// Not known to the original. No secrets.
void dump_request(DumpLines& out, const RequestExtras& request) {
  out.add("     Request method = {}", request.method);
  for (const auto& field : request.fields) out.add("     Request header = {}", field.name);
  if (!request.body.empty()) out.add("     Request body len = {}", request.body.size());
  if (!request.credentials.empty() || !request.credentials_file.empty()) {
    out.add("     Basic authentication = {}",
            request.credentials_file.empty() ? "configured" : request.credentials_file.c_str());
  }
}

void dump_demands(DumpLines& out, const TlsDemands& demands) {
  if (demands.verify) {
    out.add("   Verify server = {}", demands.name.empty() ? "yes" : demands.name.c_str());
  }
  if (demands.expiry_days != 0) out.add("   Expiry warning = {} days", demands.expiry_days);
}

void dump_url(DumpLines& out, const Url& url) {
  out.add("   Checked url = {}", url.path);
  if (!url.digest.empty()) out.add("     digest = {}", url.digest);
  out.add("     tls_compliant {}set", url.tls_compliant ? "" : "un");
  dump_codes(out, url);
  if (!url.virtualhost.empty()) out.add("     Virtual host = {}", url.virtualhost);
  if (url.body) dump_pattern(out, *url.body);
  if (url.request) dump_request(out, *url.request);
}

const char* protocol_text(HttpProtocol protocol) {
  switch (protocol) {
    case HttpProtocol::http10:
      break;
    case HttpProtocol::http10_close:
      return "1.0C";
    case HttpProtocol::http11:
      return "1.1";
    case HttpProtocol::http2:
      return "2";
  }
  return "1.0";
}

void dump_kind(DumpLines& out, const TcpCheck& /*check*/, const CheckSubject& /*subject*/) {
  out.add("   Keepalive method = TCP_CHECK");
}

void dump_kind(DumpLines& out, const HttpCheck& check, const CheckSubject& subject) {
  out.add("   Keepalive method = {}_GET, http protocol {}", check.tls ? "SSL" : "HTTP",
          protocol_text(check.protocol));
  // Its own, not what it inherits.
  if (!check.virtualhost.empty() && check.virtualhost != subject.server.extras->virtualhost) {
    out.add("   Virtualhost = {}", check.virtualhost);
  }
  out.add("   Enable SNI {}set", check.enable_sni ? "" : "un");
  out.add("   Fast recovery {}set", check.fast_recovery ? "" : "un");
  if (check.tls) out.add("   tls_compliant {}set", check.tls_compliant ? "" : "un");
  dump_demands(out, *check.demands);
  for (const auto& url : check.urls) dump_url(out, url);
}

void dump_kind(DumpLines& out, const SmtpCheck& check, const CheckSubject& /*subject*/) {
  out.add("   Keepalive method = SMTP_CHECK");
  out.add("   helo = {}", check.helo_name);
}

void dump_kind(DumpLines& out, const DnsCheck& check, const CheckSubject& /*subject*/) {
  out.add("   Keepalive method = DNS_CHECK");
  out.add("   Type = {}", name_of(check.type));
  // The root has no name there.
  out.add("   Name = {}", check.name == "." ? "" : check.name);
}

void dump_kind(DumpLines& out, const UdpCheck& check, const CheckSubject& /*subject*/) {
  out.add("   Keepalive method = UDP_CHECK");
  if (check.payload.empty()) {
    out.add("   Payload specified = no");
  } else {
    out.add("   Payload len = {}", check.payload.size());
  }
  out.add("   Require reply = {}", yes_no(check.require_reply));
  if (!check.require_reply) return;
  out.add("     Min reply length = {}", check.min_reply_length);
  out.add("     Max reply length = {}", check.max_reply_length);
  out.add("     Reply data len = {}", check.reply.size());
  if (!check.reply.empty()) {
    out.add("     Reply data mask = {}", yes_no(!check.reply_mask.empty()));
  }
}

void dump_kind(DumpLines& out, const PingCheck& /*check*/, const CheckSubject& /*subject*/) {
  out.add("   Keepalive method = PING_CHECK");
  out.add("     ICMP seq no = 0");
}

void dump_kind(DumpLines& out, const MiscCheck& check, const CheckSubject& subject) {
  out.add("   Keepalive method = MISC_CHECK");
  const auto shown = shown_script(check.script.argv, subject.find_script);
  if (!shown.path.empty()) out.add("   path = {}", shown.path);
  out.add("   script = {}", shown.command);
  out.add("   timeout = {}", check.timeout.count());
  out.add("   dynamic = {}", check.dynamic ? "YES" : "NO");
  out.add("   uid:gid = {}:{}", check.script.uid, check.script.gid);
  // It has not run; the time of that is the epoch's, in local time.
  out.add("   Last ran = 0.000000 ({:%a %b %e %H:%M:%S %Y}.000000)",
          fmt::localtime(std::time_t{0}));
  out.add("   Last status = 0");
}

void dump_kind(DumpLines& out, const FileCheck& check, const CheckSubject& /*subject*/) {
  out.add("   Keepalive method = FILE_CHECK");
  out.add("     Tracked file = {}", check.track_file);
  out.add("     Reloaded = No");
}

void dump_kind(DumpLines& out, const BfdCheck& check, const CheckSubject& /*subject*/) {
  out.add("   Keepalive method = BFD_CHECK");
  out.add("   Name = {}", check.name);
  out.add("   Alpha is {}", on_off(check.alpha));
}

void dump_kind(DumpLines& out, const AgentCheck& check, const CheckSubject& /*subject*/) {
  out.add("   Keepalive method = AGENT_CHECK");
  if (!check.send.empty()) out.add("   Send len = {}", check.send.size());
}

void dump_kind(DumpLines& out, const GrpcCheck& check, const CheckSubject& /*subject*/) {
  out.add("   Keepalive method = GRPC_CHECK");
  out.add("   Service = \"{}\"", check.service);
  out.add("   TLS {}set", check.tls ? "" : "un");
  dump_demands(out, *check.demands);
  if (!check.virtualhost.empty()) out.add("   Virtualhost = {}", check.virtualhost);
}

}  // namespace

void dump_check(DumpLines& out, const CheckSubject& subject) {
  out.add(" {} -> {}", label(subject.service), label(subject.server, subject.service));
  out.add("   Enabled = yes");
  out.add("   Up = {}", yes_no(subject.facts.up));
  out.add("   Has run = {}", yes_no(subject.facts.has_run));
  out.add("   Current weight = {}", subject.facts.weight);
  dump_timing(out, subject);
  dump_connection(out, subject);
  std::visit([&](const auto& check) { dump_kind(out, check, subject); }, subject.check.whole());
}

}  // namespace understudy::checkers
