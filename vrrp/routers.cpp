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
/// Malformed packets are complained of so often, per interface.
constexpr std::chrono::seconds kComplaintInterval(10);

std::string script_key(std::string_view name) { return "script " + std::string(name); }

ScriptResult result_of(const TrackScriptResult& result) {
  switch (result.end) {
    case ScriptEnd::exited:
      return {ScriptResult::How::exited, result.code};
    case ScriptEnd::signalled:
      return {ScriptResult::How::signalled, result.code};
    case ScriptEnd::timed_out:
      return {ScriptResult::How::timed_out, result.code};
    case ScriptEnd::not_started:
      break;
  }
  // As a shell says that it cannot execute something.
  constexpr int kCannotExecute = 126;
  return {ScriptResult::How::exited, kCannotExecute};
}

}  // namespace

Routers::Routers(const Surroundings& surroundings, FrameSocket frames, const GlobalConfig& global,
                 const VrrpConfig& config)
    : around_(surroundings),
      tracking_(config),
      kernel_(around_.log, around_.commands, around_.monitor, around_.page),
      interfaces_(
          around_.loop, around_.log, around_.monitor,
          [this](const netlink::InterfaceAddress& address) { return kernel_.is_ours(address); },
          [this](Interface& interface, ByteView packet) { on_packet(interface, packet); }),
      executor_(around_.loop, around_.log, around_.channel, around_.page, kernel_, interfaces_,
                around_.monitor, std::move(frames)),
      config_(config) {
  set_pace(global);
}

void Routers::set_pace(const GlobalConfig& global) {
  arp_interval_ = global.garp_interval;
  na_interval_ = global.gna_interval;
}

std::unique_ptr<Instance> Routers::make_instance(const InstanceConfig& config) {
  const IpAddress primary = config.mcast_source.value_or(interfaces_.use(config.interface).primary);
  auto instance = std::make_unique<Instance>(
      around_.loop, std::make_shared<const InstanceConfig>(config), primary,
      GarpSchedule(arp_interval_, na_interval_), [this](Instance& self) { expire(self); },
      [this](Instance& self) { executor_.announce_due(self); });
  interfaces_.attach(*instance);
  return instance;
}

void Routers::start(bool respawned) {
  kernel_.set_configured(config_.instances);
  learn_links(config_);
  if (respawned) adopt_scripts();
  for (const InstanceConfig& config : config_.instances) {
    instances_.push_back(make_instance(config));
  }
  std::vector<Instance*> fresh;
  for (const auto& instance : instances_) {
    instance->tracking = summary_of(*instance);
    if (respawned && adopt_record(around_.page, *instance, around_.loop.now())) {
      step(*instance, Resumed{instance->tracking});
    } else {
      fresh.push_back(instance.get());
    }
  }
  for (Instance* instance : fresh) {
    log_faults(*instance, instance->tracking);
    step(*instance, Started{instance->tracking});
  }
  kernel_.sweep(config_.instances);
  executor_.work();
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
    const bool more = interfaces_.drain(interfaces_.of(instance.config()), kDrain);
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

// ---- Adverts

void Routers::on_packet(Interface& interface, ByteView packet) {
  const auto received = decode_ipv4(packet);
  if (!received) {
    const TimePoint now = around_.loop.now();
    if (now - interface.complained < kComplaintInterval) return;
    interface.complained = now;
    around_.log.info("{}: {}", interface.name, received.error().message);
    return;
  }
  Instance* instance = interface.instances[received->advert.vrid.value()];
  // Another pair may use our number on another group that we hear too.
  if (instance == nullptr || received->destination != instance->config().mcast_group) return;
  if (const auto rejection = check_advert(*received, instance->config())) {
    refuse(*instance, *rejection);
    return;
  }
  step(*instance, AdvertReceived{received->source, received->advert});
}

void Routers::refuse(Instance& instance, const Rejection& rejection) {
  if (instance.complained_under != instance.machine.master()) {
    instance.complaints.clear();
    instance.complained_under = instance.machine.master();
  }
  if (instance.complaints.insert(rejection.reason).second) {
    around_.log.info("{}", rejection.text);
  }
}

// ---- Facts

void Routers::learn_links(const VrrpConfig& config) {
  links_.clear();
  for (const InstanceConfig& instance : config.instances) {
    links_.insert(instance.interface);
    for (const auto& tracked : instance.track->interfaces) links_.insert(tracked.name);
    for (const auto* list : {&instance.addresses, &instance.excluded}) {
      for (const auto& address : *list) {
        if (!address.device.empty()) links_.insert(address.device);
      }
    }
  }
  for (const auto& name : links_) {
    const netlink::Link* link = around_.monitor.link(name);
    tracking_.link(name, link != nullptr && link->up());
  }
}

void Routers::adopt_scripts() {
  for (const TrackScript& script : config_.scripts) {
    const auto state = around_.page.read<ScriptState>(script_key(script.name));
    if (state) tracking_.adopt(script.name, *state);
  }
}

TrackingSummary Routers::summary_of(const Instance& instance) {
  const InstanceConfig& config = instance.config();
  TrackingSummary summary = tracking_.summary(config);
  // Without a source there is no advert.
  if (!config.mcast_source && interfaces_.of(config).primary.empty()) ++summary.failing;
  return summary;
}

void Routers::log_faults(const Instance& instance, const TrackingSummary& summary) {
  if (summary.failing == 0) return;
  const InstanceConfig& config = instance.config();
  for (const auto& line : tracking_.faults(config)) around_.log.info("{}", line);
  if (!config.mcast_source && interfaces_.of(config).primary.empty()) {
    around_.log.info("({}) entering FAULT state (no IPv4 address for interface)", config.name);
  }
}

void Routers::tracking_changed() {
  for (const auto& instance : instances_) track(*instance);
}

void Routers::track(Instance& instance) {
  const TrackingSummary summary = summary_of(instance);
  if (summary == instance.tracking) return;
  const bool first_fault = instance.tracking.failing == 0;
  instance.tracking = summary;
  if (first_fault) log_faults(instance, summary);
  step(instance, TrackingChanged{summary});
}

void Routers::on_link(const netlink::Link& link, bool removed) {
  Interface* interface = interfaces_.link_changed(link, removed);
  kernel_.interface_changed(link, removed);
  if (!links_.contains(link.name)) return;
  const auto update = tracking_.link(link.name, !removed && link.up());
  for (const auto& line : update.lines) around_.log.info("{}", line);
  if (interface != nullptr) primary_changed(*interface);
  if (update.changed) tracking_changed();
  executor_.work();
}

void Routers::primary_changed(Interface& interface) {
  if (!interfaces_.refresh_primary(interface)) return;
  for (Instance* instance : interface.instances) {
    if (instance == nullptr || instance->config().mcast_source) continue;
    // A fault ends with the new address in place, and begins while there is still the old one.
    if (!interface.primary.empty()) set_source(*instance, interface.primary);
    track(*instance);
  }
}

void Routers::set_source(Instance& instance, const IpAddress& source) {
  instance.source = source;
  step(instance, PrimaryAddressChanged{source});
}

void Routers::on_address(const netlink::InterfaceAddress& address, bool removed, bool ours) {
  tell_losers(kernel_.changed(address, removed, ours), address.address);
  if (kernel_.is_ours(address)) return;
  const auto link = around_.monitor.links().find(address.index);
  if (link == around_.monitor.links().end()) return;
  Interface* interface = interfaces_.find(link->second.name);
  if (interface != nullptr) primary_changed(*interface);
}

void Routers::tell_losers(const std::vector<std::string>& losers, const IpAddress& address) {
  if (losers.empty()) return;
  for (const auto& instance : instances_) {
    if (std::ranges::find(losers, instance->config().name) == losers.end()) continue;
    step(*instance, AddressLost{address});
  }
}

void Routers::on_script(const TrackScriptResult& result) {
  const auto update = tracking_.script(result.name, result_of(result));
  for (const auto& line : update.lines) around_.log.info("{}", line);
  const auto states = tracking_.script_states();
  if (const auto state = states.find(result.name); state != states.end()) {
    around_.page.write(script_key(result.name), state->second);
  }
  if (update.changed) tracking_changed();
}

// ---- Reload and stop

void Routers::reload(const GlobalConfig& global, const VrrpConfig& config,
                     const InstanceDiff& difference) {
  set_pace(global);
  for (const auto& line : tracking_.reconfigure(config)) around_.log.info("{}", line);
  learn_links(config);
  kernel_.set_configured(config.instances);
  Instances next(config.instances.size());
  sort_in(next, config, difference);
  instances_ = std::move(next);
  config_ = config;
  tracking_changed();
  executor_.work();
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
  std::vector<InstanceConfig> added;
  for (const std::size_t at : difference.added) {
    added.push_back(config.instances[at]);
    next[at] = make_instance(added.back());
    Instance& instance = *next[at];
    instance.tracking = summary_of(instance);
    log_faults(instance, instance.tracking);
    step(instance, Started{instance.tracking});
  }
  kernel_.sweep(added);
}

void Routers::reconfigure(Instance& instance, const InstanceConfig& config) {
  const auto before = std::make_shared<const InstanceConfig>(instance.config());
  if (before->name != config.name) {
    kernel_.rename(before->name, config.name);
    around_.page.erase(record_key(*before));
  }
  step(instance, Reconfigured{std::make_shared<const InstanceConfig>(config)});
  if (before->mcast_group != config.mcast_group) {
    interfaces_.regroup(instance, before->mcast_group);
  }
  if (before->mcast_source != config.mcast_source) {
    set_source(instance, config.mcast_source.value_or(interfaces_.of(config).primary));
  }
}

void Routers::remove(Instance& instance) {
  step(instance, Stopped{true});
  interfaces_.detach(instance.config());
  around_.page.erase(record_key(instance.config()));
}

void Routers::stop(bool keep_addresses) {
  executor_.postpone_addresses();
  if (keep_addresses) executor_.keep_addresses();
  for (const auto& instance : instances_) {
    if (instance) step(*instance, Stopped{});
  }
  executor_.finish();
  if (!keep_addresses) around_.page.clear();
}

}  // namespace understudy::vrrp
