#include "daemon/bfd/effective.hpp"

namespace understudy::bfd {

namespace {

/// Intervals are written in milliseconds.
std::string milliseconds(std::chrono::microseconds value) {
  return parser::seconds_text(value * 1000);
}

}  // namespace

parser::Statements effective(const BfdConfig& config) {
  parser::Statements out;
  for (const SessionConfig& session : config.sessions) {
    parser::Statements& block = out.block("bfd_instance", session.name);
    block.boolean("multihop", session.multihop);
    block.add("neighbor_ip", session.neighbor.to_string());
    if (!session.source.empty()) block.add("source_ip", session.source.to_string());
    block.add("min_rx", milliseconds(session.min_rx));
    block.add("min_tx", milliseconds(session.min_tx));
    block.add("idle_tx", milliseconds(session.idle_tx));
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
