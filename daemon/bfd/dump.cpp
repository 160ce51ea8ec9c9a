#include "daemon/bfd/dump.hpp"

#include "daemon/global/dump_lines.hpp"

namespace understudy::bfd {
namespace {

void dump_session(DumpLines& out, const SessionConfig& session) {
  out.add(" BFD Instance = {}", session.name);
  out.add("   Neighbor IP = {}", session.neighbor.to_string());
  if (!session.source.empty()) out.add("   Source IP = {}", session.source.to_string());
  out.add("   Required min RX interval = {} us", session.min_rx.count());
  out.add("   Desired min TX interval = {} us", session.min_tx.count());
  out.add("   Desired idle TX interval = {} us", session.idle_tx.count());
  out.add("   Detection multiplier = {}", session.multiplier);
  out.add("   {} = {}", session.neighbor.is_v4() ? "TTL" : "hoplimit", session.ttl);
  out.add("   max_hops = {}", session.max_hops);
  out.add("   passive = {}", true_false(session.passive));
  out.add("   send event to VRRP process = {}", session.to_vrrp ? "Yes" : "No");
  out.add("   send event to checker process = {}", session.to_checkers ? "Yes" : "No");
}

}  // namespace

std::vector<std::string> dump(const BfdConfig& config) {
  DumpLines out;
  if (config.sessions.empty()) return {};
  out.add("------< BFD Topology >------");
  for (const auto& session : config.sessions) dump_session(out, session);
  return out.take();
}

}  // namespace understudy::bfd
