// Thousands of runs of simulated networks, each from a seed. A failing run prints its seed and what
// happened; SEED=n replays that one alone, SEEDS=n sets how many are run, FIRST=n where they begin.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <string>

#include "tests/simulation/network.hpp"
#include "tests/support/vrrp_values.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace understudy::vrrp::simulation;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kDefaultSeeds = 700;

std::optional<std::uint64_t> number_from_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

/// Runs `scenario` for every seed; one that fails is run again with a trace.
void for_every_seed(const std::function<void(Network&)>& scenario) {
  const auto only = number_from_environment("SEED");
  const std::uint64_t first = only ? *only : number_from_environment("FIRST").value_or(1);
  const std::uint64_t last =
      only ? *only : first + number_from_environment("SEEDS").value_or(kDefaultSeeds) - 1;
  const auto broken = [&](std::uint64_t seed, bool trace, std::string& story) {
    Network network(seed, trace);
    try {
      scenario(network);
    } catch (const Violation& violation) {
      story = network.trace() + violation.text;
      return true;
    }
    if (trace) story = network.trace();
    return false;
  };
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    std::string story;
    if (!broken(seed, only.has_value(), story)) {
      if (only) WARN(story);
      continue;
    }
    broken(seed, true, story);
    FAIL("SEED=" << seed << " shows it again:\n" << story);
  }
  SUCCEED();
}

/// What a run's virtual routers have in common on all hosts.
struct Plan {
  /// By virtual router.
  std::vector<std::size_t> segment_of;
  std::vector<std::uint8_t> version;
  std::vector<Family> family;
  std::vector<std::chrono::microseconds> interval;
  /// Sync groups of all hosts: by virtual router, the group's number; none: it is alone.
  std::vector<std::optional<std::size_t>> group_of;
  /// Options vary from host to host, and version 3's intervals.
  bool varied = false;
  /// Members of a group have priorities of their own.
  bool own_priorities = false;
  Duration preempt_delay{};
};

Plan make_plan(Network& network, bool varied) {
  Random& random = network.random();
  Plan plan;
  plan.varied = varied;
  plan.own_priorities = random.one_in(5);
  if (varied && random.one_in(5)) plan.preempt_delay = random.between(1s, 10s);
  const std::size_t routers = 1 + random.below(random.one_in(3) ? 6 : 3);
  const std::size_t segments = 1 + random.below(routers);
  const bool grouped = routers > 1 && !random.one_in(3);
  for (std::size_t router = 0; router < routers; ++router) {
    plan.segment_of.push_back(random.below(segments));
    plan.version.push_back(random.one_in(3) ? 3 : 2);
    plan.family.push_back(plan.version.back() == 3 && random.one_in(2) ? Family::ipv6
                                                                       : Family::ipv4);
    plan.interval.push_back(plan.version.back() == 3
                                ? random.of<std::chrono::microseconds>({100ms, 250ms, 1s})
                                : random.of<std::chrono::microseconds>({1s, 1s, 2s}));
    plan.group_of.push_back(std::nullopt);
    if (grouped && !random.one_in(5)) plan.group_of.back() = random.below(1 + routers / 3);
  }
  network.lay(plan.segment_of, segments);
  return plan;
}

Priority random_priority(Random& random) {
  if (random.one_in(16)) return kOwnerPriority;
  // Few values, so that ties occur.
  return Priority(static_cast<std::uint8_t>(random.of<int>({90, 100, 100, 110, 254})));
}

InstanceConfig random_instance(Random& random, const Plan& plan, std::size_t router) {
  InstanceConfig config = instance();
  config.name = std::to_string(router);
  config.interface = fmt::format("eth{}", plan.segment_of[router]);
  config.vrid = VirtualRouterId(static_cast<std::uint8_t>(router + 1));
  config.version = plan.version[router];
  config.family = plan.family[router];
  config.advert_interval = plan.interval[router];
  config.priority = random_priority(random);
  if (!plan.varied) return config;
  // RFC 5798 wants the same interval everywhere, but lives with others.
  if (config.version == 3 && random.one_in(4)) {
    config.advert_interval = random.of<std::chrono::microseconds>({100ms, 250ms, 1s});
  }
  config.nopreempt = random.one_in(4);
  config.preempt_delay = std::chrono::duration_cast<std::chrono::microseconds>(plan.preempt_delay);
  config.lower_prio_no_advert = random.one_in(8);
  return config;
}

TrackReferences random_tracking(Random& random, int weight) {
  TrackReferences track;
  if (random.one_in(3)) track.scripts.push_back({"fault", 0, false});
  if (weight != 0) track.scripts.push_back({"weight", weight, false});
  return track;
}

/// A host's configuration: of the plan's virtual routers, all or most.
VrrpConfig random_config(Random& random, const Plan& plan) {
  VrrpConfig config;
  for (const char* name : {"fault", "weight"}) {
    TrackScript script;
    script.name = name;
    script.command.argv = {name};
    config.scripts.push_back(std::move(script));
  }
  const Priority common = random_priority(random);
  const int weight = random.one_in(2) ? static_cast<int>(random.below(61)) - 30 : 0;
  std::vector<SyncGroup> groups;
  for (std::size_t router = 0; router < plan.version.size(); ++router) {
    const auto group = plan.group_of[router];
    // A host has all members of a group, but perhaps not all that are alone.
    if (!group && router > 0 && random.one_in(8)) continue;
    InstanceConfig& one = config.instances.emplace_back(random_instance(random, plan, router));
    if (!group) {
      one.track = random_tracking(random, weight);
      continue;
    }
    if (!plan.own_priorities) one.priority = common;
    if (groups.size() <= *group) groups.resize(*group + 1);
    groups[*group].members.push_back(one.name);
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].members.empty()) continue;
    groups[i].name = fmt::format("G{}", i);
    groups[i].track = random_tracking(random, weight);
    config.groups.push_back(std::move(groups[i]));
  }
  return config;
}

void populate(Network& network, const Plan& plan) {
  Random& random = network.random();
  const std::size_t count = 2 + random.below(4);
  for (std::size_t i = 0; i < count; ++i) {
    network.add(random_config(random, plan), static_cast<std::int64_t>(random.below(1001)) - 500);
    network.schedule(network.now() + random.between(0s, 5s), [&network, i] { network.start(i); });
  }
}

std::vector<std::size_t> random_parts(Network& network) {
  std::vector<std::size_t> parts;
  for (std::size_t i = 0; i < network.hosts().size(); ++i) {
    parts.push_back(network.random().below(2));
  }
  return parts;
}

std::vector<std::size_t> one_part(const Network& network) {
  return std::vector<std::size_t>(network.hosts().size(), 0);
}

/// Something goes wrong with a host at `at` and is put right at `end`.
void schedule_host_fault(Network& network, const Plan& plan, TimePoint at, TimePoint end) {
  Random& random = network.random();
  const std::size_t host = random.below(network.hosts().size());
  const auto both = [&](std::function<void()> begin, std::function<void()> finish) {
    network.schedule(at, std::move(begin));
    network.schedule(end, std::move(finish));
  };
  switch (random.below(8)) {
    case 0:
      return both([&network, host, asleep = random.one_in(2)] { network.pause(host, asleep); },
                  [&network, host] { network.resume(host); });
    case 1:
      return both([&network, host] { network.crash(host); },
                  [&network, host] { network.start(host); });
    case 2:
      return both([&network, host] { network.stop(host); },
                  [&network, host] { network.start(host); });
    case 3: {
      // A respawn is a matter of milliseconds, unless the machine is busy.
      const Duration gone = random.one_in(4) ? end - at : random.between(1ms, 300ms);
      network.schedule(at, [&network, host] { network.kill(host); });
      return network.schedule(at + gone, [&network, host] { network.start(host); });
    }
    case 4: {
      const std::size_t segment = random.below(network.segments());
      return both([&network, host, segment] { network.set_link(host, segment, false); },
                  [&network, host, segment] { network.set_link(host, segment, true); });
    }
    case 5:
      return both([&network, host] { network.set_health(host, false); },
                  [&network, host] { network.set_health(host, true); });
    case 6:
      return both([&network, host] { network.set_weight(host, true); },
                  [&network, host] { network.set_weight(host, false); });
    default:
      break;
  }
  Plan other = plan;
  if (random.one_in(3)) {
    for (auto& group : other.group_of) group = std::nullopt;
  }
  if (random.one_in(3)) {
    for (std::size_t router = 0; router < other.interval.size(); ++router) {
      if (other.version[router] == 2) other.interval[router] = random.one_in(2) ? 1s : 2s;
    }
  }
  both([&network, host, config = random_config(random, other)] { network.reload(host, config); },
       [&network, host, config = VrrpConfig(*network.hosts()[host].config)] {
         network.reload(host, config);
       });
}

void schedule_fault(Network& network, const Plan& plan, TimePoint at, Duration for_long) {
  Random& random = network.random();
  const TimePoint end = at + for_long;
  if (random.one_in(6)) {
    network.schedule(at, [&network, parts = random_parts(network)] { network.partition(parts); });
    network.schedule(end, [&network] { network.partition(one_part(network)); });
  } else if (random.one_in(6)) {
    const Weather bad{static_cast<unsigned>(random.below(60)),
                      static_cast<unsigned>(random.below(30)), random.between(1ms, 300ms)};
    network.schedule(at, [&network, bad] { network.set_weather(bad); });
    network.schedule(end, [&network] { network.set_weather({}); });
  } else {
    schedule_host_fault(network, plan, at, end);
  }
}

/// Everything is put right, and everybody runs with the configuration it began with.
void schedule_mending(Network& network, TimePoint at) {
  std::vector<VrrpConfig> configs;
  for (const Host& host : network.hosts()) configs.push_back(*host.config);
  network.schedule(at, [&network, configs = std::move(configs)] {
    network.set_weather({});
    network.partition(one_part(network));
    for (std::size_t i = 0; i < network.hosts().size(); ++i) {
      for (std::size_t s = 0; s < network.segments(); ++s) network.set_link(i, s, true);
      network.set_health(i, true);
      network.set_weight(i, false);
      network.resume(i);
      network.reload(i, configs[i]);
      network.start(i);
    }
  });
}

}  // namespace

TEST_CASE("whatever happened, the routers settle on one master within the RFC's bound and stay") {
  for_every_seed([](Network& network) {
    const Plan plan = make_plan(network, true);
    populate(network, plan);
    const TimePoint begin = network.now();
    const std::size_t faults = 1 + network.random().below(12);
    for (std::size_t i = 0; i < faults; ++i) {
      const Duration for_long = network.random().one_in(2) ? network.random().between(0s, 3s)
                                                           : network.random().between(0s, 30s);
      schedule_fault(network, plan, begin + network.random().between(0s, 60s), for_long);
    }
    const TimePoint mended = begin + 95s;
    schedule_mending(network, mended);
    network.run_until(mended + network.settling_time() + 1s);
    network.check_settled();
    const std::uint64_t before = network.transitions();
    network.run_until(network.now() + 20s);
    if (network.consistent() && network.transitions() != before) {
      throw Violation{"a transition although nothing happened"};
    }
  });
}

TEST_CASE("two masters heal: every neighbour's ARP cache ends up with the one that stays") {
  for_every_seed([](Network& network) {
    const Plan plan = make_plan(network, false);
    populate(network, plan);
    network.run_until(network.now() + 5s + network.settling_time() + 1s);
    const std::size_t rounds = 1 + network.random().below(3);
    for (std::size_t round = 0; round < rounds; ++round) {
      const std::size_t host = network.random().below(network.hosts().size());
      const bool split = network.random().one_in(2);
      if (split) {
        network.partition(random_parts(network));
      } else {
        network.pause(host, network.random().one_in(2));
      }
      network.run_until(network.now() + network.random().between(0s, 30s));
      network.partition(one_part(network));
      network.resume(host);
      network.run_until(network.now() + network.settling_time() + 1s);
      network.check_settled();
      network.check_neighbours();
    }
  });
}

TEST_CASE("a master whose process dies goes on as master, and nobody else notices") {
  for_every_seed([](Network& network) {
    const Plan plan = make_plan(network, false);
    populate(network, plan);
    network.run_until(network.now() + 5s + network.settling_time() + 1s);
    if (!network.consistent()) return;
    const std::size_t host = network.random().below(network.hosts().size());
    std::vector<std::vector<std::size_t>> before;
    for (std::size_t r = 0; r < network.routers(); ++r) before.push_back(network.masters(r, 0));
    network.kill(host);
    // Adverts are at most three intervals apart: of the shortest, 100 ms.
    network.run_until(network.now() + network.random().between(1ms, 90ms));
    network.start(host);
    network.run_until(network.now() + 3s);
    for (std::size_t r = 0; r < network.routers(); ++r) {
      if (network.masters(r, 0) == before[r]) continue;
      throw Violation{fmt::format("{} has another master after a respawn", r)};
    }
  });
}
