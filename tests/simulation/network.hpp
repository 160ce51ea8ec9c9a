// A network of virtual routers under virtual time: every node is the real core of the vrrp process
// (Ensemble); everything around it (segments, clocks, scheduler, kernel, page, neighbours' ARP
// caches) is simulated and can fail. The same seed gives the same run, to the last event.
//
// Hosts are connected by segments; virtual router v is on segment_of(v) of every host that is
// configured for it. An interface of a host is named after its segment: eth0, eth1 …
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <tuple>
#include <vector>

#include "tests/simulation/random.hpp"
#include "vrrp/ensemble.hpp"

namespace understudy::vrrp::simulation {

/// What the network does to packets now.
struct Weather {
  unsigned loss_percent = 0;
  unsigned duplicate_percent = 0;
  Duration longest_delay = std::chrono::milliseconds(2);
};

/// A router did what it must not; the text says which and when.
struct Violation {
  std::string text;
};

/// What a host knows of one virtual router besides its machine.
struct Slot {
  /// The instance; nullopt: not configured, or the host does not run.
  std::optional<InstanceId> id;
  IpAddress source;
  /// What it is, and what it was before the last input.
  RouterState state = RouterState::init;
  RouterState before = RouterState::init;
  /// The virtual addresses are on its interface.
  bool holds_addresses = false;
  /// When the instance's timer is due, by the world's clock.
  std::optional<TimePoint> timer;
  /// Until when, by the host's clock, the adverts it heard forbid it to take over (independent
  /// bookkeeping, without the skew).
  TimePoint bound_until;
  /// What a successor of the process finds on the page.
  MachineMemory memory;
  TimePoint last_advert;
  /// Who has the virtual address, in the ARP cache of the host's neighbour on the segment.
  std::optional<std::size_t> neighbour_cache;
};

/// A host. Its clock runs fast or slow by `drift` parts per million.
struct Host {
  std::shared_ptr<const VrrpConfig> config;
  std::int64_t drift = 0;
  std::unique_ptr<Ensemble> node;
  /// By virtual router.
  std::vector<Slot> slots;
  /// By instance id: its virtual router.
  std::vector<std::size_t> router_of;
  /// By segment.
  std::vector<bool> link_up;
  /// Its scripts: "fault" succeeds; "weight" does.
  bool healthy = true;
  bool weight_counts = false;
  /// Its process does not run; packets wait in its sockets, or are lost if the whole host sleeps.
  bool paused = false;
  bool asleep = false;
  TimePoint paused_since;
  /// The number of the partition it is in, and with it its neighbours.
  std::size_t part = 0;
  /// A reload that waits for the process to go on.
  std::shared_ptr<const VrrpConfig> next_config;
  /// By segment: adverts that are not read yet.
  std::vector<std::deque<std::pair<std::size_t, AdvertReceived>>> sockets;
};

/// The network. Breaks the run with a Violation when a router does what it must not.
class Network {
 public:
  /// `segment_of`: by virtual router.
  Network(std::uint64_t seed, bool trace);

  /// What the network is like: before the first host.
  void lay(std::vector<std::size_t> segment_of, std::size_t segments);
  /// Adds a host that is not running yet; its instances are named "0", "1" … by their virtual
  /// routers. Returns its number.
  std::size_t add(VrrpConfig config, std::int64_t drift);
  /// Calls `what` at `at`.
  void schedule(TimePoint at, std::function<void()> what);
  /// Lets everything happen that happens until `end`.
  void run_until(TimePoint end);

  // Things that happen to hosts and the network (events.cpp).
  void start(std::size_t host);
  void stop(std::size_t host);
  /// The power fails: no last advert, addresses gone.
  void crash(std::size_t host);
  /// The vrrp process is killed: its addresses stay, its page too. start() begins a successor.
  void kill(std::size_t host);
  void pause(std::size_t host, bool asleep);
  void resume(std::size_t host);
  void set_link(std::size_t host, std::size_t segment, bool up);
  void set_health(std::size_t host, bool healthy);
  void set_weight(std::size_t host, bool counts);
  void reload(std::size_t host, VrrpConfig config);
  /// host i is in part parts[i]; hosts in different parts do not hear each other.
  void partition(const std::vector<std::size_t>& parts);
  void set_weather(const Weather& weather);

  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] const std::vector<Host>& hosts() const { return hosts_; }
  [[nodiscard]] std::size_t routers() const { return segment_of_.size(); }
  [[nodiscard]] std::size_t segments() const { return segments_; }
  [[nodiscard]] std::size_t segment_of(std::size_t router) const { return segment_of_[router]; }

  // What must hold (checks.cpp).
  /// By then after a disturbance every part must have settled (RFC 3768 section 6.1: the longest
  /// master down interval, one interval to settle a tie, and what preempt_delay adds).
  [[nodiscard]] Duration settling_time() const { return settling_; }
  /// Hosts that could be master of a virtual router now.
  [[nodiscard]] std::vector<std::size_t> candidates(std::size_t router, std::size_t part) const;
  [[nodiscard]] std::vector<std::size_t> masters(std::size_t router, std::size_t part) const;
  /// Throws unless every part with candidates has exactly one master of each virtual router, and
  /// nobody preempting is better than it.
  void check_settled() const;
  /// Throws unless the neighbours of all hosts have learnt of the masters.
  void check_neighbours() const;
  /// Whether the configurations of all hosts are such that the network settles.
  [[nodiscard]] bool consistent() const;
  /// How often routers have become master or ceased to be.
  [[nodiscard]] std::uint64_t transitions() const;
  [[nodiscard]] const std::string& trace() const { return trace_; }

 private:
  struct Item {
    TimePoint at;
    std::uint64_t order = 0;
    /// A delivery, unless there is an action.
    std::size_t host = 0;
    std::size_t router = 0;
    std::shared_ptr<const AdvertReceived> advert;
    std::shared_ptr<std::function<void()>> action;
    bool operator<(const Item& other) const {
      return std::tie(other.at, other.order) < std::tie(at, order);
    }
  };

  // network.cpp: time, nodes, packets.
  [[nodiscard]] TimePoint local(const Host& host, TimePoint global) const;
  [[nodiscard]] TimePoint global(const Host& host, TimePoint local) const;
  void run_item();
  void run_timer(std::size_t host, std::size_t router);
  void give(std::size_t host, const Input& input);
  static bool update_states(Host& host);
  void act(std::size_t host, const Outcome& outcome);
  void act(std::size_t host, std::size_t router, const InstanceConfig& config,
           const Action& action);
  void refresh(std::size_t host, std::size_t router);
  void map_instances(std::size_t host);
  void broadcast(std::size_t host, std::size_t router, const InstanceConfig& config,
                 Priority priority);
  void announce(std::size_t host, std::size_t router);
  void deliver(const Item& item);
  void drain(std::size_t host, std::size_t segment);
  void hear(std::size_t host, std::size_t router, const AdvertReceived& advert);
  [[nodiscard]] std::vector<IpAddress> sources_of(std::size_t host, const VrrpConfig& config) const;
  void tell_facts(std::size_t host);
  void begin(std::size_t host, std::vector<std::optional<MachineMemory>> memories);
  void forget_bounds(std::size_t host);
  void disturb(const std::string& what);
  void note(const std::string& line);

  // checks.cpp
  void judge(std::size_t host, const Input& input) const;
  [[nodiscard]] bool has_cause(const Host& host, const Input& input,
                               const std::vector<std::size_t>& unit) const;
  void note_intervals(const VrrpConfig& configuration);
  [[nodiscard]] bool may_give_way(const Host& host, const InstanceEvent& event) const;
  [[nodiscard]] bool may_take_over(const Host& host, const InstanceEvent& event,
                                   const std::vector<std::size_t>& unit) const;
  /// Virtual routers that move together on a host: a sync group, or one alone.
  [[nodiscard]] static std::vector<std::vector<std::size_t>> units(const Host& host);
  [[nodiscard]] static std::vector<std::size_t> unit_of(const Host& host, std::size_t router);
  [[nodiscard]] bool intervals_differ(std::size_t router) const;
  [[nodiscard]] bool able(const Host& host, std::size_t router) const;

  [[nodiscard]] bool contradict(const Host& a, const Host& b) const;
  void check_settled(std::size_t router, std::size_t part) const;
  [[nodiscard]] static const InstanceConfig* config_of(const Host& host, std::size_t router);

  Random random_;
  bool tracing_;
  std::string trace_;
  TimePoint now_{std::chrono::hours(1)};
  TimePoint disturbed_ = now_;
  Duration settling_{};
  /// By virtual router: the first advert interval, and whether there were others.
  std::vector<Duration> intervals_;
  std::vector<bool> mixed_;
  /// Something has changed that check_settled() looks at.
  bool unchecked_ = true;
  Weather weather_;
  std::vector<std::size_t> segment_of_;
  std::size_t segments_ = 0;
  std::vector<Host> hosts_;
  /// By virtual router: a reload under way changes it or what is around it.
  std::vector<bool> touched_;
  std::priority_queue<Item> items_;
  std::uint64_t order_ = 0;
};

}  // namespace understudy::vrrp::simulation
