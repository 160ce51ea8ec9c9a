#include "vrrp/routers.hpp"

#include <algorithm>
#include <utility>

#include "vrrp/handover_record.hpp"

namespace understudy::vrrp {
namespace {

/// Adverts read at a time before an expired timer is believed, and how often that is repeated: a
/// flood of packets delays a takeover, but not for ever.
constexpr unsigned kDrain = 64;
constexpr unsigned kMostDeferrals = 64;
/// A master's timer is not worth a look at the socket unless it is as late as this.
constexpr std::chrono::milliseconds kLate(10);
/// Adverts may be so much of their interval late, so that the process wakes once for many.
constexpr int kSlackParts = 256;

}  // namespace

Routers::Routers(const Surroundings& surroundings, FrameSocket frames, const GlobalConfig& global,
                 Config config)
    : around_(surroundings),
      kernel_(around_.loop, around_.log, around_.commands, around_.monitor, around_.page),
      links_below_(
          around_.loop, around_.log, around_.commands, around_.monitor, around_.page,
          {[this](const std::string& interface, bool up) {
             if (ensemble_.facts().tracks_link(interface)) apply(LinkChanged{interface, up});
           },
           [this](Interface& interface) {
             for (Instance* instance : interface.instances) look_at(*instance);
           },
           [this](const netlink::InterfaceAddress& address) { return kernel_.is_ours(address); }}),
      transport_(around_.loop, around_.log, around_.page, around_.monitor,
                 [this](Instance& instance, AdvertReceived&& advert) {
                   apply(InstanceEvent{instance.id, std::move(advert)});
                 }),
      announcer_(around_.loop, around_.log, kernel_, around_.monitor, std::move(frames)),
      executor_(around_.log, around_.channel, around_.page, kernel_, transport_, announcer_,
                around_.state_entered),
      config_(std::move(config)),
      timer_(around_.loop, [this] { apply(DelayPassed{}); }) {
  transport_.configure(global);
  announcer_.configure(global, *config_);
}

void Routers::make_links(const GlobalConfig& global, const VrrpConfig& config,
                         const std::vector<VirtualLink>& links, bool at_start) {
  links_below_.configure(global, config, links, at_start);
}

void Routers::put_static() {
  kernel_.configure(config_);
  kernel_.finish();
}

// ---- Inputs and what comes of them

void Routers::apply(const Input& input) { perform(decide(input)); }

Outcome Routers::decide(const Input& input) {
  const TimePoint now = around_.loop.now();
  if (around_.recorder != nullptr) around_.recorder->record(input, now);
  return ensemble_.step(input, now);
}

void Routers::perform(Outcome outcome) {
  outcomes_.push_back(std::move(outcome));
  if (busy_) return;
  busy_ = true;
  while (!outcomes_.empty()) {
    const Outcome next = std::move(outcomes_.front());
    outcomes_.pop_front();
    // The adverts of all come before the addresses of the first.
    const bool hold = next.size() > 1 && !holding_;
    if (hold) kernel_.hold();
    for (const Deeds& deeds : next) carry_out(deeds);
    if (hold) kernel_.resume();
  }
  busy_ = false;
  timer_.arm(ensemble_.deadline());
}

void Routers::carry_out(const Deeds& deeds) {
  if (const auto* id = std::get_if<InstanceId>(&deeds.of)) {
    executor_.carry_out(instance(*id), deeds.actions);
    arm(instance(*id));
  } else if (const auto* group = std::get_if<GroupId>(&deeds.of)) {
    executor_.carry_out(ensemble_.group(*group).config(), deeds.actions);
  } else {
    executor_.write(deeds.actions);
  }
}

void Routers::arm(Instance& instance) {
  const auto due = ensemble_.deadline(instance.id);
  if (due && instance.machine.state() == RouterState::master) {
    instance.timer.arm(*due, instance.config().advert_interval / kSlackParts);
    return;
  }
  // A backup's deadline moves with every advert; the timer need not: expire() looks again.
  const auto armed = instance.timer.deadline();
  if (!due || !armed || *due < *armed) instance.timer.arm(due);
}

void Routers::expire(Instance& instance) {
  const TimePoint now = around_.loop.now();
  const auto due = ensemble_.deadline(instance.id);
  if (!due || *due > now) return arm(instance);
  const bool master = instance.machine.state() == RouterState::master;
  if (!master || now - *due > kLate) {
    // An advert that waits in the socket is news that came before the timer.
    const bool more = drain(instance);
    const auto still = ensemble_.deadline(instance.id);
    if (!still || *still > now) return arm(instance);
    if (more && ++instance.deferrals < kMostDeferrals) {
      instance.timer.arm(now);
      return;
    }
  }
  instance.deferrals = 0;
  apply(InstanceEvent{instance.id, TimerExpired{}});
}

/// Hears what waits for an instance, and for those that become master with it.
bool Routers::drain(Instance& one) {
  bool more = transport_.drain(one, kDrain);
  for (const InstanceId follower : ensemble_.followers(one.id)) {
    more = transport_.drain(instance(follower), kDrain) || more;
  }
  return more;
}

// ---- Beginning, reload, stop

Instance& Routers::add(InstanceId id) {
  if (instances_.size() <= id.value()) instances_.resize(id.value() + 1);
  auto& place = instances_[id.value()];
  place = std::make_unique<Instance>(around_.loop, static_cast<DeadlineKeeper&>(*this), id,
                                     ensemble_.machine(id));
  links_below_.interfaces().attach(*place);
  transport_.attach(*place);
  return *place;
}

void Routers::start(const GlobalConfig& global, bool respawned) {
  hold();
  tell_links(*config_);
  if (respawned) tell_scripts();
  Begin begin{config_, sources_of(*config_), {}, startup_delay(global, respawned)};
  if (respawned) begin.memories = fresh_memories(around_.page, *config_, around_.loop.now());
  Outcome outcome = decide(begin);
  for (const InstanceId id : ensemble_.instances()) {
    Instance& instance = add(id);
    if (respawned) adopt_record(around_.page, instance);
  }
  index();
  perform(std::move(outcome));
  std::vector<const InstanceConfig*> all;
  for (const InstanceConfig& config : config_->instances) all.push_back(&config);
  kernel_.sweep(config_, all);
  resume();
  links_below_.clean_up();
}

void Routers::reload(const GlobalConfig& global, Config config, const InstanceDiff& difference) {
  announcer_.configure(global, *config);
  hold();
  kernel_.configure(config);
  tell_links(*config);
  const std::vector<InstanceId> before = ensemble_.instances();
  std::vector<std::shared_ptr<const InstanceConfig>> old;
  KernelObjects::Renames renames;
  for (const auto& pair : difference.changed) {
    old.push_back(ensemble_.machine(before[pair.before]).config_pointer());
    const std::string& name = config->instances[pair.after].name;
    if (old.back()->name != name) renames.emplace_back(old.back()->name, name);
  }
  kernel_.rename(renames);
  const Duration delay = total_delay(global);
  Outcome outcome =
      decide(Reload{config, difference, sources_of(*config), delay - std::exchange(delay_, delay),
                    global.fifo_write_vrrp_states_on_reload});
  config_ = std::move(config);
  for (const std::size_t place : difference.added) add(ensemble_.instances()[place]);
  index();
  perform(std::move(outcome));
  for (std::size_t i = 0; i < difference.changed.size(); ++i) {
    reconfigure(instance(before[difference.changed[i].before]), *old[i]);
  }
  for (const std::size_t place : difference.removed) remove(instance(before[place]));
  std::vector<const InstanceConfig*> added;
  for (const std::size_t place : difference.added) added.push_back(&config_->instances[place]);
  kernel_.sweep(config_, added);
  transport_.configure(global);
  resume();
  links_below_.clean_up();
}

void Routers::reconfigure(Instance& instance, const InstanceConfig& before) {
  if (before.name != instance.config().name) rename_records(around_.page, before, instance);
  transport_.reattach(instance, before);
  links_below_.interfaces().detach(instance, before);
  links_below_.interfaces().attach(instance);
  look_at(instance);
}

void Routers::remove(Instance& instance) {
  transport_.detach(instance, instance.config());
  links_below_.interfaces().detach(instance, instance.config());
  // Another may have its name by now.
  if (!find(instance.config().name)) erase_records(around_.page, instance.config());
  instances_[instance.id.value()].reset();
}

void Routers::stop(bool keep_addresses) {
  // All adverts leave first.
  hold();
  if (keep_addresses) executor_.keep_addresses();
  apply(End{});
  kernel_.release_static();
  kernel_.finish();
  if (keep_addresses) return;
  links_below_.remove_all();
  around_.page.clear();
}

void Routers::hold() {
  holding_ = true;
  kernel_.hold();
}

void Routers::resume() {
  holding_ = false;
  kernel_.resume();
}

void Routers::index() {
  const auto name = [this](InstanceId id) -> const std::string& {
    return ensemble_.machine(id).config().name;
  };
  by_name_ = ensemble_.instances();
  std::ranges::sort(by_name_, {}, name);
}

Instance* Routers::find(std::string_view name) {
  const auto found = std::ranges::lower_bound(by_name_, name, {}, [this](InstanceId id) {
    return std::string_view(ensemble_.machine(id).config().name);
  });
  if (found == by_name_.end() || ensemble_.machine(*found).config().name != name) return nullptr;
  return instances_[found->value()].get();
}

std::optional<RouterState> Routers::state_of(std::string_view name) {
  const Instance* instance = find(name);
  if (instance == nullptr) return std::nullopt;
  return instance->machine.state();
}

}  // namespace understudy::vrrp
