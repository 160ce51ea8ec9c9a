// Thousands of runs of simulated LANs, each from a seed. A failing run prints its seed and what
// happened; SEED=n replays that one alone, SEEDS=n sets how many are run.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <string>

#include "tests/simulation/lan.hpp"
#include "tests/support/vrrp_values.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace understudy::vrrp::simulation;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kDefaultSeeds = 2000;

std::optional<std::uint64_t> number_from_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

/// Runs `scenario` for every seed; one that fails is run again with a trace.
void for_every_seed(const std::function<void(Lan&)>& scenario) {
  const auto only = number_from_environment("SEED");
  const std::uint64_t first = only.value_or(1);
  const std::uint64_t last =
      only ? *only : number_from_environment("SEEDS").value_or(kDefaultSeeds);
  const auto broken = [&](std::uint64_t seed, bool trace, std::string& story) {
    Lan lan(seed, trace);
    try {
      scenario(lan);
    } catch (const Violation& violation) {
      story = lan.trace() + violation.text;
      return true;
    }
    if (trace) story = lan.trace();
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

/// How alike the routers of a run are.
enum class Variety { alike, options_and_intervals };

/// Two to five routers of one virtual router.
void populate(Lan& lan, Variety variety) {
  const bool varied = variety == Variety::options_and_intervals;
  Random& random = lan.random();
  const std::size_t count = 2 + random.below(4);
  const std::uint8_t version = random.one_in(3) ? 3 : 2;
  const std::vector<std::chrono::microseconds> intervals =
      version == 3 ? std::vector<std::chrono::microseconds>{100ms, 250ms, 1s}
                   : std::vector<std::chrono::microseconds>{1s, 2s};
  const auto interval = random.of(intervals);
  // RFC 5798 wants the same interval everywhere, but lives with others.
  const bool intervals_differ = varied && version == 3 && random.one_in(2);
  const Duration preempt_delay = varied && random.one_in(5) ? random.between(1s, 10s) : 0s;
  for (std::size_t i = 0; i < count; ++i) {
    InstanceConfig config = instance();
    config.version = version;
    // Few values, so that ties occur.
    config.priority = Priority(static_cast<std::uint8_t>(random.of<int>({90, 100, 100, 110, 254})));
    if (random.one_in(12)) config.priority = kOwnerPriority;
    config.advert_interval = intervals_differ ? random.of(intervals) : interval;
    config.nopreempt = varied && random.one_in(4);
    config.preempt_delay = std::chrono::duration_cast<std::chrono::microseconds>(preempt_delay);
    lan.add(std::move(config), static_cast<std::int64_t>(random.below(1001)) - 500);
  }
  for (std::size_t i = 0; i < count; ++i) {
    lan.schedule(lan.now() + random.between(0s, 5s), [&lan, i] { lan.start(i); });
  }
}

std::vector<std::size_t> random_parts(Lan& lan) {
  std::vector<std::size_t> parts;
  for (std::size_t i = 0; i < lan.hosts().size(); ++i) parts.push_back(lan.random().below(2));
  return parts;
}

/// Something goes wrong at `at` and is put right `for_long` later.
void schedule_fault(Lan& lan, TimePoint at, Duration for_long) {
  Random& random = lan.random();
  const std::size_t host = random.below(lan.hosts().size());
  const TimePoint end = at + for_long;
  switch (random.below(8)) {
    case 0:
      lan.schedule(at, [&lan, parts = random_parts(lan)] { lan.partition(parts); });
      lan.schedule(end, [&lan] { lan.partition(std::vector<std::size_t>(lan.hosts().size(), 0)); });
      break;
    case 1:
      lan.schedule(at, [&lan, host, asleep = random.one_in(2)] { lan.pause(host, asleep); });
      lan.schedule(end, [&lan, host] { lan.resume(host); });
      break;
    case 2:
      lan.schedule(at, [&lan, host] { lan.crash(host); });
      lan.schedule(end, [&lan, host] { lan.start(host); });
      break;
    case 3:
      lan.schedule(at, [&lan, host] { lan.stop(host); });
      lan.schedule(end, [&lan, host] { lan.start(host); });
      break;
    case 4:
      lan.schedule(at, [&lan, host] { lan.set_link(host, false); });
      lan.schedule(end, [&lan, host] { lan.set_link(host, true); });
      break;
    case 5: {
      const int weight = static_cast<int>(random.below(61)) - 30;
      lan.schedule(at, [&lan, host, weight] { lan.set_weight(host, weight); });
      lan.schedule(end, [&lan, host] { lan.set_weight(host, 0); });
      break;
    }
    case 6: {
      const Weather bad{static_cast<unsigned>(random.below(60)),
                        static_cast<unsigned>(random.below(30)), random.between(1ms, 300ms)};
      lan.schedule(at, [&lan, bad] { lan.set_weather(bad); });
      lan.schedule(end, [&lan] { lan.set_weather({}); });
      break;
    }
    default: {
      InstanceConfig config = lan.hosts()[host].config;
      config.priority = Priority(static_cast<std::uint8_t>(1 + random.below(255)));
      lan.schedule(at, [&lan, host, config] { lan.reload(host, config); });
      break;
    }
  }
}

/// Everything is put right, and everybody runs.
void schedule_mending(Lan& lan, TimePoint at) {
  lan.schedule(at, [&lan] {
    lan.set_weather({});
    lan.partition(std::vector<std::size_t>(lan.hosts().size(), 0));
    for (std::size_t i = 0; i < lan.hosts().size(); ++i) {
      lan.set_link(i, true);
      lan.resume(i);
      lan.start(i);
    }
  });
}

std::uint64_t transitions(const Lan& lan) {
  std::uint64_t sum = 0;
  for (const Host& host : lan.hosts()) {
    sum += host.machine->counters().became_master + host.machine->counters().released_master;
  }
  return sum;
}

}  // namespace

TEST_CASE("whatever happened, the routers settle on one master within the RFC's bound and stay") {
  for_every_seed([](Lan& lan) {
    populate(lan, Variety::options_and_intervals);
    const TimePoint begin = lan.now();
    const std::size_t faults = 1 + lan.random().below(12);
    for (std::size_t i = 0; i < faults; ++i) {
      const Duration for_long =
          lan.random().one_in(2) ? lan.random().between(0s, 3s) : lan.random().between(0s, 30s);
      schedule_fault(lan, begin + lan.random().between(0s, 100s), for_long);
    }
    const TimePoint mended = begin + 135s;
    schedule_mending(lan, mended);
    lan.run_until(mended + lan.settling_time() + 1s);
    lan.check_settled();
    const std::uint64_t before = transitions(lan);
    lan.run_until(lan.now() + 30s);
    if (transitions(lan) != before) throw Violation{"a transition although nothing happened"};
  });
}

TEST_CASE("two masters heal: every neighbour's ARP cache ends up with the one that stays") {
  for_every_seed([](Lan& lan) {
    populate(lan, Variety::alike);
    lan.run_until(lan.now() + 5s + lan.settling_time() + 1s);
    const std::size_t rounds = 1 + lan.random().below(3);
    for (std::size_t round = 0; round < rounds; ++round) {
      const std::size_t host = lan.random().below(lan.hosts().size());
      const bool split = lan.random().one_in(2);
      if (split) {
        lan.partition(random_parts(lan));
      } else {
        lan.pause(host, lan.random().one_in(2));
      }
      lan.run_until(lan.now() + lan.random().between(0s, 30s));
      lan.partition(std::vector<std::size_t>(lan.hosts().size(), 0));
      lan.resume(host);
      lan.run_until(lan.now() + lan.settling_time() + 1s);
      lan.check_settled();
      const std::size_t master = lan.masters(0).at(0);
      for (const Host& neighbour : lan.hosts()) {
        if (neighbour.neighbour_cache == master) continue;
        throw Violation{"the neighbour of " + neighbour.address.to_string() +
                        " has not learnt of the master " + lan.hosts()[master].address.to_string()};
      }
    }
  });
}
