// What the kernel and scripts say, brought to the machines that it concerns.
#include <algorithm>

#include "vrrp/routers.hpp"

namespace understudy::vrrp {
namespace {

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

void Routers::learn_links(const VrrpConfig& config) {
  links_.clear();
  for (const InstanceConfig& instance : config.instances) {
    links_.insert(instance.interface);
    links_.insert(advert_interface(instance));
    for (const auto& tracked : instance.track->interfaces) links_.insert(tracked.name);
    for (const auto* list : {&instance.addresses, &instance.excluded}) {
      for (const auto& address : *list) {
        if (!address.device.empty()) links_.insert(address.device);
      }
    }
  }
  for (const auto& name : links_) {
    tracking_.link(name, links_below_.up(name));
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
  Interfaces& interfaces = links_below_.interfaces();
  if (interfaces.source_of(config).empty()) ++summary.failing;
  if (!interfaces.is_there(config)) ++summary.failing;
  return summary;
}

void Routers::log_faults(const Instance& instance, const TrackingSummary& summary) {
  if (summary.failing == 0) return;
  const InstanceConfig& config = instance.config();
  for (const auto& line : tracking_.faults(config)) around_.log.info("{}", line);
  if (links_below_.interfaces().source_of(config).empty()) {
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
  kernel_.interface_changed(link, removed);
  transport_.link_changed(link, removed);
  links_below_.link_changed(link, removed);
}

void Routers::link_fact(const std::string& interface, bool up) {
  if (!links_.contains(interface)) return;
  const auto update = tracking_.link(interface, up);
  for (const auto& line : update.lines) around_.log.info("{}", line);
  if (update.changed) tracking_changed();
}

void Routers::look_at(Instance& instance) {
  const IpAddress source = links_below_.interfaces().source_of(instance.config());
  // A fault ends with the new address in place, and begins while there is still the old one.
  if (!source.empty() && source != instance.source) set_source(instance, source);
  track(instance);
}

void Routers::set_source(Instance& instance, const IpAddress& source) {
  instance.source = source;
  step(instance, PrimaryAddressChanged{source});
}

void Routers::on_address(const netlink::InterfaceAddress& address, bool removed, bool ours) {
  tell_losers(kernel_.changed(address, removed, ours), address.address);
  announcer_.address_changed(address);
  links_below_.address_changed(address);
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

}  // namespace understudy::vrrp
