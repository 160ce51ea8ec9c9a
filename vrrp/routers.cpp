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

}  // namespace

Routers::Routers(const Surroundings& surroundings, FrameSocket frames, const GlobalConfig& global,
                 const VrrpConfig& config)
    : around_(surroundings),
      tracking_(config),
      kernel_(around_.loop, around_.log, around_.commands, around_.monitor, around_.page),
      links_below_(
          around_.loop, around_.log, around_.commands, around_.monitor, around_.page,
          {[this](const std::string& interface, bool up) { link_fact(interface, up); },
           [this](Interface& interface) {
             for (Instance* instance : interface.instances) look_at(*instance);
           },
           [this](const netlink::InterfaceAddress& address) { return kernel_.is_ours(address); }}),
      transport_(
          around_.loop, around_.log, around_.page, around_.monitor,
          [this](Instance& instance, const AdvertReceived& advert) { step(instance, advert); }),
      announcer_(around_.loop, around_.log, kernel_, around_.monitor, std::move(frames)),
      executor_(around_.log, around_.channel, around_.page, kernel_, transport_, announcer_),
      config_(config) {
  transport_.configure(global);
  announcer_.configure(global, config);
}

std::unique_ptr<Instance> Routers::make_instance(const InstanceConfig& config) {
  const IpAddress primary = links_below_.interfaces().source_of(config);
  auto instance =
      std::make_unique<Instance>(around_.loop, std::make_shared<const InstanceConfig>(config),
                                 primary, [this](Instance& self) { expire(self); });
  links_below_.interfaces().attach(*instance);
  transport_.attach(*instance);
  return instance;
}

void Routers::make_links(const GlobalConfig& global, const VrrpConfig& config,
                         const std::vector<VirtualLink>& links, bool at_start) {
  links_below_.configure(global, config, links, at_start);
}

void Routers::put_static() {
  shared_ = std::make_shared<const VrrpConfig>(config_);
  kernel_.configure(shared_);
  kernel_.finish();
}

void Routers::start(bool respawned) {
  kernel_.hold();
  learn_links(config_);
  if (respawned) adopt_scripts();
  for (const InstanceConfig& config : config_.instances) {
    instances_.push_back(make_instance(config));
  }
  std::vector<Instance*> fresh;
  for (const auto& instance : instances_) {
    instance->tracking = summary_of(*instance);
    const auto memory =
        respawned ? adopt_record(around_.page, *instance, around_.loop.now()) : std::nullopt;
    if (memory) {
      step(*instance, Resumed{instance->tracking, *memory});
    } else {
      fresh.push_back(instance.get());
    }
  }
  for (Instance* instance : fresh) {
    log_faults(*instance, instance->tracking);
    step(*instance, Started{instance->tracking});
  }
  std::vector<const InstanceConfig*> all;
  for (const InstanceConfig& config : shared_->instances) all.push_back(&config);
  kernel_.sweep(shared_, all);
  kernel_.resume();
  links_below_.clean_up();
}

void Routers::step(Instance& instance, const Event& event) {
  const Actions actions = instance.machine.step(event, around_.loop.now());
  executor_.carry_out(instance, actions);
  instance.timer.arm(instance.machine.deadline());
}

void Routers::expire(Instance& instance) {
  const TimePoint now = around_.loop.now();
  const auto due = instance.machine.deadline();
  const bool master = instance.machine.state() == RouterState::master;
  if (due && (!master || now - *due > kLate)) {
    // An advert that waits in the socket is news that came before the timer.
    const bool more = transport_.drain(instance, kDrain);
    const auto still = instance.machine.deadline();
    if (!still || *still > now) {
      instance.timer.arm(still);
      return;
    }
    if (more && ++instance.deferrals < kMostDeferrals) {
      instance.timer.arm(now);
      return;
    }
  }
  instance.deferrals = 0;
  step(instance, TimerExpired{});
}

// ---- Reload and stop

void Routers::reload(const GlobalConfig& global, const VrrpConfig& config,
                     const InstanceDiff& difference) {
  announcer_.configure(global, config);
  for (const auto& line : tracking_.reconfigure(config)) around_.log.info("{}", line);
  learn_links(config);
  kernel_.hold();
  shared_ = std::make_shared<const VrrpConfig>(config);
  kernel_.configure(shared_);
  Instances next(config.instances.size());
  sort_in(next, config, difference);
  instances_ = std::move(next);
  transport_.configure(global);
  config_ = config;
  tracking_changed();
  kernel_.resume();
  links_below_.clean_up();
}

void Routers::sort_in(Instances& next, const VrrpConfig& config, const InstanceDiff& difference) {
  for (const std::size_t at : difference.removed) {
    remove(*instances_[at]);
    instances_[at].reset();
  }
  for (const auto& pair : difference.kept) {
    next[pair.after] = std::move(instances_[pair.before]);
  }
  for (const auto& pair : difference.changed) {
    next[pair.after] = std::move(instances_[pair.before]);
    reconfigure(*next[pair.after], config.instances[pair.after]);
  }
  std::vector<const InstanceConfig*> added;
  for (const std::size_t at : difference.added) {
    added.push_back(&shared_->instances[at]);
    next[at] = make_instance(config.instances[at]);
    Instance& instance = *next[at];
    instance.tracking = summary_of(instance);
    log_faults(instance, instance.tracking);
    step(instance, Started{instance.tracking});
  }
  kernel_.sweep(shared_, added);
}

void Routers::reconfigure(Instance& instance, const InstanceConfig& config) {
  const auto before = std::make_shared<const InstanceConfig>(instance.config());
  if (before->name != config.name) {
    kernel_.rename(before->name, config.name);
  }
  step(instance, Reconfigured{std::make_shared<const InstanceConfig>(config)});
  if (before->name != config.name) rename_records(around_.page, *before, instance);
  transport_.reattach(instance, *before);
  links_below_.interfaces().detach(instance, *before);
  links_below_.interfaces().attach(instance);
  look_at(instance);
}

void Routers::remove(Instance& instance) {
  step(instance, Stopped{true});
  transport_.detach(instance, instance.config());
  links_below_.interfaces().detach(instance, instance.config());
  erase_records(around_.page, instance.config());
}

void Routers::stop(bool keep_addresses) {
  // All adverts leave first.
  kernel_.hold();
  if (keep_addresses) executor_.keep_addresses();
  for (const auto& instance : instances_) {
    if (instance) step(*instance, Stopped{});
  }
  kernel_.release_static();
  kernel_.finish();
  if (keep_addresses) return;
  links_below_.remove_all();
  around_.page.clear();
}

}  // namespace understudy::vrrp
