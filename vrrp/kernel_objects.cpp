#include "vrrp/kernel_objects.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <utility>

#include "vrrp/wiring.hpp"

namespace understudy::vrrp {
namespace {

/// Changes between two looks at the timers: a millisecond of work.
constexpr unsigned kChangesPerSlice = 32;
/// The holder of what is static; no instance has an empty name.
const std::string kStatic;

std::string title_of(const std::string& instance) { return "(" + instance + ") "; }

/// Adds what has to be heard of so that losses of these routes and rules are noticed.
void add_interest(netlink::RoutingMonitor::Interest& interest, const std::vector<Route>& routes,
                  const std::vector<Rule>& rules) {
  const auto add = [](auto& list, auto value) {
    if (std::ranges::find(list, value) == list.end()) list.push_back(value);
  };
  for (const Route& route : routes) {
    if (route.no_track) continue;
    add(interest.groups,
        route.family() == Family::ipv4 ? RTNLGRP_IPV4_ROUTE + 0 : RTNLGRP_IPV6_ROUTE + 0);
    add(interest.protocols, route.protocol);
  }
  for (const Rule& rule : rules) {
    if (rule.no_track) continue;
    add(interest.groups,
        rule.family == Family::ipv4 ? RTNLGRP_IPV4_RULE + 0 : RTNLGRP_IPV6_RULE + 0);
  }
}

}  // namespace

KernelObjects::KernelObjects(Loop& loop, Log& log, netlink::Socket& commands,
                             const netlink::Monitor& monitor, run::HandoverPage& page)
    : loop_(loop),
      log_(log),
      commands_port_(commands.port()),
      addresses_(log, commands, monitor, page),
      routing_(log, commands, monitor, page),
      slice_(loop, [this] { go_on(); }),
      timer_(loop, [this] { expire(); }) {}

// ---- What is wanted

void KernelObjects::configure(const std::shared_ptr<const VrrpConfig>& config) {
  configured_.clear();
  for (const InstanceConfig& instance : config->instances) {
    if (instance.owner()) continue;
    for (const auto* list : {&instance.addresses, &instance.excluded}) {
      for (const VirtualAddress& address : *list) configured_.push_back(address.address);
    }
  }
  std::ranges::sort(configured_);
  configured_.shrink_to_fit();
  watch_routing(*config);
  addresses_.want(kStatic, config);
  routing_.want(kStatic, {}, {config, &config->static_routes, &config->static_rules}, loop_.now());
  share(config);
}

/// Masters of which nothing changes hold the new configuration, so that the old one can go.
void KernelObjects::share(const std::shared_ptr<const VrrpConfig>& config) {
  for (const InstanceConfig& instance : config->instances) {
    const InstanceConfig* held = addresses_.wish_of(instance.name);
    if (held != nullptr && *held == instance) want({config, &instance});
  }
}

void KernelObjects::watch_routing(const VrrpConfig& config) {
  netlink::RoutingMonitor::Interest interest;
  add_interest(interest, config.static_routes, config.static_rules);
  for (const InstanceConfig& instance : config.instances) {
    add_interest(interest, instance.routes, instance.rules);
  }
  if (interest == interest_) return;
  interest_ = std::move(interest);
  routing_monitor_.reset();
  if (interest_.groups.empty()) return;
  const auto lost = [this](const auto& what) {
    if (what.origin_port == commands_port_) return;
    if constexpr (requires { what.route; }) {
      routing_.removed(what.route, loop_.now());
    } else {
      routing_.removed(what.rule, loop_.now());
    }
    work();
  };
  auto monitor = netlink::RoutingMonitor::start(loop_, interest_, {lost, lost, [this] {
                                                                     routing_.recheck(loop_.now());
                                                                     arm();
                                                                   }});
  if (monitor) {
    routing_monitor_ = std::move(*monitor);
  } else {
    log_.error("Deleted routes and rules will not be noticed: {}", monitor.error().message);
  }
}

void KernelObjects::want(std::shared_ptr<const InstanceConfig> config) {
  const InstanceConfig& instance = *config;
  routing_.want(instance.name, title_of(instance.name), {config, &instance.routes, &instance.rules},
                loop_.now());
  addresses_.want(instance.name, std::move(config));
}

void KernelObjects::release(const std::string& instance) {
  routing_.release(instance);
  addresses_.release(instance);
}

void KernelObjects::release_static() { release(kStatic); }

void KernelObjects::rename(const Renames& names) {
  // In two steps, so that none meets the one whose name it takes.
  const auto between = [](const std::string& name) { return name + '\n'; };
  for (const auto& [before, after] : names) {
    routing_.rename(before, between(after), title_of(after));
    addresses_.rename(before, between(after));
  }
  for (const auto& [before, after] : names) {
    routing_.rename(between(after), after, title_of(after));
    addresses_.rename(between(after), after);
  }
}

void KernelObjects::restore(const std::string& instance, const IpAddress& address) {
  addresses_.restore(instance, address);
}

void KernelObjects::sweep(const std::shared_ptr<const VrrpConfig>& config,
                          const std::vector<const InstanceConfig*>& instances) {
  addresses_.sweep_records();
  for (const InstanceConfig* instance : instances) {
    routing_.sweep({config, &instance->routes, &instance->rules});
    // The owner's addresses are the host's own: without a record they are not ours.
    if (instance->owner()) continue;
    for (const auto* list : {&instance->addresses, &instance->excluded}) {
      for (const VirtualAddress& address : *list) {
        addresses_.sweep({&interface_of(*instance, address), &address});
      }
    }
  }
  routing_.sweep_records();
}

// ---- What is sent

bool KernelObjects::reconcile() {
  if (routing_.remove(kChangesPerSlice) || addresses_.reconcile(kChangesPerSlice)) return true;
  return routing_.add(kChangesPerSlice, loop_.now());
}

void KernelObjects::work() {
  // Under way already: whoever asks often does not get larger slices.
  if (!slice_.deadline()) go_on();
}

void KernelObjects::go_on() {
  if (held_) return;
  if (pending() && reconcile()) slice_.arm(loop_.now());
  arm();
}

void KernelObjects::resume() {
  held_ = false;
  work();
}

void KernelObjects::finish() {
  held_ = false;
  while (reconcile()) {
  }
  arm();
}

void KernelObjects::arm() {
  auto next = routing_.deadline();
  const auto limited = static_limit_.deadline();
  if (limited && (!next || *limited < *next)) next = limited;
  timer_.arm(next ? std::optional(std::max(*next, loop_.now())) : std::nullopt);
}

void KernelObjects::expire() {
  routing_.expire(loop_.now());
  for (const IpAddress& address : static_limit_.due(loop_.now())) restore_static(address);
  work();
}

// ---- What the kernel tells

void KernelObjects::restore_static(const IpAddress& address) {
  log_.info("Restoring deleted static address {}", address.to_string());
  addresses_.restore(kStatic, address);
}

std::vector<std::string> KernelObjects::changed(const netlink::InterfaceAddress& address,
                                                bool removed, bool ours) {
  // Routes may be possible now, or have gone with the address, of which the kernel says nothing.
  if (removed || !ours) routing_.recheck(loop_.now());
  std::vector<std::string> losers;
  for (auto& loss : addresses_.changed(address, removed, ours)) {
    if (loss.holder != kStatic) {
      losers.push_back(std::move(loss.holder));
    } else if (static_limit_.lost(loss.address, loop_.now())) {
      restore_static(loss.address);
    }
  }
  work();
  return losers;
}

void KernelObjects::interface_changed(const netlink::Link& link, bool removed) {
  addresses_.interface_changed(link, removed);
  routing_.recheck(loop_.now());
  work();
}

bool KernelObjects::is_ours(const netlink::InterfaceAddress& address) const {
  return std::ranges::binary_search(configured_, address.address);
}

}  // namespace understudy::vrrp
