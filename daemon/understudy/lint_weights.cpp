// The lint of weights that can never change an election: which priorities can two routers have,
// with each tracked thing up or down, and does one thing ever decide who has more?
#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <unordered_map>

#include "daemon/understudy/lint.hpp"

namespace understudy::tool {
namespace {

using vrrp::InstanceConfig;
using vrrp::TrackReference;

/// Priorities of a router that is not the owner of its addresses.
constexpr int kLowest = 1;
constexpr int kHighest = 254;
/// Sums of weights that are told apart; more than this is far beyond every priority.
constexpr int kFarthest = 1024;
using Sums = std::bitset<2 * kFarthest + 1>;
using Priorities = std::bitset<256>;

/// Something tracked that changes the priority by its weight.
struct Weighted {
  std::string list;
  std::string name;
  int weight = 0;
  /// Its number multiplies the weight: a track_file.
  bool many = false;
};

/// The weights of what is tracked by name, for references without one.
template <typename Things>
std::unordered_map<std::string_view, int> weights_of(const Things& things) {
  std::unordered_map<std::string_view, int> weights;
  for (const auto& thing : things) weights.emplace(thing.name, thing.weight);
  return weights;
}

/// Gives what an instance tracks with a weight.
class Tracked {
 public:
  explicit Tracked(const Config& config)
      : scripts_(weights_of(config.vrrp.scripts)),
        files_(weights_of(config.global.track_files)),
        processes_(weights_of(config.vrrp.processes)),
        sessions_(weights_of(config.bfd.sessions)) {}

  [[nodiscard]] std::vector<Weighted> of(const InstanceConfig& instance) const {
    std::vector<Weighted> all;
    const auto take = [&all](const char* list, const std::vector<TrackReference>& references,
                             const std::unordered_map<std::string_view, int>& own) {
      for (const TrackReference& reference : references) {
        const auto found = own.find(reference.name);
        const int weight = reference.weight.value_or(found == own.end() ? 0 : found->second);
        const bool many = std::string_view(list) == "track_file";
        if (weight != 0) all.push_back({list, reference.name, weight, many});
      }
    };
    take("track_interface", instance.track->interfaces, {});
    take("track_script", instance.track->scripts, scripts_);
    take("track_file", instance.track->files, files_);
    take("track_process", instance.track->processes, processes_);
    take("track_bfd", instance.track->bfds, sessions_);
    return all;
  }

 private:
  std::unordered_map<std::string_view, int> scripts_;
  std::unordered_map<std::string_view, int> files_;
  std::unordered_map<std::string_view, int> processes_;
  std::unordered_map<std::string_view, int> sessions_;
};

/// Every sum of some of the weights, without that of `but`. All sums when a number multiplies one.
Sums sums_of(const std::vector<Weighted>& things, const Weighted* but) {
  Sums sums;
  sums.set(kFarthest);
  for (const Weighted& thing : things) {
    if (&thing == but) continue;
    if (thing.many) return sums.set();
    sums |= thing.weight > 0 ? sums << static_cast<std::size_t>(thing.weight)
                             : sums >> static_cast<std::size_t>(-thing.weight);
  }
  return sums;
}

int bounded(int priority) { return std::clamp(priority, kLowest, kHighest); }

Priorities priorities_of(const InstanceConfig& instance, const Sums& sums) {
  Priorities all;
  const int base = instance.priority.value();
  if (instance.owner()) return all.set(static_cast<std::size_t>(base));
  for (int sum = -kFarthest; sum <= kFarthest; ++sum) {
    if (!sums.test(static_cast<std::size_t>(sum + kFarthest))) continue;
    all.set(static_cast<std::size_t>(bounded(base + sum)));
  }
  return all;
}

/// Whether the thing ever moves the priority across one the rival can have, or onto it; without a
/// rival, whether it moves it at all.
bool matters(const InstanceConfig& instance, const std::vector<Weighted>& things,
             const Weighted& thing, const Priorities* rival) {
  if (thing.many) return true;
  const Sums others = sums_of(things, &thing);
  const int base = instance.priority.value();
  for (int sum = -kFarthest; sum <= kFarthest; ++sum) {
    if (!others.test(static_cast<std::size_t>(sum + kFarthest))) continue;
    const auto [low, high] = std::minmax({bounded(base + sum), bounded(base + sum + thing.weight)});
    if (low == high) continue;
    if (rival == nullptr) return true;
    for (int priority = low; priority <= high; ++priority) {
      if (rival->test(static_cast<std::size_t>(priority))) return true;
    }
  }
  return false;
}

std::string rival_text(const Priorities& rival) {
  std::size_t low = 0;
  while (!rival.test(low)) ++low;
  std::size_t high = rival.size() - 1;
  while (!rival.test(high)) --high;
  return low == high ? fmt::format("the peer has {}", low)
                     : fmt::format("the peer has {} to {}", low, high);
}

}  // namespace

void find_idle_weights(const LintInput& input, LintReport& findings) {
  const Tracked ours(input.config);
  const Config nobody;
  const Config& other = input.peer == nullptr ? nobody : *input.peer;
  const Tracked theirs(other);
  for (const Pair& pair : pair_up(input.config.vrrp, other.vrrp)) {
    const InstanceConfig& instance = *pair.ours;
    const auto things = ours.of(instance);
    if (instance.owner() || things.empty()) continue;
    Priorities rival;
    if (pair.theirs != nullptr) {
      rival = priorities_of(*pair.theirs, sums_of(theirs.of(*pair.theirs), nullptr));
    }
    for (const Weighted& thing : things) {
      if (matters(instance, things, thing, pair.theirs == nullptr ? nullptr : &rival)) continue;
      findings.add(input.places.at("vrrp_instance " + instance.name, {thing.list, thing.name}),
                   fmt::format("({}) weight {} of '{}' never changes who is master: priority {}",
                               instance.name, thing.weight, thing.name, instance.priority.value()),
                   pair.theirs == nullptr ? "a priority is between 1 and 254"
                                          : rival_text(rival) + "; a weight must reach beyond it");
    }
  }
}

}  // namespace understudy::tool
