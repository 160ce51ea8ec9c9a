#include "checkers/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "checkers/label.hpp"

namespace understudy::checkers {
namespace {

bool alpha(const Check& check) {
  if (const auto* bfd = check.get_if<BfdCheck>()) return bfd->alpha;
  const auto* timing = timing_of(check);
  return timing != nullptr && timing->alpha;
}

bool told_to_drain(const ServerState& server) {
  return std::ranges::any_of(server.checks,
                             [](const CheckState& check) { return check.duty == Duty::drain; });
}

std::vector<ScriptCommand> commands(const ScriptCall& script) {
  if (script.empty()) return {};
  return {{script.argv, script.uid, script.gid}};
}

}  // namespace

std::uint32_t kernel_weight(std::int64_t weight) {
  constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(weight, 0, kLargest));
}

Seat seat_of(const RealServer& server, std::uint32_t weight) {
  Seat seat;
  seat.endpoint = server.endpoint;
  seat.method = server.method;
  seat.tunnel = server.tunnel;
  seat.weight = weight;
  seat.upper_threshold = server.upper_threshold;
  seat.lower_threshold = server.lower_threshold;
  return seat;
}

bool all_allow(const Few<CheckState>& checks) {
  return std::ranges::all_of(
      checks, [](const CheckState& check) { return check.up && check.duty != Duty::maintain; });
}

ServerState fresh_state(const RealServer& server) {
  ServerState state;
  for (const auto& check : server.checks) state.checks.push_back({{}, !alpha(check), Duty::serve});
  state.alive = state.told_alive = all_allow(state.checks);
  return state;
}

Pool::Pool(VirtualServer config, PoolManner manner)
    : config_(std::move(config)), manner_(manner), name_(label(config_)) {
  state_.servers.reserve(config_.real_servers.size());
  for (const auto& server : config_.real_servers) state_.servers.push_back(fresh_state(server));
}

PoolActions Pool::step(PoolEvent event, TimePoint now) {
  actions_ = {};
  now_ = std::max(now_, now);
  std::visit([this](auto& one) { handle(one); }, event);
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

std::int64_t Pool::effective_weight(std::size_t server) const {
  const std::int64_t configured = config_.real_servers[server].weight;
  std::int64_t weight = configured;
  for (const auto& check : state_.servers[server].checks) {
    if (check.duty == Duty::drain) return 0;
    weight += check.weight.addition(configured);
  }
  return weight;
}

bool Pool::serving(std::size_t server) const {
  return state_.servers[server].alive && !sorry_active_;
}

bool Pool::seated(std::size_t server) const {
  if (serving(server) || config_.real_servers[server].inhibit_on_failure) return true;
  // A sorry server that takes over leaves those their connections that are to keep them.
  return phase(server, Phase::Kind::draining) != nullptr ||
         (state_.servers[server].alive && told_to_drain(state_.servers[server]));
}

Seat Pool::seat(std::size_t server) const {
  const std::uint32_t weight = serving(server) ? kernel_weight(effective_weight(server)) : 0;
  Seat seat = seat_of(config_.real_servers[server], grown(server, weight));
  seat.draining = phase(server, Phase::Kind::draining) != nullptr;
  return seat;
}

std::vector<Seat> Pool::seats() const {
  std::vector<Seat> seats;
  seats.reserve(state_.servers.size());
  for (std::size_t i = 0; i < state_.servers.size(); ++i) {
    if (seated(i)) seats.push_back(seat(i));
  }
  for (const auto& leaver : state_.leavers) seats.push_back(leaver.seat);
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

void Pool::handle(const Start& event) {
  for (const auto& [server, check, state] : event.observations) {
    state_.servers.at(server).checks.at(check) = state;
  }
  for (std::size_t i = 0; i < state_.servers.size(); ++i) {
    auto& server = state_.servers[i];
    server.alive = server.told_alive = all_allow(server.checks);
    if (server.alive && manner_.tell_first_state) tell_server(i);
  }
  update_quorum(true);
}

void Pool::handle(const Resume& event) {
  const auto& known = event.known;
  for (std::size_t i = 0; i < state_.servers.size() && i < known.servers.size(); ++i) {
    auto& server = state_.servers[i];
    const bool same_checks = known.servers[i].checks.size() == server.checks.size();
    server.told_alive = known.servers[i].told_alive;
    if (same_checks) server.checks = known.servers[i].checks;
    server.alive = same_checks ? all_allow(server.checks) : known.servers[i].alive;
  }
  state_.quorum_up = known.quorum_up;
  state_.told_up = known.told_up;
  state_.leavers = known.leavers;
  for (const auto& [server, kind, time] : known.phases) {
    const bool grows = kind == Phase::Kind::growing;
    if (server < state_.servers.size() && state_.servers[server].alive == grows) {
      begin_phase(server, kind, time);
    }
  }
  sorry_active_ = config_.sorry_server && !state_.quorum_up;
  for (std::size_t i = 0; i < state_.servers.size(); ++i) {
    if (state_.servers[i].alive != state_.servers[i].told_alive) tell_server(i);
  }
  update_quorum(true);
  if (state_.quorum_up != state_.told_up) tell_service({});
}

void Pool::handle(const CheckVerdict& event) {
  auto& server = state_.servers.at(event.server);
  auto& check = server.checks.at(event.check);
  const bool was_alive = server.alive;
  if (check.up == event.up) {
    // Assumed down and now found so: that is news, though nothing changes.
    if (!event.up) tell_server(event.server);
  } else {
    check.up = event.up;
    const auto& kind = config_.real_servers[event.server].checks[event.check];
    // An agent's word about the weight holds until its next one, whatever it says of health.
    const WeightWord without = kind.get_if<AgentCheck>() != nullptr ? check.weight : WeightWord();
    check.weight = event.up ? event.weight.value_or(check.weight) : without;
    set_alive(event.server, all_allow(server.checks),
              kind.get_if<FileCheck>() != nullptr ? Farewell::orderly : Farewell::abrupt);
  }
  if (event.mail_reason.empty()) return;
  if (manner_.mail_changes_only && server.alive == was_alive) return;
  mail_server(event.server, event.mail_reason);
}

void Pool::handle(const CheckWeight& event) {
  auto& check = state_.servers.at(event.server).checks.at(event.check);
  const auto before = effective_weight(event.server);
  check.weight = event.weight;
  if (kernel_weight(before) == kernel_weight(effective_weight(event.server))) return;
  say_weight(event.server, before);
  update_quorum(false);
}

void Pool::handle(const CheckDuty& event) {
  auto& server = state_.servers.at(event.server);
  auto& check = server.checks.at(event.check);
  if (check.duty == event.duty) return;
  const auto before = effective_weight(event.server);
  check.duty = event.duty;
  const bool alive = all_allow(server.checks);
  if (alive == server.alive) {
    say_weight(event.server, before);
    update_quorum(false);
  } else {
    set_alive(event.server, alive, Farewell::orderly);
  }
}

void Pool::say_weight(std::size_t server, std::int64_t before) {
  const std::uint32_t now = kernel_weight(effective_weight(server));
  if (kernel_weight(before) == now) return;
  say(fmt::format("Changing weight from {} to {} for {}active service {} of VS {}",
                  kernel_weight(before), now, state_.servers[server].alive ? "" : "in",
                  name(server), name_));
}

void Pool::set_alive(std::size_t server, bool alive, Farewell farewell) {
  if (state_.servers[server].alive == alive) return;
  const auto& config = config_.real_servers[server];
  const bool inhibit = config.inhibit_on_failure;
  const bool drains =
      !alive && farewell == Farewell::orderly && config.drain > 0 && !inhibit && serving(server);
  if (drains) {
    say(fmt::format("Draining service {} of VS {} for at most {} seconds", name(server), name_,
                    config.drain));
  } else {
    const char* verb = alive ? (inhibit ? "Enabl" : "Add") : (inhibit ? "Disabl" : "Remov");
    const char* preposition = inhibit ? "of" : (alive ? "to" : "from");
    say(fmt::format("{}ing service {} {} VS {}", verb, name(server), preposition, name_));
  }
  end_phase(server);
  if (drains) {
    begin_phase(server, Phase::Kind::draining, now_ + std::chrono::seconds(config.drain));
  } else if (alive && config.slow_start > 0) {
    begin_phase(server, Phase::Kind::growing, now_);
  }
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

void Pool::tell_server(std::size_t server) {
  const auto& config = config_.real_servers[server];
  auto& state = state_.servers[server];
  const auto object = fmt::format("RS {} {}", name(server), name_);
  actions_.notifications.push_back(
      {object, commands(state.alive ? config.extras->notify_up : config.extras->notify_down),
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
