#include "tests/simulation/lan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/timing.hpp"

namespace understudy::vrrp::simulation {
namespace {

using namespace std::chrono_literals;

/// Adverts a socket buffer holds for a process that does not run; more are lost.
constexpr std::size_t kSocketCapacity = 64;
/// A timer is never served sooner, and at most this much later than it is due.
constexpr Duration kSchedulerLatency = 2ms;
constexpr std::int64_t kMillion = 1'000'000;

double seconds(TimePoint at) {
  return std::chrono::duration<double>(at.time_since_epoch() - std::chrono::hours(1)).count();
}

std::string describe_event(const Event& event) {
  struct Name {
    std::string operator()(const Started&) const { return "started"; }
    std::string operator()(const Resumed&) const { return "resumed"; }
    std::string operator()(const AdvertReceived& e) const {
      return fmt::format("advert {} from {}", e.advert.priority.value(), e.source.to_string());
    }
    std::string operator()(const TimerExpired&) const { return "timer"; }
    std::string operator()(const TrackingChanged& e) const {
      return fmt::format("tracking: {} failing, weight {}", e.tracking.failing, e.tracking.weight);
    }
    std::string operator()(const AddressLost&) const { return "address lost"; }
    std::string operator()(const PrimaryAddressChanged&) const { return "primary address"; }
    std::string operator()(const Reconfigured&) const { return "reconfigured"; }
    std::string operator()(const Stopped&) const { return "stopped"; }
  };
  return std::visit(Name{}, event);
}

}  // namespace

Duration Random::between(Duration low, Duration high) {
  const auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
  return low + Duration(static_cast<std::int64_t>(engine_() % span));
}

Lan::Lan(std::uint64_t seed, bool trace) : random_(seed), tracing_(trace) {}

std::size_t Lan::add(InstanceConfig config, std::int64_t drift) {
  Host host;
  host.config = std::move(config);
  host.address = ip(fmt::format("10.0.0.{}", hosts_.size() + 1).c_str());
  host.drift = drift;
  hosts_.push_back(std::move(host));
  return hosts_.size() - 1;
}

void Lan::schedule(TimePoint at, std::function<void()> what) {
  items_.push(Item{at, order_++, std::move(what)});
}

// ---- Time

TimePoint Lan::local(const Host& host, TimePoint global) const {
  const auto ticks = global.time_since_epoch().count();
  return TimePoint(Duration(ticks + ticks / kMillion * host.drift));
}

/// The first moment at which the host's clock shows `local` or more.
TimePoint Lan::global(const Host& host, TimePoint local) const {
  const auto ticks = local.time_since_epoch().count();
  TimePoint at(Duration(ticks / (kMillion + host.drift) * kMillion));
  while (this->local(host, at) < local) at += 1us;
  return at;
}

std::optional<std::size_t> Lan::next_timer(TimePoint& at) const {
  std::optional<std::size_t> next;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    const Host& host = hosts_[i];
    if (!host.machine || host.paused || !host.machine->deadline()) continue;
    const TimePoint due = std::max(global(host, *host.machine->deadline()), now_);
    if (!next || due < at) {
      next = i;
      at = due;
    }
  }
  return next;
}

void Lan::run_until(TimePoint end) {
  while (true) {
    TimePoint timer_at;
    const auto timer = next_timer(timer_at);
    const bool item_first = !items_.empty() && (!timer || items_.top().at <= timer_at);
    if (!item_first && !timer) break;
    const TimePoint at = item_first ? items_.top().at : timer_at;
    if (at > end) break;
    now_ = std::max(now_, at);
    if (item_first) {
      const auto what = items_.top().what;
      items_.pop();
      what();
    } else {
      // What the network delivers while the scheduler dawdles is heard first.
      now_ += random_.between(0ms, kSchedulerLatency);
      while (!items_.empty() && items_.top().at <= now_) {
        const auto what = items_.top().what;
        items_.pop();
        what();
      }
      const Host& host = hosts_[*timer];
      if (host.machine && !host.paused) step(*timer, TimerExpired{});
    }
    if (now_ > disturbed_ + settling_time()) check_settled();
  }
  now_ = std::max(now_, end);
}

// ---- Routers

void Lan::step(std::size_t number, const Event& event) {
  Host& host = hosts_[number];
  const RouterState before = host.machine->state();
  const Actions actions = host.machine->step(event, local(host, now_));
  const bool routine = host.machine->state() == before && actions.size() < 2;
  if (tracing_ && !routine) {
    note(fmt::format("{} {} -> {}: {}", host.address.to_string(), describe_event(event),
                     name(host.machine->state()), deeds(actions)));
  }
  if (host.machine->state() != before) judge_transition(host, before, event);
  for (const Action& action : actions) act(number, action);
  if (host.holds_addresses != (host.machine->state() == RouterState::master)) {
    throw Violation{fmt::format("{} is {} but {} the addresses", host.address.to_string(),
                                name(host.machine->state()),
                                host.holds_addresses ? "holds" : "does not hold")};
  }
}

/// Every transition has one of these causes; nothing else may make one.
void Lan::judge_transition(const Host& host, RouterState before, const Event& event) const {
  const RouterState after = host.machine->state();
  const auto* advert = std::get_if<AdvertReceived>(&event);
  bool allowed = false;
  if (after == RouterState::stop) {
    allowed = std::holds_alternative<Stopped>(event);
  } else if (before == RouterState::init) {
    allowed = std::holds_alternative<Started>(event);
  } else if (after == RouterState::fault || before == RouterState::fault) {
    allowed = std::holds_alternative<TrackingChanged>(event);
  } else if (after == RouterState::backup) {
    const Priority ours = host.machine->effective_priority();
    allowed =
        advert != nullptr && (advert->advert.priority > ours ||
                              (advert->advert.priority == ours && advert->source > host.address));
  } else if (after == RouterState::master) {
    // Silence of the master for three of its intervals, whatever the skew; or a new address owner.
    // Where intervals differ, version 3 lets a lesser master's shorter one end the wait sooner.
    const bool silence = local(host, now_) >= host.bound_until || intervals_differ();
    allowed = (std::holds_alternative<TimerExpired>(event) && silence) ||
              (std::holds_alternative<Reconfigured>(event) && host.config.owner());
  }
  if (!allowed) {
    throw Violation{fmt::format("{} went from {} to {} because of: {}", host.address.to_string(),
                                name(before), name(after), describe_event(event))};
  }
}

bool Lan::intervals_differ() const {
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const Host& host) {
    return host.config.advert_interval != hosts_[0].config.advert_interval;
  });
}

void Lan::act(std::size_t number, const Action& action) {
  Host& host = hosts_[number];
  if (const auto* advert = std::get_if<SendAdvert>(&action)) broadcast(number, advert->priority);
  if (std::holds_alternative<AddAddresses>(action)) host.holds_addresses = true;
  if (std::holds_alternative<RemoveAddresses>(action)) host.holds_addresses = false;
  if (std::holds_alternative<Announce>(action)) announce(number);
}

TrackingSummary Lan::tracking(const Host& host) const {
  return {host.link_up ? 0U : 1U, 0, host.weight};
}

// ---- The network

void Lan::broadcast(std::size_t number, Priority priority) {
  const Host& sender = hosts_[number];
  AdvertReceived event;
  event.source = sender.address;
  event.advert.version = sender.config.version;
  event.advert.vrid = sender.config.vrid;
  event.advert.priority = priority;
  event.advert.interval =
      std::chrono::duration_cast<std::chrono::milliseconds>(sender.config.advert_interval);
  for (const VirtualAddress& address : sender.config.addresses) {
    event.advert.addresses.push_back(address.address);
  }
  if (!sender.link_up) return;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    if (i == number || hosts_[i].part != sender.part) continue;
    const int copies = random_.percent(weather_.duplicate_percent) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      if (random_.percent(weather_.loss_percent)) continue;
      schedule(now_ + random_.between(10us, weather_.longest_delay),
               [this, i, event] { deliver(i, event); });
    }
  }
}

void Lan::announce(std::size_t number) {
  const Host& sender = hosts_[number];
  if (!sender.link_up) return;
  for (Host& host : hosts_) {
    if (host.part != sender.part || random_.percent(weather_.loss_percent)) continue;
    schedule(now_ + random_.between(10us, weather_.longest_delay),
             [&host, number] { host.neighbour_cache = number; });
  }
}

void Lan::deliver(std::size_t number, const AdvertReceived& advert) {
  Host& host = hosts_[number];
  if (!host.machine || !host.link_up) return;
  if (!host.paused) {
    hear(number, advert);
  } else if (!host.asleep && host.socket.size() < kSocketCapacity) {
    host.socket.push_back(advert);
  }
}

void Lan::hear(std::size_t number, const AdvertReceived& advert) {
  Host& host = hosts_[number];
  const Priority theirs = advert.advert.priority;
  if (theirs == kLeavingPriority) {
    host.bound_until = {};
  } else if (theirs >= host.machine->effective_priority()) {
    host.bound_until = local(host, now_) + 3 * advert.advert.interval;
  }
  step(number, advert);
}

// ---- Disturbances

void Lan::note(const std::string& line) {
  if (tracing_) trace_ += fmt::format("{:12.6f} {}\n", seconds(now_), line);
}

void Lan::disturb(const std::string& what) {
  note("---- " + what);
  disturbed_ = now_;
}

void Lan::start(std::size_t number) {
  Host& host = hosts_[number];
  if (host.machine) return;
  disturb("start " + host.address.to_string());
  host.machine.emplace(shared(host.config), host.address);
  host.bound_until = {};
  step(number, Started{tracking(host)});
}

void Lan::stop(std::size_t number) {
  Host& host = hosts_[number];
  if (!host.machine || host.paused) return;
  disturb("stop " + host.address.to_string());
  step(number, Stopped{});
  host.machine.reset();
}

void Lan::crash(std::size_t number) {
  Host& host = hosts_[number];
  if (!host.machine) return;
  disturb("crash " + host.address.to_string());
  host.machine.reset();
  host.socket.clear();
  host.paused = false;
  host.holds_addresses = false;
}

void Lan::pause(std::size_t number, bool asleep) {
  Host& host = hosts_[number];
  if (!host.machine || host.paused) return;
  disturb((asleep ? "sleep " : "pause ") + host.address.to_string());
  host.paused = true;
  host.asleep = asleep;
  host.paused_since = now_;
}

void Lan::resume(std::size_t number) {
  Host& host = hosts_[number];
  if (!host.paused) return;
  disturb("resume " + host.address.to_string());
  host.paused = false;
  // After a sleep so long that its timer is late by more than the master down interval, a router
  // must listen for that long again before it takes over.
  if (now_ - host.paused_since > 2 * host.machine->master_down_interval() + 10ms) {
    host.bound_until = local(host, now_) + 3 * host.config.advert_interval;
  }
  if (host.machine->config() != host.config) {
    step(number, Reconfigured{shared(host.config)});
  }
  step(number, TrackingChanged{tracking(host)});
  // As the executor does: what waits in the socket is read before the timer is served.
  const auto waiting = std::exchange(host.socket, {});
  for (const AdvertReceived& advert : waiting) hear(number, advert);
}

void Lan::set_link(std::size_t number, bool up) {
  Host& host = hosts_[number];
  if (host.link_up == up) return;
  disturb(fmt::format("link of {} {}", host.address.to_string(), up ? "up" : "down"));
  host.link_up = up;
  host.bound_until = {};  // FAULT forgets the master, and in version 3 its interval
  if (host.machine && !host.paused) step(number, TrackingChanged{tracking(host)});
}

void Lan::set_weight(std::size_t number, int weight) {
  Host& host = hosts_[number];
  disturb(fmt::format("weight of {}: {}", host.address.to_string(), weight));
  host.weight = weight;
  if (host.machine && !host.paused) step(number, TrackingChanged{tracking(host)});
}

void Lan::reload(std::size_t number, InstanceConfig config) {
  Host& host = hosts_[number];
  disturb("reload " + host.address.to_string());
  host.config = std::move(config);
  if (host.machine && !host.paused) step(number, Reconfigured{shared(host.config)});
}

void Lan::partition(const std::vector<std::size_t>& parts) {
  std::string text = "parts";
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    hosts_[i].part = parts[i];
    text += fmt::format(" {}", parts[i]);
  }
  disturb(text);
}

void Lan::set_weather(const Weather& weather) {
  weather_ = weather;
  disturb(fmt::format(
      "loss {}% duplicates {}% delay {} us", weather.loss_percent, weather.duplicate_percent,
      std::chrono::duration_cast<std::chrono::microseconds>(weather.longest_delay).count()));
}

// ---- What must hold

std::vector<std::size_t> Lan::candidates(std::size_t part) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    const Host& host = hosts_[i];
    if (host.part == part && host.machine && !host.paused && host.link_up) found.push_back(i);
  }
  return found;
}

std::vector<std::size_t> Lan::masters(std::size_t part) const {
  std::vector<std::size_t> found = candidates(part);
  std::erase_if(found,
                [&](std::size_t i) { return hosts_[i].machine->state() != RouterState::master; });
  return found;
}

Duration Lan::settling_time() const {
  Duration interval{};
  Duration delay{};
  for (const Host& host : hosts_) {
    interval = std::max<Duration>(interval, host.config.advert_interval);
    delay = std::max<Duration>(delay, host.config.preempt_delay);
  }
  const Duration down = master_down_interval(hosts_[0].config.version, Priority(1), interval);
  // Packets of bad weather may still be under way; clocks differ.
  const Duration slack = 500ms;
  const Duration plain = down + interval + slack;
  return delay.count() == 0 ? plain : plain + delay + interval + down;
}

void Lan::check_settled() const {
  if (weather_.loss_percent > 0 || weather_.longest_delay > 10ms) return;
  for (std::size_t part = 0; part < hosts_.size(); ++part) {
    const auto able = candidates(part);
    if (able.empty()) continue;
    const auto ruling = masters(part);
    if (ruling.size() != 1) {
      throw Violation{
          fmt::format("part {} has {} masters at {:.6f}", part, ruling.size(), seconds(now_))};
    }
    const Priority best = hosts_[ruling[0]].machine->effective_priority();
    for (const std::size_t i : able) {
      const Host& host = hosts_[i];
      const bool preempts = !host.config.nopreempt || host.config.owner();
      if (preempts && host.machine->effective_priority() > best) {
        throw Violation{fmt::format("part {}: {} should be master at {:.6f}", part,
                                    host.address.to_string(), seconds(now_))};
      }
    }
  }
}

}  // namespace understudy::vrrp::simulation
