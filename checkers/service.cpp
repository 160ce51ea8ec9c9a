#include "checkers/service.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>

#include "checkers/label.hpp"
#include "checkers/tracked.hpp"

namespace understudy::checkers {
namespace {

/// How often the kernel is asked whether connections of a server that leaves have ended.
constexpr Duration kDrainLook = std::chrono::seconds(1);

Duration warmup(const Check& check) {
  const auto* timing = timing_of(check);
  return timing == nullptr ? Duration{} : Duration(timing->warmup);
}

}  // namespace

std::vector<std::string> service_names(const std::vector<VirtualServer>& all) {
  std::unordered_map<std::string, std::size_t> known;
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const auto& service : all) {
    auto& name = names.emplace_back(service_name(service));
    // No blank in between: a record's key goes on with one.
    if (const auto place = ++known[name]; place > 1) name += "#" + std::to_string(place);
  }
  return names;
}

/// A monitor and which check it is of; the numbers change at a reload. A check that nobody is asked
/// for has none.
struct Service::Watcher {
  std::size_t server = 0;
  std::size_t check = 0;
  bool started = false;
  std::unique_ptr<Monitor> monitor;

  [[nodiscard]] bool has_run() const { return monitor == nullptr || monitor->has_run(); }
};

Service::Service(ServiceHost& host, std::string name, VirtualServer config,
                 std::vector<ipvs::ServiceKey> keys, bool respawned)
    : host_(host),
      name_(std::move(name)),
      pool_(std::move(config), host.manner),
      keys_(std::move(keys)) {
  resumes_ = respawned && host_.page.read<ServiceRecord>(service_record()).has_value();
  had_run_.resize(pool_.config().real_servers.size());
}

Service::~Service() = default;

bool Service::has_run(std::size_t server, std::size_t check) const {
  if (watchers_.empty()) return (had_run_[server] & record_bit(check)) != 0;
  return watchers_[server][check]->has_run();
}

std::unique_ptr<Service::Watcher> Service::make_watcher(std::size_t server, std::size_t check,
                                                        bool up, bool has_run) {
  const auto& config = pool_.config();
  const auto& real_server = config.real_servers[server];
  auto watcher = std::make_unique<Watcher>();
  watcher->server = server;
  watcher->check = check;
  if (timing_of(real_server.checks[check]) == nullptr) return watcher;
  watcher->monitor = std::make_unique<Monitor>(
      host_.probes, real_server.checks[check], label(real_server, config), label(config),
      Monitor::Known{up, has_run},
      [this, self = watcher.get()](const CheckNews& news) { on_news(*self, news); });
  return watcher;
}

PoolActions Service::begin() {
  const auto observations = observe(pool_.config(), host_.number_in);
  PoolActions actions;
  if (resumes_) {
    actions = step(Resume{recorded()});
    for (const auto& observation : observations) look(observation, actions);
  } else {
    actions = step(Start{observations});
  }
  save(Told::no);
  wind_clock();
  return actions;
}

PoolActions Service::step(const PoolEvent& event) {
  pool_.set_manner(host_.manner);
  return pool_.step(event, host_.probes.loop.now());
}

void Service::look(const Observation& observation, PoolActions& actions) {
  const auto& [server, check, state] = observation;
  const CheckState before = pool_.state().servers[server].checks[check];
  PoolActions more;
  if (before.up != state.up) {
    more = step(CheckVerdict{server, check, state.up, {}, state.weight});
  } else if (before.weight != state.weight) {
    more = step(CheckWeight{server, check, state.weight});
  }
  const auto append = [](auto& list, auto& further) {
    list.insert(list.end(), std::make_move_iterator(further.begin()),
                std::make_move_iterator(further.end()));
  };
  append(actions.log_lines, more.log_lines);
  append(actions.notifications, more.notifications);
}

void Service::on_file(const std::string& name) {
  const auto& servers = pool_.config().real_servers;
  for (const auto& observation : observe(pool_.config(), host_.number_in)) {
    const auto& [server, check, state] = observation;
    if (servers[server].checks[check].get_if<FileCheck>()->track_file != name) continue;
    const bool was_up = pool_.state().servers[server].checks[check].up;
    if (was_up != state.up) {
      host_.probes.log.detail("({}): tracked file {} {} FAULT state",
                              label(servers[server], pool_.config()), name,
                              state.up ? "leaving" : "now");
    }
    PoolActions actions;
    look(observation, actions);
    consequences(server, actions);
  }
}

// Not before the kernel's table is as it should be: what that took of memory serves here again.
void Service::make_watchers() {
  const auto& servers = pool_.state().servers;
  Watchers made(servers.size());
  for (std::size_t i = 0; i < servers.size(); ++i) {
    for (std::size_t j = 0; j < servers[i].checks.size(); ++j) {
      made[i].push_back(make_watcher(i, j, servers[i].checks[j].up, has_run(i, j)));
    }
  }
  watchers_ = std::move(made);
  had_run_ = {};
}

void Service::activate() {
  if (watchers_.empty()) make_watchers();
  for (auto& watchers : watchers_) {
    for (auto& watcher : watchers) {
      if (std::exchange(watcher->started, true) || !watcher->monitor) continue;
      if (suspended_) {
        watcher->monitor->start_suspended();
      } else {
        watcher->monitor->start(first_attempt(*watcher));
      }
    }
  }
}

TimePoint Service::first_attempt(const Watcher& watcher) const {
  const auto& check = pool_.config().real_servers[watcher.server].checks[watcher.check];
  return host_.sometime_within(warmup(check));
}

void Service::set_suspended(bool suspended) {
  if (std::exchange(suspended_, suspended) == suspended) return;
  for (auto& watchers : watchers_) {
    for (auto& watcher : watchers) {
      // A new one begins with activate().
      if (!watcher->started || !watcher->monitor) continue;
      if (suspended) {
        watcher->monitor->suspend();
      } else {
        watcher->monitor->resume(first_attempt(*watcher));
      }
    }
  }
}

void Service::on_news(const Watcher& watcher, const CheckNews& news) {
  const std::size_t server = watcher.server;
  const CheckState known = pool_.state().servers[server].checks[watcher.check];
  if (news.weight && *news.weight != known.weight) {
    take(server, CheckWeight{server, watcher.check, *news.weight});
  }
  if (news.duty && *news.duty != known.duty) {
    take(server, CheckDuty{server, watcher.check, *news.duty});
  }
  if (news.up) take(server, CheckVerdict{server, watcher.check, *news.up, news.mail_reason});
}

void Service::take(std::size_t server, const PoolEvent& event) {
  consequences(server, step(event));
}

void Service::consequences(std::size_t server, const PoolActions& actions) {
  save_server(server, Told::no);
  save_service(Told::no);
  host_.executor.change(wanted());
  speak(actions);
  save_server(server, Told::yes);
  save_service(Told::yes);
  wind_clock();
}

void Service::wind_clock() {
  auto deadline = pool_.deadline();
  if (!deadline) {
    if (clock_) clock_->disarm();
    return;
  }
  const bool drains = std::ranges::any_of(pool_.seats(), &Seat::draining);
  if (drains) deadline = std::min(*deadline, host_.probes.loop.now() + kDrainLook);
  if (!clock_) clock_ = std::make_unique<Timer>(host_.probes.loop, [this] { on_clock(); });
  clock_->arm(*deadline);
}

void Service::on_clock() {
  PoolActions actions;
  const auto add = [&actions](const PoolActions& more) {
    actions.log_lines.insert(actions.log_lines.end(), more.log_lines.begin(), more.log_lines.end());
  };
  for (const auto& seat : pool_.seats()) {
    if (seat.draining && host_.executor.connections(keys_, seat) == 0) {
      add(step(Drained{seat.endpoint}));
    }
  }
  add(step(Tick{}));
  host_.executor.change(wanted());
  speak(actions);
  save(Told::yes);
  wind_clock();
}

PoolActions Service::reload(VirtualServer next) {
  const VirtualServer old = pool_.config();
  const auto servers = match_servers(old.real_servers, next.real_servers);
  const auto kept = match_servers(next.real_servers, old.real_servers);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] < 0) host_.page.erase(server_record(i));
  }
  const auto observations = observe(next, host_.number_in);
  auto actions = step(Reload{std::move(next), observations});
  keep_watchers(old, servers);
  save(Told::no);
  wind_clock();
  return actions;
}

void Service::keep_watchers(const VirtualServer& old, const std::vector<std::ptrdiff_t>& servers) {
  Watchers before = std::exchange(watchers_, {});
  const auto& now = pool_.config().real_servers;
  for (std::size_t i = 0; i < now.size(); ++i) {
    auto& watchers = watchers_.emplace_back();
    const auto was = static_cast<std::size_t>(servers[i]);
    const auto old_checks = servers[i] < 0 ? std::vector<Check>{} : old.real_servers[was].checks;
    const auto checks = match_checks(old_checks, now[i].checks);
    for (std::size_t j = 0; j < checks.size(); ++j) {
      const bool up = pool_.state().servers[i].checks[j].up;
      if (checks[j] < 0) {
        watchers.push_back(make_watcher(i, j, up, false));
        continue;
      }
      const auto match = static_cast<std::size_t>(checks[j]);
      auto& kept = before[was][match];
      if (old_checks[match] != now[i].checks[j]) {
        watchers.push_back(make_watcher(i, j, up, kept->has_run()));
        continue;
      }
      kept->server = i;
      kept->check = j;
      watchers.push_back(std::move(kept));
    }
  }
}

void Service::stop_monitors() {
  if (clock_) clock_->disarm();
  for (auto& watchers : watchers_) {
    for (auto& watcher : watchers) {
      if (watcher->monitor) watcher->monitor->stop();
    }
  }
}

PoolActions Service::retire() {
  stop_monitors();
  forget();
  return step(Retire{});
}

PoolActions Service::stop(bool flushed) {
  stop_monitors();
  return step(Stop{flushed});
}

void Service::speak(const PoolActions& actions) const {
  for (const auto& line : actions.log_lines) host_.probes.log.info("{}", line);
  for (const auto& notification : actions.notifications) host_.notify(notification);
}

void Service::tell(const PoolActions& actions) {
  speak(actions);
  save(Told::yes);
}

}  // namespace understudy::checkers
