// What becomes of a pool when its configuration changes, goes, or the daemon stops.
#include <fmt/format.h>

#include <utility>

#include "checkers/label.hpp"
#include "checkers/pool.hpp"

namespace understudy::checkers {

void Pool::remove_server(std::size_t server) {
  auto& state = state_.servers[server];
  if (seated(server)) {
    const bool inhibited = config_.real_servers[server].inhibit_on_failure && !state.alive;
    say(fmt::format("Removing {}service {} from VS {}", inhibited ? "(inhibited) " : "",
                    name(server), name_));
  }
  if (!state.alive) return;
  state.alive = false;
  tell_server(server);
  mail_server(server, "=> Removing <=");
}

void Pool::handle(Reload& event) {
  const auto kept = match_servers(event.next.real_servers, config_.real_servers);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] >= 0) continue;
    say(fmt::format("service {} no longer exist", name(i)));
    const bool drains = config_.real_servers[i].drain > 0 && seated(i);
    if (drains) leave(i);
    if (!drains) {
      remove_server(i);
    } else if (std::exchange(state_.servers[i].alive, false)) {
      tell_server(i);
      mail_server(i, "=> Removing <=");
    }
  }
  reload_sorry_server(event.next);
  adopt(event);
  update_quorum(true);
}

void Pool::reload_sorry_server(const VirtualServer& next) {
  if (!sorry_active_) return;
  if (next.sorry_server && next.sorry_server->endpoint == config_.sorry_server->endpoint) return;
  say(fmt::format("Removing sorry server {} from VS {}", label(*config_.sorry_server, config_),
                  name_));
  if (!next.sorry_server) say(fmt::format("Adding alive servers to the pool for VS {}", name_));
  sorry_active_ = false;
}

/// What of `known` is about checks that server `server` still has.
void Pool::adopt_server(std::size_t server, const RealServer& was, const ServerState& known) {
  const auto& config = config_.real_servers[server];
  auto& state = state_.servers[server];
  state.alive = known.alive;
  state.told_alive = known.told_alive;
  const auto checks = match_checks(was.checks, config.checks);
  for (std::size_t j = 0; j < checks.size(); ++j) {
    if (checks[j] >= 0) {
      state.checks[j] = known.checks[static_cast<std::size_t>(checks[j])];
    } else if (known.alive) {
      // An alpha check that is new need not make a server wait that works.
      state.checks[j].up = true;
    }
  }
}

/// Takes the new configuration over, with the state of those servers and checks that are in both.
void Pool::adopt(Reload& reload) {
  const auto servers = match_servers(config_.real_servers, reload.next.real_servers);
  std::vector<std::int64_t> weights;
  for (std::size_t i = 0; i < state_.servers.size(); ++i) weights.push_back(effective_weight(i));
  const VirtualServer old = std::exchange(config_, std::move(reload.next));
  PoolState before = std::exchange(state_, {});
  state_.quorum_up = before.quorum_up;
  state_.told_up = before.told_up;
  state_.leavers = std::move(before.leavers);
  for (std::size_t i = 0; i < servers.size(); ++i) {
    state_.servers.push_back(fresh_state(config_.real_servers[i]));
    if (servers[i] < 0) continue;
    const auto was = static_cast<std::size_t>(servers[i]);
    adopt_server(i, old.real_servers[was], before.servers[was]);
  }
  for (const auto& [server, check, state] : reload.observations) {
    state_.servers.at(server).checks.at(check) = state;
  }
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (servers[i] >= 0) continue;
    auto& server = state_.servers[i];
    server.alive = server.told_alive = all_allow(server.checks);
    if (server.alive && manner_.tell_first_state) tell_server(i);
  }
  adopt_phases(before.phases, servers);
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (servers[i] >= 0) say_weight(i, weights[static_cast<std::size_t>(servers[i])]);
  }
  // The checks that said "down" may be gone, what is observed may be new.
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (servers[i] >= 0) set_alive(i, all_allow(state_.servers[i].checks), Farewell::orderly);
  }
}

void Pool::handle(const Retire& /*event*/) {
  say(config_.group.empty() ? fmt::format("Removing Virtual Server {}", name_)
                            : fmt::format("Removing Virtual Server Group [{}]", config_.group));
  for (std::size_t i = 0; i < state_.servers.size(); ++i) remove_server(i);
  state_.phases.clear();
  state_.leavers.clear();
  if (!state_.quorum_up) return;
  state_.quorum_up = false;
  const std::int64_t threshold = std::int64_t{config_.quorum} - config_.hysteresis;
  tell_service(fmt::format("=> Lost quorum {}+{}={} <= 0 <=", config_.quorum, config_.hysteresis,
                           threshold));
}

void Pool::handle(const Stop& event) {
  for (std::size_t i = 0; i < state_.servers.size() && !event.flushed; ++i) {
    auto& state = state_.servers[i];
    const bool inhibited = config_.real_servers[i].inhibit_on_failure && !state.alive;
    const bool leaves = state.alive && seated(i);
    say(fmt::format("Shutting down {}service {} from VS {}", inhibited ? "(inhibited) " : "",
                    name(i), name_));
    state.alive = false;
    if (!leaves || !config_.omega) continue;
    tell_server(i);
    mail_server(i, "=> Shutting down <=");
  }
  state_.phases.clear();
  state_.leavers.clear();
  state_.quorum_up = false;
  if (config_.omega) tell_service("=> Shutting down <=");
}

}  // namespace understudy::checkers
