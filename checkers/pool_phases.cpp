// What takes time for a real server: its weight grows when it comes back (slow_start), its
// connections end when it goes (drain).
#include <fmt/format.h>

#include <algorithm>

#include "checkers/label.hpp"
#include "checkers/pool.hpp"

namespace understudy::checkers {
namespace {

/// A growing weight reaches what it is to be in so many equal steps.
constexpr std::int64_t kSteps = 20;

Duration span(const RealServer& server) { return std::chrono::seconds(server.slow_start); }

/// Steps a server that came back at `start` has made: 0 to kSteps.
std::int64_t steps_made(const RealServer& server, TimePoint start, TimePoint now) {
  if (span(server) <= Duration::zero()) return kSteps;
  return std::clamp<std::int64_t>((now - start) * kSteps / span(server), 0, kSteps);
}

}  // namespace

const Phase* Pool::phase(std::size_t server, Phase::Kind kind) const {
  const auto found = std::ranges::lower_bound(state_.phases, server, {}, &Phase::server);
  if (found == state_.phases.end() || found->server != server || found->kind != kind) {
    return nullptr;
  }
  return &*found;
}

void Pool::begin_phase(std::size_t server, Phase::Kind kind, TimePoint time) {
  end_phase(server);
  const auto place = std::ranges::lower_bound(state_.phases, server, {}, &Phase::server);
  state_.phases.insert(place, Phase{server, kind, time});
}

void Pool::end_phase(std::size_t server) {
  std::erase_if(state_.phases, [server](const Phase& one) { return one.server == server; });
}

std::uint32_t Pool::grown(std::size_t server, std::uint32_t weight) const {
  const auto* growing = phase(server, Phase::Kind::growing);
  if (growing == nullptr || weight == 0) return weight;
  const auto steps = steps_made(config_.real_servers[server], growing->time, now_);
  return std::max<std::uint32_t>(static_cast<std::uint32_t>(weight * steps / kSteps), 1);
}

std::optional<TimePoint> Pool::deadline() const {
  std::optional<TimePoint> first;
  const auto consider = [&first](TimePoint time) { first = std::min(first.value_or(time), time); };
  for (const auto& [server, kind, time] : state_.phases) {
    if (kind == Phase::Kind::draining) {
      consider(time);
      continue;
    }
    const auto& config = config_.real_servers[server];
    // Rounded up: a step is made when its time has passed.
    const auto next = steps_made(config, time, now_) + 1;
    consider(time + (span(config) * next + Duration(kSteps - 1)) / kSteps);
  }
  for (const auto& leaver : state_.leavers) consider(leaver.until);
  return first;
}

void Pool::handle(const Tick& /*event*/) {
  const auto over = [this](const Phase& one) {
    if (one.kind == Phase::Kind::draining) return one.time <= now_;
    return steps_made(config_.real_servers[one.server], one.time, now_) == kSteps;
  };
  for (const auto& one : state_.phases) {
    if (one.kind != Phase::Kind::draining || !over(one)) continue;
    say(fmt::format("Removing service {} from VS {}: its time to drain is over", name(one.server),
                    name_));
  }
  std::erase_if(state_.phases, over);
  for (const auto& leaver : state_.leavers) {
    if (leaver.until > now_) continue;
    say(fmt::format("Removing service {} from VS {}: its time to drain is over",
                    label(leaver.seat.endpoint, config_), name_));
  }
  std::erase_if(state_.leavers, [this](const Leaver& one) { return one.until <= now_; });
}

void Pool::handle(const Drained& event) {
  const auto gone = [&](const Endpoint& endpoint) {
    if (endpoint != event.endpoint) return false;
    say(fmt::format("Removing service {} from VS {}: it has no connections any more",
                    label(endpoint, config_), name_));
    return true;
  };
  std::erase_if(state_.phases, [&](const Phase& one) {
    return one.kind == Phase::Kind::draining && gone(config_.real_servers[one.server].endpoint);
  });
  std::erase_if(state_.leavers, [&](const Leaver& one) { return gone(one.seat.endpoint); });
}

void Pool::leave(std::size_t server) {
  const auto& config = config_.real_servers[server];
  say(fmt::format("Draining service {} of VS {} for at most {} seconds", name(server), name_,
                  config.drain));
  Seat seat = seat_of(config, 0);
  seat.draining = true;
  const auto* draining = phase(server, Phase::Kind::draining);
  const TimePoint until =
      draining != nullptr ? draining->time : now_ + std::chrono::seconds(config.drain);
  state_.leavers.push_back({seat, until});
}

void Pool::adopt_phases(const std::vector<Phase>& phases,
                        const std::vector<std::ptrdiff_t>& servers) {
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const auto& server = config_.real_servers[i];
    const bool alive = state_.servers[i].alive;
    std::erase_if(state_.leavers,
                  [&](const Leaver& one) { return one.seat.endpoint == server.endpoint; });
    if (servers[i] < 0) {
      if (alive && server.slow_start > 0) begin_phase(i, Phase::Kind::growing, now_);
      continue;
    }
    const auto was = static_cast<std::size_t>(servers[i]);
    const auto found = std::ranges::lower_bound(phases, was, {}, &Phase::server);
    if (found == phases.end() || found->server != was) continue;
    const bool grows = found->kind == Phase::Kind::growing;
    const bool goes_on =
        grows ? server.slow_start > 0 : server.drain > 0 && !server.inhibit_on_failure;
    if (goes_on) begin_phase(i, found->kind, found->time);
  }
}

}  // namespace understudy::checkers
