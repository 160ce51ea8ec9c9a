#include "daemon/bfd/effective.hpp"

namespace understudy::bfd {

/// seconds() of so many times an interval writes it in milliseconds, as the keywords take it.
constexpr int kMilliseconds = 1000;

parser::Statements effective(const BfdConfig& config) {
  parser::Statements out;
  for (const SessionConfig& session : config.sessions) {
    parser::Statements& block = out.block("bfd_instance", session.name);
    block.boolean("multihop", session.multihop);
    block.add("neighbor_ip", session.neighbor.to_string());
    if (!session.source.empty()) block.add("source_ip", session.source.to_string());
    block.seconds("min_rx", session.min_rx * kMilliseconds);
    block.seconds("min_tx", session.min_tx * kMilliseconds);
    block.seconds("idle_tx", session.idle_tx * kMilliseconds);
    block.add("multiplier", session.multiplier);
    block.flag("passive", session.passive);
    block.add("ttl", session.ttl);
    block.add("max_hops", session.max_hops);
    if (session.weight_reverse) {
      block.add("weight", session.weight, "reverse");
    } else {
      block.add("weight", session.weight);
    }
    if (session.to_vrrp != session.to_checkers) {
      block.flag("vrrp", session.to_vrrp);
      block.flag("checker", session.to_checkers);
    }
  }
  return out;
}

}  // namespace understudy::bfd
