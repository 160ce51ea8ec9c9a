#include "checkers/service.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "checkers/label.hpp"
#include "checkers/tracked.hpp"

namespace understudy::checkers {
namespace {

/// How often the kernel is asked whether connections of a server that leaves have ended.
constexpr Duration kDrainLook = std::chrono::seconds(1);

CheckPlace place_of(std::size_t server, std::size_t check) {
  return {static_cast<std::uint32_t>(server), static_cast<std::uint32_t>(check)};
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

/// A check of a new configuration: where it is, and where it was.
struct Service::Kept {
  CheckPlace place;
  CheckPlace was;
  /// It is not in the old configuration; it is, but is made in another way; it is the same.
  enum class Likeness : std::uint8_t { none, similar, same };
  Likeness likeness = Likeness::none;
};

Service::Service(ServiceHost& host, std::string name, VirtualServer config,
                 std::vector<ipvs::ServiceKey> keys, bool respawned)
    : host_(host),
      name_(std::move(name)),
      pool_(std::move(config), host.manner),
      keys_(std::move(keys)) {
  resumes_ = respawned && host_.page.read<ServiceRecord>(service_record()).has_value();
  had_run_.emplace(pool_.config().real_servers.size());
}

Service::~Service() = default;

const Check& Service::check_at(CheckPlace place) const {
  return config().real_servers[place.server].checks[place.check];
}

std::string Service::server_label(CheckPlace place) const {
  return label(config().real_servers[place.server], config());
}

std::string Service::service_label() const { return label(config()); }

bool Service::has_run(std::size_t server, std::size_t check) const {
  if (had_run_) return ((*had_run_)[server] & record_bit(check)) != 0;
  const auto found = std::ranges::lower_bound(monitors_, place_of(server, check), {},
                                              [](const auto& one) { return one->place(); });
  // One that nobody is asked for has none.
  return found == monitors_.end() || (*found)->place() != place_of(server, check) ||
         (*found)->has_run();
}

void Service::make_monitor(CheckPlace place, bool has_run) {
  if (timing_of(check_at(place)) == nullptr) return;
  const bool up = pool_.state().servers[place.server].checks[place.check].up;
  MonitorOwner& owner = *this;
  monitors_.push_back(std::make_unique<Monitor>(owner, place, Monitor::Known{up, has_run}));
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

PoolActions Service::step(PoolEvent event) {
  pool_.set_manner(host_.manner);
  return pool_.step(std::move(event), host_.probes.loop.now());
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
void Service::make_monitors() {
  const auto had_run = std::exchange(had_run_, std::nullopt).value();
  const auto& servers = config().real_servers;
  monitors_.reserve(servers.size());
  for (std::size_t i = 0; i < servers.size(); ++i) {
    for (std::size_t j = 0; j < servers[i].checks.size(); ++j) {
      make_monitor(place_of(i, j), (had_run[i] & record_bit(j)) != 0);
    }
  }
}

void Service::activate() {
  if (had_run_) make_monitors();
  for (auto& monitor : monitors_) {
    if (monitor->started()) continue;
    if (suspended_) {
      monitor->start_suspended();
    } else {
      monitor->start(first_attempt(*monitor));
    }
  }
}

TimePoint Service::first_attempt(const Monitor& monitor) const {
  return host_.sometime_within(timing_of(check_at(monitor.place()))->warmup);
}

void Service::set_suspended(bool suspended) {
  if (std::exchange(suspended_, suspended) == suspended) return;
  for (auto& monitor : monitors_) {
    // A new one begins with activate().
    if (!monitor->started()) continue;
    if (suspended) {
      monitor->suspend();
    } else {
      monitor->resume(first_attempt(*monitor));
    }
  }
}

void Service::on_news(CheckPlace place, const CheckNews& news) {
  const auto& [server, check] = place;
  const CheckState known = pool_.state().servers[server].checks[check];
  if (news.weight && *news.weight != known.weight) {
    take(server, CheckWeight{server, check, *news.weight});
  }
  if (news.duty && *news.duty != known.duty) {
    take(server, CheckDuty{server, check, *news.duty});
  }
  if (news.up) take(server, CheckVerdict{server, check, *news.up, news.mail_reason});
}

void Service::take(std::size_t server, PoolEvent event) {
  consequences(server, step(std::move(event)));
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
  const auto still = match_servers(next.real_servers, config().real_servers);
  for (std::size_t i = 0; i < still.size(); ++i) {
    if (still[i] < 0) host_.page.erase(server_record(i));
  }
  const auto kept = kept_checks(next);
  const auto observations = observe(next, host_.number_in);
  auto actions = step(Reload{std::move(next), observations});
  keep_monitors(kept);
  save(Told::no);
  wind_clock();
  return actions;
}

std::vector<Service::Kept> Service::kept_checks(const VirtualServer& next) const {
  std::vector<Kept> all;
  const auto servers = match_servers(config().real_servers, next.real_servers);
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const auto was = static_cast<std::size_t>(servers[i]);
    const Few<Check> none;
    const auto& old = servers[i] < 0 ? none : config().real_servers[was].checks;
    const auto checks = match_checks(old, next.real_servers[i].checks);
    for (std::size_t j = 0; j < checks.size(); ++j) {
      Kept& kept = all.emplace_back();
      kept.place = place_of(i, j);
      if (checks[j] < 0) continue;
      const auto match = static_cast<std::size_t>(checks[j]);
      kept.was = place_of(was, match);
      kept.likeness = old[match] == next.real_servers[i].checks[j] ? Kept::Likeness::same
                                                                   : Kept::Likeness::similar;
    }
  }
  return all;
}

void Service::keep_monitors(const std::vector<Kept>& kept) {
  std::map<CheckPlace, std::unique_ptr<Monitor>> before;
  for (auto& monitor : monitors_) before.emplace(monitor->place(), std::move(monitor));
  monitors_.clear();
  for (const auto& [place, was, likeness] : kept) {
    const auto found = likeness == Kept::Likeness::none ? before.end() : before.find(was);
    if (found == before.end()) {
      make_monitor(place, false);
    } else if (likeness == Kept::Likeness::similar) {
      make_monitor(place, found->second->has_run());
    } else {
      found->second->move_to(place);
      monitors_.push_back(std::move(found->second));
    }
  }
}

void Service::stop_monitors() {
  if (clock_) clock_->disarm();
  for (auto& monitor : monitors_) monitor->stop();
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
