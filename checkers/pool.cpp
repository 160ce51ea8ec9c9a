#include "checkers/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checkers/label.hpp"

namespace understudy::checkers {
namespace {

bool alpha(const Check& check) {
  const auto* timing = timing_of(check);
  return timing != nullptr && timing->alpha;
}

std::uint32_t kernel_weight(int weight) { return static_cast<std::uint32_t>(std::max(weight, 0)); }

Seat seat_of(const RealServer& server, std::uint32_t weight) {
  return {server.endpoint, server.method,          server.tunnel,
          weight,          server.upper_threshold, server.lower_threshold};
}

std::vector<ScriptCommand> commands(const ScriptCall& script) {
  if (script.empty()) return {};
  return {{script.argv, script.uid, script.gid}};
}

bool all_up(const std::vector<CheckState>& checks) {
  return std::ranges::all_of(checks, &CheckState::up);
}

ServerState fresh_state(const RealServer& server) {
  ServerState state;
  for (const auto& check : server.checks) state.checks.push_back({!alpha(check), 0, Duty::serve});
  state.alive = state.told_alive = all_up(state.checks);
  return state;
}

}  // namespace

Pool::Pool(VirtualServer config) : config_(std::move(config)), name_(label(config_)) {
  for (const auto& server : config_.real_servers) state_.servers.push_back(fresh_state(server));
}

PoolActions Pool::step(const PoolEvent& event) {
  actions_ = {};
  std::visit([this](const auto& one) { handle(one); }, event);
  return std::exchange(actions_, {});
}

std::string Pool::name(std::size_t server) const {
  return label(config_.real_servers[server], config_);
}

std::int64_t Pool::live_weight() const {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < state_.servers.size(); ++i) {
    if (state_.servers[i].alive) sum += kernel_weight(effective_weight(i));
  }
  return sum;
}

int Pool::effective_weight(std::size_t server) const {
  int weight = config_.real_servers[server].weight;
  for (const auto& check : state_.servers[server].checks) weight += check.weight;
  return weight;
}

bool Pool::serving(std::size_t server) const {
  return state_.servers[server].alive && !sorry_active_;
}

bool Pool::seated(std::size_t server) const {
  return serving(server) || config_.real_servers[server].inhibit_on_failure;
}

std::vector<Seat> Pool::seats() const {
  std::vector<Seat> seats;
  for (std::size_t i = 0; i < state_.servers.size(); ++i) {
    const auto& server = config_.real_servers[i];
    if (seated(i))
      seats.push_back(seat_of(server, serving(i) ? kernel_weight(effective_weight(i)) : 0));
  }
  if (!config_.sorry_server) return seats;
  const auto& sorry = *config_.sorry_server;
  // The sorry server may be one of the real servers.
  const auto same = std::ranges::find(seats, sorry.endpoint, &Seat::endpoint);
  if (sorry_active_) {
    const Seat seat = seat_of(sorry, kernel_weight(sorry.weight));
    if (same == seats.end()) {
      seats.push_back(seat);
    } else {
      *same = seat;
    }
  } else if (config_.sorry_server_inhibit && same == seats.end()) {
    seats.push_back(seat_of(sorry, 0));
  }
  return seats;
}

void Pool::handle(const Start& /*event*/) { update_quorum(true); }

void Pool::handle(const Resume& event) {
  const auto& known = event.known;
  for (std::size_t i = 0; i < state_.servers.size() && i < known.servers.size(); ++i) {
    auto& server = state_.servers[i];
    const bool same_checks = known.servers[i].checks.size() == server.checks.size();
    server.told_alive = known.servers[i].told_alive;
    if (same_checks) server.checks = known.servers[i].checks;
    server.alive = same_checks ? all_up(server.checks) : known.servers[i].alive;
  }
  state_.quorum_up = known.quorum_up;
  state_.told_up = known.told_up;
  sorry_active_ = config_.sorry_server && !state_.quorum_up;
  for (std::size_t i = 0; i < state_.servers.size(); ++i) {
    if (state_.servers[i].alive != state_.servers[i].told_alive) tell_server(i);
  }
  update_quorum(true);
  if (state_.quorum_up != state_.told_up) tell_service({});
}

void Pool::handle(const CheckVerdict& event) {
  auto& server = state_.servers.at(event.server);
  if (server.checks.at(event.check).up == event.up) {
    // Assumed down and now found so: that is news, though nothing changes.
    if (!event.up) tell_server(event.server);
    return;
  }
  const bool others_up = [&] {
    for (std::size_t i = 0; i < server.checks.size(); ++i) {
      if (i != event.check && !server.checks[i].up) return false;
    }
    return true;
  }();
  server.checks[event.check].up = event.up;
  if (others_up) set_alive(event.server, event.up);
  if (!event.mail_reason.empty()) mail_server(event.server, event.mail_reason);
}

void Pool::handle(const CheckWeight& event) {
  auto& check = state_.servers.at(event.server).checks.at(event.check);
  if (check.weight == event.weight) return;
  const int before = effective_weight(event.server);
  check.weight = event.weight;
  const bool alive = state_.servers[event.server].alive;
  say(fmt::format("Changing weight from {} to {} for {}active service {} of VS {}", before,
                  effective_weight(event.server), alive ? "" : "in", name(event.server), name_));
  update_quorum(false);
}

void Pool::handle(const CheckDuty& event) {
  state_.servers.at(event.server).checks.at(event.check).duty = event.duty;
}

void Pool::set_alive(std::size_t server, bool alive) {
  if (state_.servers[server].alive == alive) return;
  const bool inhibit = config_.real_servers[server].inhibit_on_failure;
  const char* verb = alive ? (inhibit ? "Enabl" : "Add") : (inhibit ? "Disabl" : "Remov");
  const char* preposition = inhibit ? "of" : (alive ? "to" : "from");
  say(fmt::format("{}ing service {} {} VS {}", verb, name(server), preposition, name_));
  state_.servers[server].alive = alive;
  tell_server(server);
  update_quorum(false);
}

void Pool::update_quorum(bool init) {
  const std::int64_t weight = live_weight();
  const std::int64_t quorum = config_.quorum;
  const std::int64_t hysteresis = config_.hysteresis;
  const bool up = state_.quorum_up;
  if (!up && weight >= quorum + hysteresis) {
    gain_quorum(init, weight);
  } else if ((up && (weight == 0 || weight < quorum - hysteresis)) ||
             (init && !up && config_.sorry_server && !sorry_active_)) {
    lose_quorum(init, weight);
  }
}

void Pool::gain_quorum(bool init, std::int64_t weight) {
  const std::int64_t threshold = std::int64_t{config_.quorum} + config_.hysteresis;
  state_.quorum_up = true;
  say(fmt::format("Gained quorum {}+{}={} <= {} for VS {}", config_.quorum, config_.hysteresis,
                  threshold, weight, name_));
  if (sorry_active_) {
    say(fmt::format("{} sorry server {} from VS {}",
                    config_.sorry_server_inhibit ? "Disabling" : "Removing",
                    label(*config_.sorry_server, config_), name_));
    say(fmt::format("Adding alive servers to the pool for VS {}", name_));
    sorry_active_ = false;
  }
  tell_service(
      fmt::format("=> {} {}+{}={} <= {} <=", init ? "Starting with quorum up" : "Gained quorum",
                  config_.quorum, config_.hysteresis, threshold, weight));
}

void Pool::lose_quorum(bool init, std::int64_t weight) {
  // From up it takes fewer than quorum - hysteresis; from down it would take quorum + hysteresis.
  const bool was_up = state_.quorum_up;
  const std::int64_t hysteresis = config_.hysteresis;
  const std::int64_t threshold = config_.quorum + (was_up ? -hysteresis : hysteresis);
  state_.quorum_up = false;
  say(fmt::format("{} {}{}{}={} > {} for VS {}", init ? "Starting with quorum down" : "Lost quorum",
                  config_.quorum, was_up || hysteresis == 0 ? '-' : '+', hysteresis, threshold,
                  weight, name_));
  if (config_.sorry_server && !sorry_active_) {
    say(fmt::format("{} sorry server {} to VS {}",
                    config_.sorry_server_inhibit ? "Enabling" : "Adding",
                    label(*config_.sorry_server, config_), name_));
    say(fmt::format("Removing alive servers from the pool for VS {}", name_));
    sorry_active_ = true;
  }
  tell_service(
      fmt::format("=> {} {}+{}={} <= {} <=", init ? "Starting with quorum down" : "Lost quorum",
                  config_.quorum, hysteresis, threshold, weight));
}

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

void Pool::handle(const Reload& event) {
  const auto kept = match_servers(event.next.real_servers, config_.real_servers);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] >= 0) continue;
    say(fmt::format("service {} no longer exist", name(i)));
    remove_server(i);
  }
  reload_sorry_server(event.next);
  adopt(event.next);
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

/// Takes `next` over, with the state of those servers and checks that are in both.
void Pool::adopt(const VirtualServer& next) {
  const auto servers = match_servers(config_.real_servers, next.real_servers);
  const VirtualServer old = std::exchange(config_, next);
  const PoolState before = std::exchange(state_, {});
  state_.quorum_up = before.quorum_up;
  state_.told_up = before.told_up;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const auto& server = config_.real_servers[i];
    state_.servers.push_back(fresh_state(server));
    if (servers[i] < 0) continue;
    const auto& was = old.real_servers[static_cast<std::size_t>(servers[i])];
    const auto& known = before.servers[static_cast<std::size_t>(servers[i])];
    auto& state = state_.servers.back();
    state.alive = known.alive;
    state.told_alive = known.told_alive;
    const auto checks = match_checks(was.checks, server.checks);
    for (std::size_t j = 0; j < checks.size(); ++j) {
      // An alpha check that is new need not make a server wait that works.
      if (checks[j] >= 0) {
        state.checks[j] = known.checks[static_cast<std::size_t>(checks[j])];
      } else if (known.alive) {
        state.checks[j].up = true;
      }
    }
    if (was.weight != server.weight) {
      say(fmt::format("Changing weight from {} to {} for {}active service {} of VS {}", was.weight,
                      server.weight, known.alive ? "" : "in", name(i), name_));
    }
  }
  // The checks that said "down" may be gone.
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (servers[i] >= 0 && all_up(state_.servers[i].checks)) set_alive(i, true);
  }
}

void Pool::handle(const Retire& /*event*/) {
  say(fmt::format("Removing Virtual Server {}", name_));
  for (std::size_t i = 0; i < state_.servers.size(); ++i) remove_server(i);
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
  state_.quorum_up = false;
  if (config_.omega) tell_service("=> Shutting down <=");
}

void Pool::tell_server(std::size_t server) {
  const auto& config = config_.real_servers[server];
  auto& state = state_.servers[server];
  const auto object = fmt::format("RS {} {}", name(server), name_);
  actions_.notifications.push_back(
      {object, commands(state.alive ? config.notify_up : config.notify_down),
       fmt::format("{} {}", object, state.alive ? "UP" : "DOWN"), std::nullopt});
  state.told_alive = state.alive;
}

void Pool::mail_server(std::size_t server, const std::string& body) {
  if (!config_.real_servers[server].smtp_alert) return;
  const bool alive = state_.servers[server].alive;
  actions_.notifications.push_back({fmt::format("RS {} {}", name(server), name_),
                                    {},
                                    {},
                                    Mail{fmt::format("Realserver {} of virtual server {} - {}",
                                                     name(server), name_, alive ? "UP" : "DOWN"),
                                         body}});
}

void Pool::tell_service(const std::string& mail_body) {
  const char* state = state_.quorum_up ? "UP" : "DOWN";
  const auto object = fmt::format("VS {}", name_);
  Notification notification{object,
                            commands(state_.quorum_up ? config_.quorum_up : config_.quorum_down),
                            fmt::format("{} {}", object, state), std::nullopt};
  if (config_.smtp_alert && !mail_body.empty()) {
    notification.mail = Mail{fmt::format("Virtualserver {} - {}", name_, state), mail_body};
  }
  actions_.notifications.push_back(std::move(notification));
  state_.told_up = state_.quorum_up;
}

}  // namespace understudy::checkers
