// Checks with all that they inherit.
#include <fmt/format.h>

#include <utility>

#include "checkers/verify_parts.hpp"

namespace understudy::checkers {

namespace {

using namespace std::chrono_literals;
using parser::Location;
using parser::Severity;

/// What a kind of check does unless told otherwise.
struct OwnDefaults {
  unsigned retry = 1;
  /// nullopt: delay_loop.
  std::optional<std::chrono::microseconds> delay_before_retry = 1s;
};

constexpr OwnDefaults kHttpDefaults{1, 3s};
constexpr OwnDefaults kDnsDefaults{3, std::nullopt};
constexpr OwnDefaults kMiscDefaults{0, 1s};
/// An agent that says "down" means it.
constexpr OwnDefaults kAgentDefaults{0, 1s};

/// Builds the checks of one real server.
class Builder {
 public:
  Builder(const RealServerDraft& server, Port port, CheckSurroundings around)
      : server_(server), port_(port), around_(around) {}

  void operator()(const TcpDraft& draft) {
    add(TcpCheck{timing(draft.common), endpoint(draft.common)});
  }
  void operator()(const PingDraft& draft) {
    add(PingCheck{timing(draft.common), endpoint(draft.common)});
  }
  void operator()(const HttpDraft& draft);
  void operator()(const SmtpDraft& draft);
  void operator()(const DnsDraft& draft) {
    const bool root = !draft.name || draft.name->empty();
    add(DnsCheck{timing(draft.common, kDnsDefaults), endpoint(draft.common), draft.type,
                 root ? DnsCheck{}.name : *draft.name});
  }
  void operator()(const UdpDraft& draft) {
    UdpCheck check = draft.check;
    check.timing = timing(draft.common);
    check.endpoint = endpoint(draft.common);
    add(std::move(check));
  }
  void operator()(const MiscDraft& draft);
  void operator()(const FileDraft& draft) {
    add(FileCheck{draft.file->name, draft.weight.value_or(draft.file->weight),
                  draft.weight ? draft.reverse : draft.file->reverse});
  }
  void operator()(const BfdDraft& draft) {
    add(BfdCheck{draft.name, draft.alpha.value_or(server_.timing->alpha.value_or(false))});
  }
  void operator()(const AgentDraft& draft) {
    AgentCheck check = draft.check;
    check.timing = timing(draft.common, kAgentDefaults);
    check.endpoint = endpoint(draft.common);
    add(std::move(check));
  }
  void operator()(const GrpcDraft& draft) {
    GrpcCheck check = draft.check;
    check.demands = draft.demands;
    check.timing = timing(draft.common);
    check.endpoint = endpoint(draft.common);
    if (check.virtualhost.empty()) check.virtualhost = *server_.virtualhost;
    add(std::move(check));
  }

  Few<Check> take() { return std::move(checks_); }

 private:
  void add(Check check) { checks_.push_back(std::move(check)); }
  [[nodiscard]] CheckTiming timing(const CommonDraft& draft, OwnDefaults defaults = {}) const;
  [[nodiscard]] CheckEndpoint endpoint(const CommonDraft& draft) const;

  const RealServerDraft& server_;
  Port port_;
  CheckSurroundings around_;
  Few<Check> checks_;
};

CheckTiming Builder::timing(const CommonDraft& draft, OwnDefaults defaults) const {
  const auto inherit = [&](auto member, auto fallback) {
    if ((*draft.timing).*member) return *((*draft.timing).*member);
    return ((*server_.timing).*member).value_or(fallback);
  };
  CheckTiming timing;
  timing.delay_loop = inherit(&InheritedTiming::delay_loop, timing.delay_loop);
  timing.connect_timeout = inherit(&InheritedTiming::connect_timeout, timing.connect_timeout);
  timing.retry = inherit(&InheritedTiming::retry, defaults.retry);
  timing.rise = inherit(&InheritedTiming::rise, timing.rise);
  timing.delay_before_retry = inherit(&InheritedTiming::delay_before_retry,
                                      defaults.delay_before_retry.value_or(timing.delay_loop));
  timing.warmup = inherit(&InheritedTiming::warmup, timing.delay_loop);
  timing.alpha = inherit(&InheritedTiming::alpha, false);
  timing.log_all_failures =
      draft.log_all_failures.value_or(around_.global.checker_log_all_failures);
  return timing;
}

CheckEndpoint Builder::endpoint(const CommonDraft& draft) const {
  CheckEndpoint endpoint = *draft.endpoint;
  auto& [address, port] = endpoint.destination;
  if (address.empty()) address = server_.endpoint.address;
  if (port == Port(0)) port = server_.endpoint.port;
  if (port == Port(0)) port = port_;
  return endpoint;
}

/// What all requests of a check have, and what this one has besides.
Shared<RequestExtras> joined(const RequestExtras& common, const RequestExtras& own) {
  RequestExtras all = own;
  all.fields.insert(all.fields.begin(), common.fields.begin(), common.fields.end());
  all.credentials = common.credentials;
  all.credentials_file = common.credentials_file;
  return all;
}

void Builder::operator()(const HttpDraft& draft) {
  HttpCheck check;
  check.timing = timing(draft.common, kHttpDefaults);
  check.endpoint = endpoint(draft.common);
  check.tls = draft.tls;
  check.protocol = draft.protocol;
  check.enable_sni = draft.enable_sni;
  check.fast_recovery = draft.fast_recovery;
  check.tls_compliant = draft.tls_compliant;
  check.demands = draft.demands;
  check.virtualhost = draft.virtualhost.empty() ? *server_.virtualhost : draft.virtualhost;
  for (const auto& text : draft.urls) {
    Url& url = check.urls.emplace_back();
    url.path = *text.path;
    url.digest = text.digest;
    url.status_codes = text.status_codes;
    if (url.status_codes.empty()) url.status_codes = {{200, 299}};
    url.virtualhost = text.virtualhost;
    url.tls_compliant = text.tls_compliant.value_or(draft.tls_compliant);
    if (text.has_pattern) url.body = text.body;
    url.request = joined(*draft.request, *text.request);
  }
  add(std::move(check));
}

/// Each host block is a check of its own, of the server itself; when there is nothing else to
/// check, the first is the check.
void Builder::operator()(const SmtpDraft& draft) {
  SmtpCheck check{timing(draft.common), endpoint(draft.common), SmtpCheck{}.helo_name};
  if (!draft.helo_name.empty()) check.helo_name = draft.helo_name;
  CommonDraft itself;
  SmtpCheck host = check;
  host.endpoint = endpoint(itself);
  const bool only_hosts = draft.hosts > 0 && check == host && !draft.common.timing->connect_timeout;
  add(std::move(check));
  for (unsigned i = only_hosts ? 1 : 0; i < draft.hosts; ++i) add(host);
}

void Builder::operator()(const MiscDraft& draft) {
  const ScriptText script{draft.script->argv, draft.user, draft.group};
  MiscCheck check{
      timing(draft.common, kMiscDefaults), around_.users.call<ScriptCall>(script, "misc"),
      draft.timeout,
      draft.timeout.count() > 0 ? std::chrono::microseconds(draft.timeout) : around_.delay_loop,
      draft.dynamic};
  const auto drop = [&](Severity severity, std::string_view format) {
    std::string shown;
    for (const auto& word : script.argv) {
      shown += fmt::format("{}'{}'", shown.empty() ? "" : " ", word);
    }
    around_.diagnostics.add(severity, Location{}, fmt::format(fmt::runtime(format), shown));
  };
  if (check.script.empty()) {
    return drop(Severity::error, "Unable to set default user for misc script {} - removing");
  }
  if (!script_exists(script.argv)) {
    return drop(Severity::note, "Disabling misc script {} since not found/accessible");
  }
  add(std::move(check));
}

}  // namespace

Few<Check> build_checks(const RealServerDraft& server, Port port, CheckSurroundings around) {
  Builder builder(server, port, around);
  const auto build = [&builder](const auto& draft) {
    if constexpr (requires { *draft; }) {
      builder(*draft);
    } else {
      builder(draft);
    }
  };
  for (const auto& check : server.checks) std::visit(build, check);
  return builder.take();
}

}  // namespace understudy::checkers
