// What the kernel, scripts, files and processes say, brought to the ensemble.
#include <algorithm>
#include <utility>

#include "vrrp/routers.hpp"

namespace understudy::vrrp {
namespace {

/// Key of when the daemon's first vrrp process began, a TimePoint.
constexpr const char* kBeginningKey = "vrrp beginning";

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

/// The state of interfaces that are tracked from now on.
void Routers::tell_links(const VrrpConfig& config) {
  for (const std::string& name : ThingFinder(config).interfaces()) {
    if (ensemble_.facts().tracks_link(name)) continue;
    apply(LinkChanged{name, links_below_.up(name)});
  }
}

/// What a predecessor knew of scripts.
void Routers::tell_scripts() {
  for (const TrackScript& script : config_->scripts) {
    const auto state = around_.page.read<ScriptState>(script_key(script.name));
    if (state) apply(ScriptKnown{script.name, *state});
  }
}

/// keepalived.conf(5): the longer of vrrp_startup_delay and what is left of vrrp_delay_after_boot.
Duration Routers::total_delay(const GlobalConfig& global) const {
  const Duration since_boot = beginning_.time_since_epoch();
  return std::max<Duration>(global.vrrp_startup_delay, global.vrrp_delay_after_boot - since_boot);
}

/// What is left of the delay for this process: a respawn begins nothing anew.
Duration Routers::startup_delay(const GlobalConfig& global, bool respawned) {
  const TimePoint now = around_.loop.now();
  beginning_ = now;
  if (respawned) beginning_ = around_.page.read<TimePoint>(kBeginningKey).value_or(now);
  around_.page.write(kBeginningKey, beginning_);
  delay_ = total_delay(global);
  return std::max(Duration{}, beginning_ + delay_ - now);
}

/// What its interface offers an instance: an interface that is not there has no address to send
/// from.
IpAddress Routers::source_of(const InstanceConfig& config) {
  Interfaces& interfaces = links_below_.interfaces();
  return interfaces.is_there(config) ? interfaces.source_of(config) : IpAddress();
}

std::vector<IpAddress> Routers::sources_of(const VrrpConfig& config) {
  std::vector<IpAddress> sources;
  sources.reserve(config.instances.size());
  for (const InstanceConfig& instance : config.instances) sources.push_back(source_of(instance));
  return sources;
}

void Routers::look_at(Instance& instance) {
  const IpAddress source = source_of(instance.config());
  if (!source.empty()) instance.source = source;
  const bool known = ensemble_.facts().has_source(instance.id);
  if (source.empty() ? known : !known || source != instance.machine.primary()) {
    apply(SourceChanged{instance.id, source});
  }
}

void Routers::on_link(const netlink::Link& link, bool removed) {
  kernel_.interface_changed(link, removed);
  transport_.link_changed(link, removed);
  links_below_.link_changed(link, removed);
}

void Routers::on_address(const netlink::InterfaceAddress& address, bool removed, bool ours) {
  const auto losers = kernel_.changed(address, removed, ours);
  for (const std::string& loser : losers) {
    // An interface that is being made anew gets them back with it.
    if (links_below_.hides(address)) break;
    if (const Instance* instance = find(loser)) {
      apply(InstanceEvent{instance->id, AddressLost{address.address}});
    }
  }
  announcer_.address_changed(address);
  links_below_.address_changed(address);
}

void Routers::on_script(const TrackScriptResult& result) {
  apply(ScriptEnded{result.name, result_of(result)});
  const ScriptState* state = ensemble_.facts().script_state(result.name);
  if (state != nullptr) around_.page.write(script_key(result.name), *state);
}

void Routers::on_file(const std::string& name, std::int64_t value) { apply(FileRead{name, value}); }

void Routers::on_processes(const std::string& name, unsigned count) {
  apply(ProcessesCounted{name, count});
}

}  // namespace understudy::vrrp
