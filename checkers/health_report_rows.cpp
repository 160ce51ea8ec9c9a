// Checks that ask the server itself how it is, which keepalived does not have: AGENT_CHECK { } and
// GRPC_CHECK { }.
#include <utility>

#include "checkers/demand_rows.hpp"
#include "checkers/keywords.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;

/// agent_send STRING: quoted and escaped as scripts are.
void take_send(AgentDraft& draft, const Binding& binding) {
  auto words = split_escaped(binding.node().raw);
  if (!words) {
    binding.error(words.error().message);
  } else if (words->size() != 2) {
    binding.error("agent_send missing or too many fields",
                  "expected one word; quote it if it has blanks");
  } else {
    draft.check.send = std::move((*words)[1]);
  }
}

Block<AgentDraft> agent_rows() {
  Block<AgentDraft> rows;
  rows.merge(common_check_rows(true), &AgentDraft::common);
  rows.statement("agent_send", "Sent to the agent first; \\n is a line's end.", take_send)
      .takes("STRING", 0, SIZE_MAX)
      .ours();
  return rows;
}

/// The service's own port has no agent behind it.
void close_agent(RealServerDraft& server, AgentDraft& draft, const Binding& binding) {
  if (draft.common.endpoint->destination.port != Port(0))
    return close_check(server, draft, binding);
  binding.report_at(Severity::error, binding.closing(),
                    "AGENT_CHECK has no connect_port - ignoring");
  server.checks.pop_back();
}

template <typename Target>
auto checked(Target GrpcCheck::*member) {
  return [member](GrpcDraft& draft, Target value) { draft.check.*member = std::move(value); };
}

Block<GrpcDraft> grpc_rows() {
  Block<GrpcDraft> rows;
  rows.merge(common_check_rows(true), &GrpcDraft::common);
  rows.value("service", "Whose health is asked for.", text("NAME"), checked(&GrpcCheck::service))
      .by_default("the whole server's")
      .ours();
  rows.value("tls", "Over TLS.", optional_boolean(), checked(&GrpcCheck::tls))
      .by_default("off")
      .invalid("Invalid tls parameter {1}")
      .ours();
  add_verification_rows<GrpcDraft>(
      rows, [](GrpcDraft& draft) -> TlsDemands& { return draft.demands.edit(); });
  rows.value("virtualhost", "Authority of the request and name in the TLS handshake.", text("NAME"),
             checked(&GrpcCheck::virtualhost))
      .by_default("the real server's, else address and port")
      .ours();
  return rows;
}

}  // namespace

void add_health_report_rows(Block<RealServerDraft>& rows) {
  rows.block("AGENT_CHECK",
             "A program beside the service says how much work the server is to get: HAProxy's "
             "agent-check.",
             agent_rows(), open_check<AgentDraft>, close_agent)
      .adds_up()
      .ours();
  rows.block("GRPC_CHECK", "grpc.health.v1.Health says that it serves.", grpc_rows(),
             open_check<GrpcDraft>, close_check<GrpcDraft>)
      .adds_up()
      .ours();
}

}  // namespace understudy::checkers
