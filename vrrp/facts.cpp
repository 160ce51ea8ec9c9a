#include "vrrp/facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace understudy::vrrp {
namespace {

/// A file whose number times its weight is this or less is a FAULT; nothing adds more than kMost.
constexpr std::int64_t kFaultStatus = -254;
constexpr std::int64_t kMost = 253;

constexpr TrackingSummary kFailing{1, 0, 0};
constexpr TrackingSummary kPending{0, 1, 0};

/// What a thing that is up or down means: a positive weight counts while it is up, a negative one
/// while it is down; reverse turns the sign. Without weight it must be up, with reverse down.
TrackingSummary up_or_down(int weight, bool reverse, bool up) {
  if (weight == 0) return up == reverse ? kFailing : TrackingSummary{};
  if ((weight > 0) != up) return {};
  return {0, 0, reverse ? -weight : weight};
}

/// keepalived.conf(5), track_file: the number times the weight, within limits.
std::int64_t status_of(std::int64_t value, int weight, bool reverse) {
  if (weight == 0) return (value == 0) == reverse ? kFaultStatus : 0;
  return std::clamp(value * weight * (reverse ? -1 : 1), kFaultStatus, kMost);
}

std::uint8_t bit(Obstacle obstacle) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(obstacle));
}

/// Why a script counts as failed: "(exited with status 1)".
std::string failure_line(const std::string& name, const ScriptResult& result) {
  switch (result.how) {
    case ScriptResult::How::exited:
      return fmt::format("VRRP_Script({}) failed (exited with status {})", name, result.code);
    case ScriptResult::How::signalled:
      return fmt::format("VRRP_Script({}) failed (due to signal {})", name, result.code);
    case ScriptResult::How::timed_out:
      return fmt::format("VRRP_Script({}) timed_out", name);
  }
  return {};
}

/// What the log says of a script's result; `before` is its state until then, `turned`: it came up
/// or went down.
std::vector<LogLine> script_lines(const std::string& name, const ScriptResult& result,
                                  const ScriptState& before, bool turned) {
  std::vector<LogLine> lines;
  if (result.how == ScriptResult::How::exited && result.code != before.last_status) {
    lines.push_back({fmt::format("Script `{}` now returning {}", name, result.code)});
  }
  if (result.success()) {
    if (turned) lines.push_back({fmt::format("VRRP_Script({}) succeeded", name)});
  } else if (turned || !before.ran) {
    // The first failure is said even where init_fail has assumed it.
    lines.push_back({failure_line(name, result)});
  }
  return lines;
}

}  // namespace

// ---- What a thing means

TrackingSummary Facts::meaning(const Link& link, const Tracker& tracker) {
  return up_or_down(tracker.weight, tracker.reverse, link.up);
}

TrackingSummary Facts::meaning(const Script& script, const Tracker& tracker) {
  // Verification removes references to scripts that are not configured.
  if (script.config == nullptr) return {};
  switch (health(*script.config, script.state)) {
    case ScriptHealth::presumed_up:
      return {};
    case ScriptHealth::pending:
      return tracker.weight == 0 ? kPending : TrackingSummary{};
    case ScriptHealth::down:
      return up_or_down(tracker.weight, tracker.reverse, false);
    case ScriptHealth::up:
      break;
  }
  return up_or_down(tracker.weight, tracker.reverse, true);
}

TrackingSummary Facts::meaning(const File& file, const Tracker& tracker) {
  const auto status = status_of(file.value, tracker.weight, tracker.reverse);
  if (status == kFaultStatus) return kFailing;
  return {0, 0, static_cast<int>(status)};
}

TrackingSummary Facts::meaning(const Process& process, const Tracker& tracker) {
  if (!process.quorum.known()) return tracker.weight == 0 ? kPending : TrackingSummary{};
  return up_or_down(tracker.weight, tracker.reverse, process.quorum.reached());
}

TrackingSummary Facts::meaning(const Bfd& bfd, const Tracker& tracker) {
  if (!bfd.known) return {};
  return up_or_down(tracker.weight, tracker.reverse, bfd.up);
}

// ---- News

template <typename State>
void Facts::alter(Thing<State>& thing, const State& to, FactNews& news) {
  const State from = std::exchange(thing.state, to);
  for (const Tracker& tracker : thing.trackers) {
    const TrackingSummary before = meaning(from, tracker);
    const TrackingSummary after = meaning(to, tracker);
    if (before == after) continue;
    TrackingSummary& sum = sums_[tracker.instance.value()];
    sum.failing += after.failing - before.failing;
    sum.pending += after.pending - before.pending;
    sum.weight += after.weight - before.weight;
    news.changed.push_back(tracker.instance);
  }
}

FactNews Facts::link(const std::string& interface, bool up) {
  FactNews news;
  Thing<Link>& link = links_[interface];
  // The first is an inventory, not news.
  if (link.state.known && link.state.up != up) {
    news.lines.push_back({fmt::format("Netlink reports {} {}", interface, up ? "up" : "down")});
  }
  alter(link, Link{true, up}, news);
  return news;
}

FactNews Facts::script(const std::string& name, const ScriptResult& result) {
  const auto found = scripts_.find(name);
  if (found == scripts_.end() || found->second.state.config == nullptr) return {};
  Script next = found->second.state;
  const ScriptState before = next.state;
  const bool turned = count(*next.config, result, next.state);
  if (result.how == ScriptResult::How::exited) next.state.last_status = result.code;
  next.state.ran = true;
  FactNews news{script_lines(name, result, before, turned), {}};
  alter(found->second, next, news);
  return news;
}

void Facts::adopt_script(const std::string& name, const ScriptState& state) {
  scripts_[name].state.state = state;
}

FactNews Facts::file(const std::string& name, std::int64_t value) {
  FactNews news;
  Thing<File>& file = files_[name];
  for (const Tracker& tracker : file.trackers) {
    const bool was = meaning(file.state, tracker).failing > 0;
    const bool is = meaning(File{value}, tracker).failing > 0;
    if (was == is) continue;
    news.lines.push_back(
        {fmt::format("({}): tracked file {} {} FAULT state", config_of(tracker.instance).name, name,
                     is ? "now" : "leaving"),
         true});
  }
  alter(file, File{value}, news);
  return news;
}

FactNews Facts::processes(const std::string& name, unsigned count, TimePoint now) {
  const auto found = processes_.find(name);
  if (found == processes_.end()) return {};
  Process next = found->second.state;
  const bool known = next.quorum.known();
  next.quorum.counted(*next.config, count, now);
  FactNews news;
  if (known && next.quorum.reached() != found->second.state.quorum.reached()) {
    news.lines.push_back({fmt::format("Quorum {} for tracked process {}",
                                      next.quorum.reached() ? "gained" : "lost", name)});
  }
  alter(found->second, next, news);
  return news;
}

FactNews Facts::expire(TimePoint now) {
  FactNews news;
  for (auto& [name, process] : processes_) {
    Process next = process.state;
    next.quorum.expire(*next.config, now);
    if (next.quorum.reached() != process.state.quorum.reached()) {
      news.lines.push_back({fmt::format("Quorum {} for tracked process {}",
                                        next.quorum.reached() ? "gained" : "lost", name)});
    }
    alter(process, next, news);
  }
  return news;
}

std::optional<TimePoint> Facts::deadline() const {
  std::optional<TimePoint> first;
  for (const auto& [name, process] : processes_) {
    const auto candidate = process.state.quorum.deadline();
    if (candidate && (!first || *candidate < *first)) first = candidate;
  }
  return first;
}

FactNews Facts::bfd(const std::string& name, bool up) {
  FactNews news;
  Thing<Bfd>& bfd = bfds_[name];
  const bool told = bfd.state.known && bfd.state.up != up;
  for (const Tracker& tracker : bfd.trackers) {
    if (!told) break;  // an inventory, or nothing new
    news.lines.push_back({fmt::format("VRRP_Instance({}) Tracked BFD instance {} is {}",
                                      config_of(tracker.instance).name, name, up ? "UP" : "DOWN")});
  }
  alter(bfd, Bfd{true, up}, news);
  return news;
}

FactNews Facts::obstacle(InstanceId id, Obstacle obstacle, bool present) {
  const std::size_t at = id.value();
  if (at >= obstacles_.size()) {
    obstacles_.resize(at + 1);
    sums_.resize(at + 1);
  }
  if (hindered(id, obstacle) == present) return {};
  obstacles_[at] ^= bit(obstacle);
  sums_[at].failing += present ? 1U : -1U;
  return {{}, {id}};
}

bool Facts::hindered(InstanceId id, Obstacle obstacle) const {
  return (obstacles_[id.value()] & bit(obstacle)) != 0;
}

void Facts::forget(InstanceId id) { obstacles_[id.value()] = 0; }

// ---- Configuration

std::vector<LogLine> Facts::configure(std::shared_ptr<const VrrpConfig> config,
                                      const std::vector<InstanceId>& ids, bool reload) {
  // The scripts known until now point into the old one.
  const std::shared_ptr<const VrrpConfig> before = std::exchange(config_, std::move(config));
  std::size_t room = obstacles_.size();
  for (const InstanceId id : ids) room = std::max<std::size_t>(room, id.value() + 1);
  places_.assign(room, 0);
  obstacles_.resize(room);
  sums_.assign(room, {});
  for (std::uint32_t place = 0; place < ids.size(); ++place) {
    const std::size_t at = ids[place].value();
    places_[at] = place;
    sums_[at].failing = static_cast<unsigned>(std::popcount(obstacles_[at]));
    // fault_no_peer, as long as this configuration is in force.
    const UnicastConfig& unicast = *config_->instances[place].unicast;
    if (unicast.fault_without_peers && unicast.peers.empty()) ++sums_[at].failing;
  }
  auto lines = take_scripts(reload);
  take_processes();
  const auto clear = [](auto& things) {
    for (auto& [name, thing] : things) thing.trackers.clear();
  };
  clear(links_);
  clear(files_);
  clear(bfds_);
  finder_.emplace(*config_);
  for (std::size_t place = 0; place < ids.size(); ++place) track(finder_->of(place), ids[place]);
  const auto unused = [](const auto& named) { return named.second.trackers.empty(); };
  std::erase_if(links_, unused);
  std::erase_if(files_, unused);
  std::erase_if(bfds_, unused);
  return lines;
}

std::vector<LogLine> Facts::take_scripts(bool reload) {
  std::vector<LogLine> lines;
  const auto before = std::exchange(scripts_, {});
  for (const TrackScript& config : config_->scripts) {
    Script next{&config, initial_state(config, reload)};
    const auto old = before.find(config.name);
    if (old != before.end() && old->second.state.config == nullptr) {
      next.state = adopted(config, old->second.state.state);
    } else if (old != before.end() && old->second.state.config->command == config.command) {
      next.state = rescaled(old->second.state.state, *old->second.state.config, config);
      if (next.state.known) {
        lines.push_back({fmt::format(
            "VRRP_Script({}) considered {} on reload", config.name,
            health(config, next.state) == ScriptHealth::up ? "successful" : "unsuccessful")});
      }
    }
    scripts_.emplace(config.name, Thing<Script>{next, {}});
  }
  return lines;
}

void Facts::take_processes() {
  auto before = std::exchange(processes_, {});
  for (const TrackProcess& config : config_->processes) {
    Process next{&config, {}};
    const auto old = before.find(config.name);
    if (old != before.end()) next.quorum = old->second.state.quorum;
    next.quorum.reconfigure(config);
    processes_.emplace(config.name, Thing<Process>{next, {}});
  }
}

template <typename State>
void Facts::track(Things<State>& things, const std::vector<TrackedThing>& tracked, InstanceId id) {
  for (const TrackedThing& one : tracked) {
    Thing<State>& thing = things[one.name];
    const Tracker tracker{id, static_cast<std::int16_t>(one.weight), one.reverse};
    thing.trackers.push_back(tracker);
    const TrackingSummary now = meaning(thing.state, tracker);
    TrackingSummary& sum = sums_[id.value()];
    sum.failing += now.failing;
    sum.pending += now.pending;
    sum.weight += now.weight;
  }
}

void Facts::track(const TrackedThings& tracked, InstanceId id) {
  track(links_, tracked.interfaces, id);
  track(scripts_, tracked.scripts, id);
  track(files_, tracked.files, id);
  track(processes_, tracked.processes, id);
  track(bfds_, tracked.bfds, id);
}

// ---- For views

const InstanceConfig& Facts::config_of(InstanceId id) const {
  return config_->instances[places_[id.value()]];
}

template <typename State>
bool Facts::at_fault(const Things<State>& things, const TrackedThing& tracked) const {
  const auto found = things.find(tracked.name);
  const Tracker tracker{{}, static_cast<std::int16_t>(tracked.weight), tracked.reverse};
  return found != things.end() && meaning(found->second.state, tracker).failing > 0;
}

std::vector<std::string> Facts::faults(InstanceId id) const {
  const std::string& name = config_of(id).name;
  const TrackedThings tracked = finder_->of(places_[id.value()]);
  std::vector<std::string> lines;
  for (const TrackedThing& one : tracked.interfaces) {
    if (!at_fault(links_, one)) continue;
    lines.push_back(fmt::format("({}): entering FAULT state (interface {} down)", name, one.name));
  }
  for (const TrackedThing& one : tracked.files) {
    if (!at_fault(files_, one)) continue;
    lines.push_back(fmt::format("({}): entering FAULT state (tracked file {} has status {})", name,
                                one.name, kFaultStatus));
  }
  for (const TrackedThing& one : tracked.processes) {
    if (!at_fault(processes_, one)) continue;
    lines.push_back(fmt::format(
        "({}) entering FAULT state (tracked process {} quorum not achieved)", name, one.name));
  }
  if (hindered(id, Obstacle::no_source)) {
    lines.push_back(fmt::format("({}) entering FAULT state (no IPv{} address for interface)", name,
                                config_of(id).family == Family::ipv4 ? 4 : 6));
  }
  for (const TrackedThing& one : tracked.scripts) {
    if (!at_fault(scripts_, one)) continue;
    lines.push_back(fmt::format("({}): entering FAULT state due to script {}", name, one.name));
  }
  return lines;
}

bool Facts::tracks_link(std::string_view interface) const {
  return links_.find(interface) != links_.end();
}

const ScriptState* Facts::script_state(std::string_view name) const {
  const auto found = scripts_.find(name);
  return found == scripts_.end() ? nullptr : &found->second.state.state;
}

std::int64_t Facts::file_value(std::string_view name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? 0 : found->second.state.value;
}

const ProcessQuorum* Facts::process_quorum(std::string_view name) const {
  const auto found = processes_.find(name);
  return found == processes_.end() ? nullptr : &found->second.state.quorum;
}

}  // namespace understudy::vrrp
