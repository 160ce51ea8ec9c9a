#include "checkers/service.hpp"

#include <optional>
#include <utility>

#include "checkers/label.hpp"

namespace understudy::checkers {
namespace {

/// Checks a record has room for; further ones of a server are not remembered.
constexpr std::size_t kRecordedChecks = 64;

struct ServerRecord {
  std::uint8_t alive = 0;
  std::uint8_t told_alive = 0;
  std::uint8_t checks = 0;
  std::int32_t weight = 0;
  /// A bit per check: says "up"; has run.
  std::uint64_t up = 0;
  std::uint64_t has_run = 0;
};

struct ServiceRecord {
  std::uint8_t quorum_up = 0;
  std::uint8_t told_up = 0;
};

std::uint64_t bit(std::size_t index) {
  return index < kRecordedChecks ? std::uint64_t{1} << index : 0;
}

Duration warmup(const Check& check) {
  const auto* timing = timing_of(check);
  return timing == nullptr ? Duration{} : Duration(timing->warmup);
}

}  // namespace

/// A monitor and which check it is of; the numbers change at a reload.
struct Service::Watcher {
  std::size_t server = 0;
  std::size_t check = 0;
  bool started = false;
  std::unique_ptr<Monitor> monitor;
};

Service::Service(ServiceHost& host, VirtualServer config, std::vector<ipvs::ServiceKey> keys,
                 bool respawned)
    : host_(host), pool_(std::move(config)), keys_(std::move(keys)) {
  resumes_ = respawned && host_.page.read<ServiceRecord>(service_record()).has_value();
  had_run_.resize(pool_.config().real_servers.size());
}

Service::~Service() = default;

std::string Service::service_record() const { return "vs " + name(); }

std::string Service::server_record(std::size_t server) const {
  return "rs " + name() + " " + pool_.config().real_servers[server].endpoint.to_string();
}

PoolState Service::recorded() {
  PoolState state = pool_.state();
  const auto service = host_.page.read<ServiceRecord>(service_record());
  state.quorum_up = service && service->quorum_up != 0;
  state.told_up = service && service->told_up != 0;
  for (std::size_t i = 0; i < state.servers.size(); ++i) {
    auto& server = state.servers[i];
    const auto record = host_.page.read<ServerRecord>(server_record(i));
    // Other checks than then: their bits mean nothing now.
    if (!record || record->checks != static_cast<std::uint8_t>(server.checks.size())) continue;
    server.alive = record->alive != 0;
    server.told_alive = record->told_alive != 0;
    had_run_[i] = record->has_run;
    for (std::size_t j = 0; j < server.checks.size(); ++j) {
      if (bit(j) != 0) server.checks[j].up = (record->up & bit(j)) != 0;
    }
  }
  return state;
}

bool Service::has_run(std::size_t server, std::size_t check) const {
  if (watchers_.empty()) return (had_run_[server] & bit(check)) != 0;
  return watchers_[server][check]->monitor->has_run();
}

void Service::save(Told told) {
  if (forgotten_) return;
  save_service(told);
  for (std::size_t i = 0; i < pool_.state().servers.size(); ++i) save_server(i, told);
}

void Service::save_service(Told told) {
  const auto& state = pool_.state();
  const auto key = service_record();
  ServiceRecord record{state.quorum_up, state.told_up};
  if (told == Told::no) {
    const auto before = host_.page.read<ServiceRecord>(key);
    record.told_up = before ? before->told_up : std::uint8_t{0};
  }
  host_.page.write(key, record);
}

void Service::save_server(std::size_t server, Told told) {
  const auto& state = pool_.state().servers[server];
  const auto key = server_record(server);
  ServerRecord record{state.alive,
                      state.told_alive,
                      static_cast<std::uint8_t>(state.checks.size()),
                      pool_.config().real_servers[server].weight,
                      0,
                      0};
  if (told == Told::no) {
    if (const auto before = host_.page.read<ServerRecord>(key)) {
      record.told_alive = before->told_alive;
    }
  }
  for (std::size_t i = 0; i < state.checks.size(); ++i) {
    if (state.checks[i].up) record.up |= bit(i);
    if (has_run(server, i)) record.has_run |= bit(i);
  }
  host_.page.write(key, record);
}

void Service::forget() {
  forgotten_ = true;
  host_.page.erase(service_record());
  for (std::size_t i = 0; i < pool_.config().real_servers.size(); ++i) {
    host_.page.erase(server_record(i));
  }
}

std::unique_ptr<Service::Watcher> Service::make_watcher(std::size_t server, std::size_t check,
                                                        bool up, bool has_run) {
  const auto& config = pool_.config();
  const auto& real_server = config.real_servers[server];
  auto watcher = std::make_unique<Watcher>();
  watcher->server = server;
  watcher->check = check;
  watcher->monitor = std::make_unique<Monitor>(
      host_.probes, real_server.checks[check], label(real_server, config), label(config),
      Monitor::Known{up, has_run},
      [this, self = watcher.get()](const CheckNews& news) { on_news(*self, news); });
  return watcher;
}

PoolActions Service::begin() {
  auto actions = resumes_ ? pool_.step(Resume{recorded()}) : pool_.step(Start{});
  save(Told::no);
  return actions;
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
      if (std::exchange(watcher->started, true)) continue;
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
      if (!watcher->started) continue;
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
  if (news.weight) take(server, CheckWeight{server, watcher.check, *news.weight});
  if (news.duty) take(server, CheckDuty{server, watcher.check, *news.duty});
  if (news.up) take(server, CheckVerdict{server, watcher.check, *news.up, news.mail_reason});
}

void Service::take(std::size_t server, const PoolEvent& event) {
  const auto actions = pool_.step(event);
  save_server(server, Told::no);
  save_service(Told::no);
  host_.executor.change(wanted());
  speak(actions);
  save_server(server, Told::yes);
  save_service(Told::yes);
}

PoolActions Service::reload(VirtualServer next) {
  const VirtualServer old = pool_.config();
  const auto servers = match_servers(old.real_servers, next.real_servers);
  const auto kept = match_servers(next.real_servers, old.real_servers);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] < 0) host_.page.erase(server_record(i));
  }
  auto actions = pool_.step(Reload{std::move(next)});
  keep_watchers(old, servers);
  save(Told::no);
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
        watchers.push_back(make_watcher(i, j, up, kept->monitor->has_run()));
        continue;
      }
      kept->server = i;
      kept->check = j;
      watchers.push_back(std::move(kept));
    }
  }
}

void Service::stop_monitors() {
  for (auto& watchers : watchers_) {
    for (auto& watcher : watchers) watcher->monitor->stop();
  }
}

PoolActions Service::retire() {
  stop_monitors();
  forget();
  return pool_.step(Retire{});
}

PoolActions Service::stop(bool flushed) {
  stop_monitors();
  return pool_.step(Stop{flushed});
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
