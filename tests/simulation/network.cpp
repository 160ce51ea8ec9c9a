#include "tests/simulation/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "tests/support/vrrp_values.hpp"

namespace understudy::vrrp::simulation {
namespace {

using namespace std::chrono_literals;

/// Adverts a socket buffer holds for a process that does not run; more are lost.
constexpr std::size_t kSocketCapacity = 64;
/// A timer is never served sooner, and at most this much later than it is due.
constexpr Duration kSchedulerLatency = 2ms;
/// As Routers: a master that is no later than this does not look at its socket first.
constexpr Duration kLate = 10ms;
constexpr std::int64_t kMillion = 1'000'000;

double seconds(TimePoint at) {
  return std::chrono::duration<double>(at.time_since_epoch() - std::chrono::hours(1)).count();
}

std::string describe(const Outcome& outcome, const Ensemble& node) {
  std::string text;
  for (const Deeds& deeds : outcome) {
    const std::string what = vrrp::deeds(deeds.actions);
    if (what.empty()) continue;
    const auto* id = std::get_if<InstanceId>(&deeds.of);
    text +=
        fmt::format(" [{}: {}]", id == nullptr ? "group" : node.machine(*id).config().name, what);
  }
  return text;
}

}  // namespace

Network::Network(std::uint64_t seed, bool trace) : random_(seed), tracing_(trace) {}

void Network::lay(std::vector<std::size_t> segment_of, std::size_t segments) {
  segment_of_ = std::move(segment_of);
  segments_ = segments;
  intervals_.resize(routers());
  mixed_.resize(routers());
}

std::size_t Network::add(VrrpConfig config, std::int64_t drift) {
  note_intervals(config);
  Host& host = hosts_.emplace_back();
  host.config = std::make_shared<const VrrpConfig>(std::move(config));
  host.drift = drift;
  host.slots.resize(routers());
  host.link_up.assign(segments_, true);
  host.sockets.resize(segments_);
  for (std::size_t router = 0; router < routers(); ++router) {
    const bool v6 = std::ranges::any_of(host.config->instances, [&](const InstanceConfig& one) {
      return one.name == std::to_string(router) && one.family == Family::ipv6;
    });
    host.slots[router].source = ip(fmt::format(fmt::runtime(v6 ? "fe80::{}:{}" : "10.0.{}.{}"),
                                               segment_of_[router], hosts_.size())
                                       .c_str());
  }
  return hosts_.size() - 1;
}

void Network::schedule(TimePoint at, std::function<void()> what) {
  Item item;
  item.at = at;
  item.order = order_++;
  item.action = std::make_shared<std::function<void()>>(std::move(what));
  items_.push(std::move(item));
}

// ---- Time

TimePoint Network::local(const Host& host, TimePoint global) const {
  const auto ticks = global.time_since_epoch().count();
  return TimePoint(Duration(ticks + ticks / kMillion * host.drift));
}

/// The first moment at which the host's clock shows `local` or more.
TimePoint Network::global(const Host& host, TimePoint local) const {
  const auto ticks = local.time_since_epoch().count();
  TimePoint at(Duration(ticks - ticks / (kMillion + host.drift) * host.drift));
  // Both clocks run nearly alike: what is missing here is missing there.
  while (this->local(host, at) < local) at += local - this->local(host, at);
  return at;
}

void Network::run_until(TimePoint end) {
  while (true) {
    std::optional<TimePoint> timer;
    std::size_t host = 0;
    std::size_t router = 0;
    for (std::size_t h = 0; h < hosts_.size(); ++h) {
      if (hosts_[h].paused) continue;
      for (std::size_t r = 0; r < routers(); ++r) {
        const auto& due = hosts_[h].slots[r].timer;
        if (!due || (timer && *timer <= *due)) continue;
        timer = due;
        host = h;
        router = r;
      }
    }
    const bool item_first = !items_.empty() && (!timer || items_.top().at <= *timer);
    if (!item_first && !timer) break;
    const TimePoint at = item_first ? items_.top().at : *timer;
    if (at > end) break;
    now_ = std::max(now_, at);
    if (item_first) {
      run_item();
    } else {
      // What the network delivers while the scheduler dawdles is heard first.
      now_ += random_.between(0ms, kSchedulerLatency);
      while (!items_.empty() && items_.top().at <= now_) run_item();
      run_timer(host, router);
    }
    if (unchecked_ && now_ > disturbed_ + settling_) {
      check_settled();
      unchecked_ = false;
    }
  }
  now_ = std::max(now_, end);
}

void Network::run_item() {
  const Item item = items_.top();
  items_.pop();
  if (item.action) {
    (*item.action)();
  } else {
    deliver(item);
  }
}

/// As Routers::expire(): adverts that wait in the sockets came before the timer.
void Network::run_timer(std::size_t number, std::size_t router) {
  Host& host = hosts_[number];
  if (!host.node || host.paused || !host.slots[router].id) return;
  const InstanceId id = *host.slots[router].id;
  const TimePoint here = local(host, now_);
  const auto due = host.node->deadline(id);
  if (due && *due <= here) {
    const bool master = host.node->machine(id).state() == RouterState::master;
    if (!master || here - *due > kLate) {
      drain(number, segment_of_[router]);
      const auto followers = host.node->followers(id);
      for (const InstanceId follower : followers) {
        drain(number, segment_of_[host.router_of[follower.value()]]);
      }
    }
    const auto still = host.node->deadline(id);
    if (still && *still <= here) give(number, InstanceEvent{id, TimerExpired{}});
  }
  refresh(number, router);
}

// ---- Nodes

/// Takes note of what the host's routers are now; true when that is something else than before.
bool Network::update_states(Host& host) {
  bool changed = false;
  for (Slot& slot : host.slots) {
    const RouterState now = slot.id ? host.node->machine(*slot.id).state() : RouterState::init;
    slot.before = std::exchange(slot.state, now);
    changed = changed || slot.before != now;
  }
  return changed;
}

void Network::give(std::size_t number, const Input& input) {
  Host& host = hosts_[number];
  const Outcome outcome = host.node->step(input, local(host, now_));
  if (std::holds_alternative<Begin>(input) || std::holds_alternative<Reload>(input)) {
    map_instances(number);
  }
  const bool changed = update_states(host);
  if (tracing_ && (changed || outcome.size() > 1)) {
    note(fmt::format("host {}{}", number, describe(outcome, *host.node)));
  }
  if (changed) {
    judge(number, input);
    unchecked_ = true;
  }
  act(number, outcome);
  for (std::size_t router = 0; router < routers(); ++router) {
    const Slot& slot = host.slots[router];
    if (!slot.id) continue;
    const bool master = host.node->machine(*slot.id).state() == RouterState::master;
    if (slot.holds_addresses == master) continue;
    throw Violation{fmt::format("host {} {} the addresses of {} at {:.6f}", number,
                                master ? "does not hold" : "holds", router, seconds(now_))};
  }
}

void Network::act(std::size_t number, const Outcome& outcome) {
  for (const Deeds& deeds : outcome) {
    const auto* id = std::get_if<InstanceId>(&deeds.of);
    if (id == nullptr) continue;
    const std::size_t router = hosts_[number].router_of[id->value()];
    const InstanceConfig& config = hosts_[number].node->machine(*id).config();
    for (const Action& action : deeds.actions) act(number, router, config, action);
    refresh(number, router);
  }
}

void Network::act(std::size_t number, std::size_t router, const InstanceConfig& config,
                  const Action& action) {
  Slot& slot = hosts_[number].slots[router];
  if (const auto* advert = std::get_if<SendAdvert>(&action)) {
    broadcast(number, router, config, advert->priority);
  }
  if (std::holds_alternative<AddAddresses>(action)) slot.holds_addresses = true;
  if (std::holds_alternative<RemoveAddresses>(action)) slot.holds_addresses = false;
  if (std::holds_alternative<Announce>(action)) announce(number, router);
}

/// What follows from an instance's present state.
void Network::refresh(std::size_t number, std::size_t router) {
  Host& host = hosts_[number];
  Slot& slot = host.slots[router];
  slot.timer.reset();
  if (!host.node || !slot.id) return;
  if (const auto due = host.node->deadline(*slot.id)) slot.timer = global(host, *due);
  slot.memory = host.node->machine(*slot.id).memory();
}

void Network::map_instances(std::size_t number) {
  Host& host = hosts_[number];
  for (Slot& slot : host.slots) {
    slot.id.reset();
    slot.timer.reset();
  }
  const auto& ids = host.node->instances();
  for (std::size_t place = 0; place < ids.size(); ++place) {
    const std::string& name = host.node->config().instances[place].name;
    std::size_t router = 0;
    std::from_chars(name.data(), name.data() + name.size(), router);
    host.slots[router].id = ids[place];
    if (host.router_of.size() <= ids[place].value()) host.router_of.resize(ids[place].value() + 1);
    host.router_of[ids[place].value()] = router;
  }
}

// ---- The network

void Network::broadcast(std::size_t number, std::size_t router, const InstanceConfig& config,
                        Priority priority) {
  Host& sender = hosts_[number];
  Slot& slot = sender.slots[router];
  slot.last_advert = local(sender, now_);
  const std::size_t segment = segment_of_[router];
  if (!sender.link_up[segment]) return;
  auto advert = std::make_shared<AdvertReceived>();
  advert->source = slot.source;
  advert->advert.version = config.version;
  advert->advert.vrid = config.vrid;
  advert->advert.priority = priority;
  advert->advert.interval =
      std::chrono::duration_cast<std::chrono::milliseconds>(config.advert_interval);
  for (const VirtualAddress& address : config.addresses) {
    advert->advert.addresses.push_back(address.address);
  }
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    if (i == number || hosts_[i].part != sender.part) continue;
    const int copies = random_.percent(weather_.duplicate_percent) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      if (random_.percent(weather_.loss_percent)) continue;
      Item item;
      item.at = now_ + random_.between(10us, weather_.longest_delay);
      item.order = order_++;
      item.host = i;
      item.router = router;
      item.advert = advert;
      items_.push(std::move(item));
    }
  }
}

void Network::announce(std::size_t number, std::size_t router) {
  const Host& sender = hosts_[number];
  if (!sender.link_up[segment_of_[router]]) return;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    if (hosts_[i].part != sender.part || random_.percent(weather_.loss_percent)) continue;
    // Without delay: announcements of one sender do not overtake each other.
    hosts_[i].slots[router].neighbour_cache = number;
  }
}

void Network::deliver(const Item& item) {
  Host& host = hosts_[item.host];
  const std::size_t segment = segment_of_[item.router];
  if (!host.node || !host.link_up[segment]) return;
  if (host.paused && (host.asleep || host.sockets[segment].size() >= kSocketCapacity)) return;
  host.sockets[segment].emplace_back(item.router, *item.advert);
  if (!host.paused) drain(item.host, segment);
}

void Network::drain(std::size_t number, std::size_t segment) {
  auto& socket = hosts_[number].sockets[segment];
  while (!socket.empty()) {
    const auto [router, advert] = std::move(socket.front());
    socket.pop_front();
    hear(number, router, advert);
  }
}

void Network::hear(std::size_t number, std::size_t router, const AdvertReceived& advert) {
  Host& host = hosts_[number];
  Slot& slot = host.slots[router];
  if (!host.node || !slot.id) return;
  const Machine& machine = host.node->machine(*slot.id);
  // Version 2 drops adverts of another interval.
  if (machine.config().version == 2 && advert.advert.interval != machine.config().advert_interval) {
    return;
  }
  const Priority theirs = advert.advert.priority;
  // An address owner that gave way to another returns when that one is gone.
  const Priority ours = machine.config().owner() ? kOwnerPriority : machine.effective_priority();
  if (theirs == kLeavingPriority) {
    slot.bound_until = {};
  } else if (theirs >= ours) {
    slot.bound_until = local(host, now_) + 3 * advert.advert.interval;
  }
  give(number, InstanceEvent{*slot.id, advert});
}

void Network::note(const std::string& line) {
  if (tracing_) trace_ += fmt::format("{:12.6f} {}\n", seconds(now_), line);
}

}  // namespace understudy::vrrp::simulation
