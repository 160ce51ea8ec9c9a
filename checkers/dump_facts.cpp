#include "checkers/dump_facts.hpp"

#include <algorithm>

namespace understudy::checkers {

ServiceFacts facts_of(const Pool& pool) {
  const auto seats = pool.seats();
  const auto seated = [&](const Endpoint& endpoint) {
    return std::ranges::find(seats, endpoint, &Seat::endpoint) != seats.end();
  };
  const PoolState& state = pool.state();
  const VirtualServer& config = pool.config();
  ServiceFacts facts;
  facts.quorum_up = state.quorum_up;
  facts.sorry_set = config.sorry_server && seated(config.sorry_server->endpoint);
  for (std::size_t i = 0; i < state.servers.size(); ++i) {
    ServerFacts server{state.servers[i].alive,
                       seated(config.real_servers[i].endpoint),
                       pool.effective_weight(i),
                       {}};
    for (const auto& check : state.servers[i].checks) {
      server.checks.push_back(
          {check.up, false, check.weight.addition(config.real_servers[i].weight)});
    }
    facts.servers.push_back(std::move(server));
  }
  return facts;
}

}  // namespace understudy::checkers
