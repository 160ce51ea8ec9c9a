// A LAN of virtual routers under virtual time: every router is the real state machine, everything
// around it (network, clocks, scheduler, kernel, neighbours' ARP caches) is simulated and can fail.
// The same seed gives the same run, to the last event.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "vrrp/machine.hpp"

namespace understudy::vrrp::simulation {

/// Random numbers of a run; the same on every platform, unlike std's distributions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// 0 … limit - 1.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
  bool one_in(std::size_t odds) { return below(odds) == 0; }
  bool percent(unsigned chance) { return below(100) < chance; }
  Duration between(Duration low, Duration high);
  template <typename T>
  const T& of(const std::vector<T>& values) {
    return values[below(values.size())];
  }

 private:
  std::mt19937_64 engine_;
};

/// What the network does to packets now.
struct Weather {
  unsigned loss_percent = 0;
  unsigned duplicate_percent = 0;
  Duration longest_delay = std::chrono::milliseconds(2);
};

/// A host with one virtual router. Its clock runs fast or slow by `drift` parts per million.
struct Host {
  InstanceConfig config;
  IpAddress address;
  std::int64_t drift = 0;
  std::optional<Machine> machine;
  bool link_up = true;
  int weight = 0;
  /// Its process does not run; packets wait in its socket, or are lost if the whole host sleeps.
  bool paused = false;
  bool asleep = false;
  TimePoint paused_since;
  std::deque<AdvertReceived> socket;
  /// The number of the partition it is in, and with it the neighbour on the same switch.
  std::size_t part = 0;
  /// The virtual addresses are on its interface.
  bool holds_addresses = false;
  /// Who has the virtual address, in the ARP cache of that neighbour.
  std::optional<std::size_t> neighbour_cache;
  /// Until when, by its own clock, the adverts it heard forbid it to take over (independent
  /// bookkeeping, without the skew).
  TimePoint bound_until;
};

/// The LAN. Breaks the run with a Violation when a router does what it must not.
class Lan {
 public:
  Lan(std::uint64_t seed, bool trace);

  /// Adds a router that is not running yet; returns its number.
  std::size_t add(InstanceConfig config, std::int64_t drift);
  /// Calls `what` at `at`.
  void schedule(TimePoint at, std::function<void()> what);
  /// Lets everything happen that happens until `end`.
  void run_until(TimePoint end);

  // Things that happen to hosts and the network.
  void start(std::size_t host);
  void stop(std::size_t host);
  /// The power fails: no last advert.
  void crash(std::size_t host);
  void pause(std::size_t host, bool asleep);
  void resume(std::size_t host);
  void set_link(std::size_t host, bool up);
  void set_weight(std::size_t host, int weight);
  void reload(std::size_t host, InstanceConfig config);
  /// host i is in part parts[i]; hosts in different parts do not hear each other.
  void partition(const std::vector<std::size_t>& parts);
  void set_weather(const Weather& weather);

  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] const std::vector<Host>& hosts() const { return hosts_; }
  /// When something last failed, was mended or changed, and the network stopped being bad.
  [[nodiscard]] TimePoint last_disturbance() const { return disturbed_; }
  /// Hosts that could be master now: running, not paused, link up, in that part.
  [[nodiscard]] std::vector<std::size_t> candidates(std::size_t part) const;
  [[nodiscard]] std::vector<std::size_t> masters(std::size_t part) const;
  /// By then after a disturbance every part must have settled (RFC 3768 section 6.1: the longest
  /// master down interval, one interval to settle a tie, and what preempt_delay adds).
  [[nodiscard]] Duration settling_time() const;
  /// Throws unless every part with candidates has exactly one master, which holds the addresses
  /// alone, and nobody preempting is better than it.
  void check_settled() const;
  [[nodiscard]] const std::string& trace() const { return trace_; }

 private:
  struct Item {
    TimePoint at;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const Item& other) const {
      return std::tie(other.at, other.order) < std::tie(at, order);
    }
  };

  [[nodiscard]] TimePoint local(const Host& host, TimePoint global) const;
  [[nodiscard]] TimePoint global(const Host& host, TimePoint local) const;
  [[nodiscard]] std::optional<std::size_t> next_timer(TimePoint& at) const;
  void step(std::size_t host, const Event& event);
  [[nodiscard]] bool intervals_differ() const;
  void act(std::size_t host, const Action& action);
  void broadcast(std::size_t host, Priority priority);
  void announce(std::size_t host);
  void deliver(std::size_t host, const AdvertReceived& advert);
  void hear(std::size_t host, const AdvertReceived& advert);
  void judge_transition(const Host& host, RouterState before, const Event& event) const;
  void disturb(const std::string& what);
  void note(const std::string& line);
  [[nodiscard]] TrackingSummary tracking(const Host& host) const;

  Random random_;
  bool tracing_;
  std::string trace_;
  TimePoint now_{std::chrono::hours(1)};
  TimePoint disturbed_ = now_;
  Weather weather_;
  std::vector<Host> hosts_;
  std::priority_queue<Item> items_;
  std::uint64_t order_ = 0;
};

/// A router did what it must not; the text says which and when.
struct Violation {
  std::string text;
};

}  // namespace understudy::vrrp::simulation
